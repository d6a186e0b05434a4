package inspect

// Kind explains a kind of finding. docs/reference/findings.md is made of these.
type Kind struct {
	ID       string
	Severity Severity
	// Means says what such a finding tells.
	Means string
	// Do says what to do about it.
	Do string
}

// Kinds are all kinds of findings of this package.
//
// A kind is an Error when the files cannot serve outside SageMaker as they
// are, or would run what nobody has vouched for. It is a Warning when it may
// break something, which depends on what the cluster offers. It is Info when
// it only has to be known.
var Kinds = []Kind{
	{"AWSCall", SeverityWarning, "The code calls AWS through a library.",
		"take what is fetched into the model's archive; where the call has to stay, give the variant's ServiceAccount an IAM role that allows " +
			"just this call (serviceAccountAnnotations of the Endpoint's variant, for IRSA or workload identity), and set AWS_REGION in the Model's container.env"},
	{"AWSLibrary", SeverityInfo, "The code imports a library of AWS and no call of it was seen.",
		"drop the import and the requirement if nothing uses it; otherwise treat it as an AWSCall"},
	{"AWSVariableRead", SeverityInfo, "The code reads a variable that SageMaker's hosts set for the AWS SDK.",
		"set it in the Model's container.env: pods have no AWS_REGION and no credentials unless somebody gives them"},
	{"BaseImageOfAWS", SeverityWarning, "An image is built on one in a registry of AWS.",
		"build it on the framework's public image (FROM python:…-slim with pip packages, pytorch/pytorch, tensorflow/serving), or give the build " +
			"credentials for ECR and push what comes of it to the cluster's registry"},
	{"BatchAssumption", SeverityInfo, "The code or configuration fixes a size of batches.",
		"see that so many rows fit the memory limit of the plan; read it from the environment if the cluster's requests are of another size"},
	{"CodeLeftOut", SeverityInfo, "A file of code was not copied into the bundle's folder code.",
		"look at it in the model's archive: nothing else is missing, the pods get the archive itself"},
	{"DownloadAtStart", SeverityWarning, "A model or data set is fetched from elsewhere when the container starts.",
		"download it once, put it into the model's archive and load it by its path below /opt/ml/model; otherwise allow the pods' egress to the place, " +
			"give tokens by a Secret, point the cache (HF_HOME, TORCH_HOME) below /tmp, and expect every new pod to fetch it again"},
	{"GPUOnly", SeverityWarning, "The code or a file needs a GPU, without a way around it.",
		"give the workload a WorkloadClass with GPUs in the plan, or choose the device in the code: torch.device(\"cuda\" if torch.cuda.is_available() else \"cpu\")"},
	{"GlobalState", SeverityInfo, "A function changes the module's state, which each worker process has for itself.",
		"nothing if it only keeps the loaded model; if answers depend on it, keep it in a store that all replicas share"},
	{"HardcodedAccount", SeverityWarning, "The number of an AWS account stands in the files.",
		"read it from the environment (Model's container.env), and check that the pods' identity may reach what belongs to that account"},
	{"HardcodedBucket", SeverityWarning, "The name of an S3 bucket stands in the files.",
		"put what is read into the model's archive, or read the name from the environment (Model's container.env) and give the pods' ServiceAccount access to the bucket"},
	{"HardcodedRegion", SeverityWarning, "An AWS region stands in the files.",
		"read os.environ[\"AWS_REGION\"] and set it in the Model's container.env: the cluster may run elsewhere, and the calls would cross regions"},
	{"HardcodedSecret", SeverityWarning, "A key or password stands in the files.",
		"replace it, since everybody who reads the archive or the bundle's folder code has it; read the new one from the environment, from a Secret of the " +
			"namespace (valueFrom in the Model's container.env), and keep the bundle out of Git until then"},
	{"HostCalled", SeverityWarning, "The code calls a host over the network.",
		"allow it in the NetworkPolicy of the namespace, give it a timeout below the endpoint's, and decide what is answered when it is away; `landfall verify` tries that"},
	{"HostNamed", SeverityInfo, "The address of a host stands in the files.",
		"see whether the code calls it; if so, treat it as a HostCalled"},
	{"InstallAtStart", SeverityWarning, "Packages are installed when the container starts.",
		"install them when the image is built (RUN pip install -r requirements.txt; the recipe in container/ does): pods have a read-only root, run as " +
			"an ordinary user, may have no network, and each start could get other versions"},
	{"MetadataService", SeverityWarning, "The code asks the metadata service of an AWS host for its identity or place.",
		"drop it: pods do not reach it. The AWS SDK finds the ServiceAccount's identity by itself, and place and name come by container.env"},
	{"ModelFile", SeverityInfo, "A file in a known format of models.",
		"nothing; it tells which framework and version the image has to have"},
	{"MultiModelCode", SeverityWarning, "The code expects several models in one container.",
		"export each model as a Model and an Endpoint of its own and let callers name the endpoint in place of TargetModel, or keep this endpoint on SageMaker"},
	{"NeedsRoot", SeverityWarning, "The code does what only root may do.",
		"do it in the image's Dockerfile, and listen on a port above 1023; only if that cannot be, list Root in spec.container.needs of the Model, which the " +
			"namespace's Pod Security level has to allow"},
	{"NeoArtifact", SeverityError, "The model was compiled with SageMaker Neo for one kind of machine.",
		"take the model from before the compilation (CompilationJob.InputConfig.S3Uri), and export that; for speed convert it to ONNX or TensorRT"},
	{"NeoCode", SeverityWarning, "The code loads the runtime of SageMaker Neo.",
		"load the model from before the compilation with its own framework or with ONNX Runtime; DLR is no longer developed"},
	{"NestedArchive", SeverityInfo, "An archive within the archive was not, or not wholly, looked into.",
		"unpack it and run landfall export on what it holds, or look at it yourself before trusting it"},
	{"NeuronArtifact", SeverityError, "The model was compiled for AWS Inferentia or Trainium.",
		"take the model from before the compilation and export that for CPU or NVIDIA GPU; Neuron runs on AWS's inf and trn nodes alone"},
	{"NeuronCode", SeverityWarning, "The code loads the libraries of AWS Neuron.",
		"load the model from before the compilation with torch or transformers on a CPU or GPU, and drop torch_neuron and the NEURON_ variables"},
	{"NotInspected", SeverityInfo, "A file was too large or too damaged to be looked into.",
		"look at it yourself before trusting it"},
	{"PackageUndeclared", SeverityInfo, "The code imports packages that no list of requirements names: SageMaker's image brings them.",
		"see that the cluster's image holds them, at the versions of SageMaker's image; with the recipe, add what is missing to container/requirements.txt"},
	{"ParsedByTokens", SeverityInfo, "The parser could not make a whole tree of a Python file; it was scanned token by token, which sees less.",
		"read the file yourself for what rests on SageMaker; code of Python 2 has to be brought to Python 3 in any case"},
	{"PickleDangerous", SeverityError, "Loading this pickle calls functions that can run anything.",
		"do not load it; find out who made it, and save the model again from a source you trust, best without pickles (safetensors, ONNX, the framework's own form)"},
	{"PickleLoad", SeverityInfo, "The code loads a pickle, which needs the packages and versions that wrote it.",
		"keep Python and those packages in the image at the versions that wrote the file (PickleNeeds names them); load pickles of people you trust only"},
	{"PickleNeeds", SeverityInfo, "A pickle names the modules that loading it imports, and versions that wrote it.",
		"have these packages at these versions in the image"},
	{"PicklePartly", SeverityWarning, "A pickle could only be read in part, so that what it imports is not wholly known.",
		"load it only if you trust who made it; save it again with the framework's own form to be rid of the question"},
	{"PrivateIndex", SeverityWarning, "Packages come from an index of its own.",
		"build the image where the index is reached, with its credentials as a build secret and not in the file"},
	{"RemoteCode", SeverityWarning, "Code that comes with a model from a hub is executed.",
		"read the code, take it into the model's archive and load it from there, or at least name a fixed revision=COMMIT"},
	{"RequirementFromURL", SeverityWarning, "A package comes from an address rather than an index.",
		"name a commit (git+https://…@COMMIT) or a checksum, and install it when the image is built"},
	{"RequirementUnpinned", SeverityWarning, "Packages are named without their exact versions, so that the next build may get others.",
		"run pip freeze in the container that serves today, and name those versions (name==version)"},
	{"SageMakerHeader", SeverityInfo, "The code handles a header that only SageMaker's runtime sends.",
		"nothing for callers of InvokeEndpoint: the router sends these headers; callers that reach the pods by themselves have to send them too"},
	{"SageMakerLibrary", SeverityWarning, "The code imports a library that only SageMaker's images hold.",
		"remove it from the code that serves; for experiments and debugging use MLflow or the framework's own tools"},
	{"SageMakerPath", SeverityWarning, "The code reads a folder that SageMaker fills for training or processing.",
		"pods that serve have /opt/ml/model and nothing else below /opt/ml: put what is read there into the model's archive"},
	{"SageMakerSDK", SeverityWarning, "The code uses the SageMaker SDK.",
		"remove it from the code that serves: it needs AWS credentials and a network; read files from /opt/ml/model, and call other endpoints by the router's address (AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME)"},
	{"SageMakerToolkit", SeverityInfo, "The code is made for one of SageMaker's serving toolkits.",
		"keep an image that holds the toolkit (pip install of the same name), or replace what is imported: encoders and decoders are a few lines of json and numpy"},
	{"SageMakerVariableNeeded", SeverityWarning, "The code reads a variable of SageMaker and has no default for it.",
		"give it a default in the code (os.environ.get(\"SM_MODEL_DIR\", \"/opt/ml/model\")), or set it in the Model's container.env; only the toolkit of SageMaker's own image sets it otherwise"},
	{"SageMakerVariableRead", SeverityInfo, "The code reads a variable of SageMaker and has a default for it, or only compares it.",
		"set it in the Model's container.env if what holds without it does not fit"},
	{"ServerConfig", SeverityInfo, "A configuration of a model server.",
		"keep an image with that server, which reads the file from the model's folder; otherwise carry the settings over"},
	{"ServingHook", SeverityInfo, "What the server has to go on calling at its start or for each request, or what the code answers itself.",
		"keep an image whose server calls it; the recipe in container/ does for model_fn, input_fn, predict_fn, output_fn and transform_fn"},
	{"ThreadSetting", SeverityInfo, "The code fixes a number of threads.",
		"set it to the CPUs that the plan requests: more threads than that are throttled"},
	{"TrainingCode", SeverityInfo, "A file that serves holds code that only training runs; what that rests on is not listed.",
		"nothing for the endpoint; the training job's own way is in the plan"},
	{"WorkerAssumption", SeverityWarning, "A number of workers is fixed or taken from the host's CPUs, or processes are started.",
		"read it from the environment and set it to the CPUs that the plan requests: os.cpu_count() tells the node's CPUs, not the pod's, and each worker has the model in memory once more"},
	{"WriteOutside", SeverityWarning, "The code writes to a place that pods cannot write to.",
		"write below /tmp (tempfile does); only if that cannot be, list WritableRootFilesystem in spec.container.needs of the Model"},
}

var kindsByID = func() map[string]Kind {
	byID := make(map[string]Kind, len(Kinds))
	for _, kind := range Kinds {
		byID[kind.ID] = kind
	}
	return byID
}()
