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
		"give the variant's ServiceAccount an identity that may do this, or take what is fetched into the model's archive"},
	{"AWSLibrary", SeverityInfo, "The code imports a library of AWS and no call of it was seen.",
		"see whether it is used; if not, drop the import"},
	{"AWSVariableRead", SeverityInfo, "The code reads a variable that SageMaker's hosts set for the AWS SDK.",
		"set it in the Model's container.env if the code needs it"},
	{"BatchAssumption", SeverityInfo, "The code or configuration fixes a size of batches.",
		"check that it fits the memory and the requests in the cluster"},
	{"CodeLeftOut", SeverityInfo, "A file of code was not copied into the bundle's folder code.",
		"look at it in the model's archive"},
	{"DownloadAtStart", SeverityWarning, "A model or data set is fetched from elsewhere when the container starts.",
		"put what is fetched into the model's archive, or allow the pods to reach the place"},
	{"GPUOnly", SeverityWarning, "The code or a file needs a GPU, without a way around it.",
		"choose a WorkloadClass with GPUs, or let the code ask torch.cuda.is_available()"},
	{"GlobalState", SeverityInfo, "A function changes the module's state, which each worker process has for itself.",
		"check that answers do not depend on which worker or replica is asked"},
	{"HardcodedAccount", SeverityWarning, "The number of an AWS account stands in the files.",
		"read it from the environment, and check that the pods may reach what it belongs to"},
	{"HardcodedBucket", SeverityWarning, "The name of an S3 bucket stands in the files.",
		"read it from the environment, and check that the pods may read the bucket"},
	{"HardcodedRegion", SeverityWarning, "An AWS region stands in the files.",
		"read it from the environment: pods do not run in a region of SageMaker's choosing"},
	{"HostCalled", SeverityWarning, "The code calls a host over the network.",
		"check that the cluster reaches it, and that the answer bears its absence"},
	{"HostNamed", SeverityInfo, "The address of a host stands in the files.",
		"see whether it is called, and whether the cluster reaches it"},
	{"InstallAtStart", SeverityWarning, "Packages are installed when the container starts.",
		"build an image that holds them: pods start without network and as an ordinary user, and every start may get others"},
	{"MetadataService", SeverityWarning, "The code asks the metadata service of an AWS host for its identity or place.",
		"pods do not reach it; use the ServiceAccount's identity, and the environment"},
	{"ModelFile", SeverityInfo, "A file in a known format of models.",
		"nothing; it tells which framework and version the image has to have"},
	{"MultiModelCode", SeverityWarning, "The code expects several models in one container.",
		"make a Model of each, or keep the endpoint on SageMaker"},
	{"NeedsRoot", SeverityWarning, "The code does what only root may do.",
		"do it when the image is built; if it cannot be avoided, name it in spec.container.needs of the Model"},
	{"NeoArtifact", SeverityError, "The model was compiled with SageMaker Neo for one kind of machine.",
		"take the model from before the compilation (CompilationJob.InputConfig.S3Uri), and export that"},
	{"NeoCode", SeverityWarning, "The code loads the runtime of SageMaker Neo.",
		"load the model from before the compilation with its own framework, or put the runtime into the image"},
	{"NestedArchive", SeverityInfo, "An archive within the archive was not, or not wholly, looked into.",
		"look at it yourself before trusting it"},
	{"NeuronArtifact", SeverityError, "The model was compiled for AWS Inferentia or Trainium.",
		"take the model from before the compilation and export that; Neuron runs on AWS nodes with such devices alone"},
	{"NeuronCode", SeverityWarning, "The code loads the libraries of AWS Neuron.",
		"load the model with its own framework on a CPU or GPU"},
	{"NotInspected", SeverityInfo, "A file was too large or too damaged to be looked into.",
		"look at it yourself before trusting it"},
	{"ParsedByTokens", SeverityInfo, "The parser could not make a whole tree of a Python file; it was scanned token by token, which sees less.",
		"read the file yourself for what rests on SageMaker"},
	{"PickleDangerous", SeverityError, "Loading this pickle calls functions that can run anything.",
		"do not load it; find out who made it, and save the model again from a source you trust"},
	{"PickleLoad", SeverityInfo, "The code loads a pickle, which needs the packages and versions that wrote it.",
		"keep Python and those packages in the image at the versions that wrote the file"},
	{"PickleNeeds", SeverityInfo, "A pickle names the modules that loading it imports, and versions that wrote it.",
		"have these packages at these versions in the image"},
	{"PicklePartly", SeverityWarning, "A pickle could only be read in part, so that what it imports is not wholly known.",
		"load it only if you trust who made it"},
	{"PrivateIndex", SeverityWarning, "Packages come from an index of its own.",
		"build an image that holds them, where the index is reached"},
	{"RemoteCode", SeverityWarning, "Code that comes with a model from a hub is executed.",
		"take the code into the model's archive after reading it, or name a fixed revision"},
	{"RequirementFromURL", SeverityWarning, "A package comes from an address rather than an index.",
		"build an image that holds it, at a fixed commit or with a checksum"},
	{"RequirementUnpinned", SeverityWarning, "A package is named without its exact version.",
		"name the version that runs on SageMaker today (name==version)"},
	{"SageMakerHeader", SeverityInfo, "The code handles a header that only SageMaker's runtime sends.",
		"the router sends those of InvokeEndpoint; check that the code lives without it in other calls"},
	{"SageMakerLibrary", SeverityWarning, "The code imports a library that only SageMaker's images hold.",
		"remove it from the code that serves, or put it into the image"},
	{"SageMakerPath", SeverityWarning, "The code reads a file that SageMaker writes for training.",
		"pods that serve have no such file; remove it from the code that serves"},
	{"SageMakerSDK", SeverityWarning, "The code uses the SageMaker SDK.",
		"remove it from the code that serves: it needs AWS credentials and a network"},
	{"SageMakerToolkit", SeverityInfo, "The code is made for one of SageMaker's serving toolkits.",
		"keep an image that holds the toolkit, or serve the model with another server"},
	{"SageMakerVariableNeeded", SeverityWarning, "The code reads a variable of SageMaker and has no default for it.",
		"see that the image's toolkit sets it; otherwise set it in the Model's container.env"},
	{"SageMakerVariableRead", SeverityInfo, "The code reads a variable of SageMaker and has a default for it.",
		"set it in the Model's container.env if the default does not fit"},
	{"ServerConfig", SeverityInfo, "A configuration of a model server.",
		"keep an image with that server, or carry the settings over"},
	{"ServingHook", SeverityInfo, "A function that the container has to go on calling for each request or at its start.",
		"keep an image whose server calls it"},
	{"ThreadSetting", SeverityInfo, "The code fixes a number of threads.",
		"fit it to the CPUs that the plan requests"},
	{"WorkerAssumption", SeverityWarning, "A number of workers is fixed or taken from the host's CPUs, or processes are started.",
		"fit the number to the CPUs that the plan requests, by the environment; os.cpu_count() tells the node's CPUs, not the pod's"},
	{"WriteOutside", SeverityWarning, "The code writes to a place that pods cannot write to.",
		"write below /tmp; if that cannot be, ask for a writable root in spec.container.needs of the Model"},
}

var kindsByID = func() map[string]Kind {
	byID := make(map[string]Kind, len(Kinds))
	for _, kind := range Kinds {
		byID[kind.ID] = kind
	}
	return byID
}()
