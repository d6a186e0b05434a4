package inspect

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inspect/python"
)

// program is a Python file under inspection.
type program struct {
	*file
	python.Source
	// training are the lines that only training runs.
	training []python.Span
	// left counts the findings there, which are not listed.
	left *int
	// calledAWS are the lines that a call of AWS was reported for.
	calledAWS map[int]bool
}

// report adds a finding, unless only training runs into it.
func (p program) report(id string, line int, message string) {
	if p.trained(line) {
		*p.left++
		return
	}
	p.file.report(id, line, message)
}

// trainingVariables are the beginnings of the variables that the training
// toolkit alone sets.
var trainingVariables = []string{"SM_CHANNEL", "SM_HP", "SM_OUTPUT_DATA_DIR", "SM_HOSTS", "SM_CURRENT_HOST", "SM_TRAINING_ENV", "SM_NUM_CPUS"}

// trains says that what a file does as a program is training: the toolkits
// import its functions, or it reads what only training is told.
func trains(s python.Source) bool {
	told := func(name string) bool {
		return slices.ContainsFunc(trainingVariables, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	}
	return slices.ContainsFunc(s.Functions, func(f python.Function) bool {
		return !f.Nested && python.IsHook(f.Name) && strings.HasSuffix(f.Name, "_fn")
	}) || slices.ContainsFunc(s.Reads, func(r python.Read) bool { return told(r.Key) }) ||
		slices.ContainsFunc(s.Calls, func(c python.Call) bool {
			return slices.Contains(environmentReads, c.Name) && len(c.Args) > 0 && told(c.Args[0].Text)
		})
}

// environmentReads are the calls that read a variable.
var environmentReads = []string{"os.environ.get", "os.getenv", "os.environ.pop", "os.environ.setdefault"}

// pythonFile looks through a Python source.
func (f *file) pythonFile(data []byte) { f.python(data) }

// python looks through a Python source, and returns it.
func (f *file) python(data []byte) python.Source {
	p := program{file: f, Source: f.parsed(data), left: new(int), calledAWS: map[int]bool{}}
	if trains(p.Source) {
		p.training = p.MainOnly
	}
	if p.ByTokens {
		f.report("ParsedByTokens", 1, "scanned token by token: "+p.Why)
	}
	p.imports()
	p.needs()
	for _, c := range p.Calls {
		p.call(c)
		p.secretArguments(c)
	}
	for _, s := range p.Strings {
		if !s.Doc {
			p.constants(constant{text: s.Text, line: s.Line})
		}
	}
	p.reads()
	p.hooks()
	p.gpu()
	p.bindings()
	for _, g := range p.Globals {
		p.report("GlobalState", g.Line, "a function changes the module's variable "+g.Name)
	}
	if *p.left > 0 {
		f.report("TrainingCode", p.training[0].First, fmt.Sprintf("from here on code that only training runs; %d places there are not listed", *p.left))
	}
	return p.Source
}

// library is what an imported module tells.
type library struct{ id, message string }

// libraries by their top-level module, as distributed by AWS and others.
var libraries = map[string]library{
	"sagemaker":                               {"SageMakerSDK", "it imports the SageMaker SDK"},
	"sagemaker_inference":                     {"SageMakerToolkit", "it is made for SageMaker's inference toolkit"},
	"sagemaker_containers":                    {"SageMakerToolkit", "it is made for SageMaker's older toolkit for containers"},
	"sagemaker_training":                      {"SageMakerToolkit", "it is made for SageMaker's training toolkit"},
	"sagemaker_pytorch_serving_container":     {"SageMakerToolkit", "it is made for SageMaker's PyTorch images"},
	"sagemaker_sklearn_container":             {"SageMakerToolkit", "it is made for SageMaker's scikit-learn images"},
	"sagemaker_xgboost_container":             {"SageMakerToolkit", "it is made for SageMaker's XGBoost images"},
	"sagemaker_huggingface_inference_toolkit": {"SageMakerToolkit", "it is made for SageMaker's Hugging Face images"},
	"multi_model_server":                      {"SageMakerToolkit", "it is made for the Multi Model Server of SageMaker's images"},
	"mms":                                     {"SageMakerToolkit", "it is made for the Multi Model Server of SageMaker's images"},
	"smdebug":                                 {"SageMakerLibrary", "it imports SageMaker Debugger"},
	"smdistributed":                           {"SageMakerLibrary", "it imports SageMaker's library for distributed training"},
	"smexperiments":                           {"SageMakerLibrary", "it imports SageMaker Experiments"},
	"sagemaker_experiments":                   {"SageMakerLibrary", "it imports SageMaker Experiments"},
	"sagemaker_feature_store_pyspark":         {"SageMakerLibrary", "it imports SageMaker's Feature Store"},
	"triton_python_backend_utils":             {"ServingHook", "it is a Python model of Triton"},
	"djl_python":                              {"ServingHook", "it is a handler of DJL Serving"},
	"ts":                                      {"ServingHook", "it is a handler of TorchServe"},
	"torch_neuron":                            {"NeuronCode", "it imports Neuron for PyTorch"},
	"torch_neuronx":                           {"NeuronCode", "it imports Neuron for PyTorch"},
	"tensorflow_neuron":                       {"NeuronCode", "it imports Neuron for TensorFlow"},
	"tensorflow_neuronx":                      {"NeuronCode", "it imports Neuron for TensorFlow"},
	"transformers_neuronx":                    {"NeuronCode", "it imports Neuron for Transformers"},
	"neuronx_distributed":                     {"NeuronCode", "it imports Neuron's distributed library"},
	"dlr":                                     {"NeoCode", "it imports DLR, which runs models that SageMaker Neo compiled"},
	"tensorrt":                                {"GPUOnly", "it imports TensorRT, which needs an NVIDIA GPU"},
	"pycuda":                                  {"GPUOnly", "it imports PyCUDA, which needs an NVIDIA GPU"},
	"vllm":                                    {"GPUOnly", "it imports vLLM, whose packages need a GPU"},
	"deepspeed":                               {"GPUOnly", "it imports DeepSpeed, which needs a GPU"},
	"flash_attn":                              {"GPUOnly", "it imports FlashAttention, which needs an NVIDIA GPU"},
	"bitsandbytes":                            {"GPUOnly", "it imports bitsandbytes, which needs a GPU"},
	"tensorrt_llm":                            {"GPUOnly", "it imports TensorRT-LLM, which needs an NVIDIA GPU"},
	"cupy":                                    {"GPUOnly", "it imports CuPy, which needs a GPU"},
}

// awsLibraries call AWS.
var awsLibraries = []string{"boto3", "botocore", "aioboto3", "aiobotocore", "s3fs", "awswrangler"}

func top(name string) string {
	first, _, _ := strings.Cut(name, ".")
	return strings.TrimRight(first, "()[]")
}

// imported are modules below others, with what they tell.
var imported = map[string]library{
	"optimum.neuron": {"NeuronCode", "it imports Neuron for Optimum"},
	"torch.neuron":   {"NeuronCode", "it imports Neuron for PyTorch"},
}

func (p program) imports() {
	said := map[string]bool{}
	for _, i := range p.Imports {
		module := top(i.Module)
		known, is := libraries[module]
		for name, tells := range imported {
			if i.Module == name || strings.HasPrefix(i.Module, name+".") {
				known, is = tells, true
			}
		}
		if is && (known.id != "GPUOnly" || !i.Optional) && !said[known.message] {
			said[known.message] = true
			if i.Optional {
				known.message += ", in a try block"
			}
			p.report(known.id, i.Line, known.message)
		}
		if slices.Contains(awsLibraries, module) && !said[module] && !slices.ContainsFunc(p.Calls, func(c python.Call) bool { return top(c.Name) == module }) {
			said[module] = true
			p.report("AWSLibrary", i.Line, "it imports "+i.Module)
		}
	}
}

// call looks at one call under every aspect.
func (p program) call(c python.Call) {
	p.awsCall(c)
	p.command(c)
	p.load(c)
	p.download(c)
	p.network(c)
	p.write(c)
	p.privilege(c)
	p.workers(c)
	if slices.Contains(environmentReads, c.Name) && len(c.Args) > 0 && c.Args[0].String {
		_, keyword := c.Keywords["default"]
		p.variable(c.Args[0].Text, c.Line, len(c.Args) > 1 || keyword || c.Defaulted)
	}
	if v := c.Keywords["trust_remote_code"]; v.Text == "True" {
		p.report("RemoteCode", c.Line, c.Name+" executes code that comes with the model")
	}
	for _, key := range []string{"num_workers", "processes", "max_workers"} {
		if v, is := c.Keywords[key]; is && v.Known && v.Text != "0" && v.Text != "1" && v.Text != "None" && !strings.HasSuffix(c.Name, "ThreadPoolExecutor") {
			p.report("WorkerAssumption", c.Line, fmt.Sprintf("%s is fixed at %s", key, v.Text))
		}
	}
	for _, key := range []string{"batch_size", "max_batch_size", "per_device_eval_batch_size"} {
		if v, is := c.Keywords[key]; is && v.Known {
			p.report("BatchAssumption", c.Line, fmt.Sprintf("%s is fixed at %s", key, v.Text))
		}
	}
}

// argument returns an argument by its place or name.
func argument(c python.Call, place int, names ...string) (python.Value, bool) {
	for _, name := range names {
		if v, is := c.Keywords[name]; is {
			return v, true
		}
	}
	if place >= 0 && place < len(c.Args) {
		return c.Args[place], true
	}
	return python.Value{}, false
}

// when tells that a call is made at the start.
func (p program) when(c python.Call) string {
	if c.AtStart && !p.ByTokens {
		return " when the module is loaded"
	}
	return ""
}

// runners start other programs. Their first argument is the command.
var runners = []string{
	"os.system", "os.popen", "os.execv", "os.execvp", "os.spawnlp", "subprocess.run", "subprocess.call", "subprocess.check_call",
	"subprocess.check_output", "subprocess.Popen", "subprocess.getoutput", "subprocess.getstatusoutput",
	"pip.main", "pip._internal.main", "pip._internal.cli.main.main", "asyncio.create_subprocess_shell",
	"asyncio.create_subprocess_exec", "commands.getoutput",
}

// command looks at a command that the program starts.
func (p program) command(c python.Call) {
	if !slices.Contains(runners, c.Name) {
		return
	}
	var words []string
	for _, arg := range c.Args {
		words = append(words, wordsOf(arg)...)
	}
	words = append(words, wordsOf(c.Keywords["args"])...)
	text := strings.Join(words, " ")
	if top(c.Name) == "pip" {
		text = "pip " + text
	}
	p.file.command(text, c.Line)
}

func wordsOf(v python.Value) []string {
	if v.Items == nil {
		return []string{v.Text}
	}
	var words []string
	for _, item := range v.Items {
		words = append(words, item.Text)
	}
	return words
}

func (p program) reads() {
	for _, r := range p.Reads {
		if r.Name != "os.environ" {
			continue
		}
		if !r.Store {
			p.variable(r.Key, r.Line, r.Optional)
			continue
		}
		if slices.Contains(threadVariables, r.Key) {
			p.report("ThreadSetting", r.Line, "it sets "+r.Key)
		}
		if strings.HasPrefix(r.Key, "NEURON_") {
			p.report("NeuronCode", r.Line, "it sets "+r.Key)
		}
	}
}

// threadVariables are read by numeric libraries.
var threadVariables = []string{"OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"}

// hookNames are the functions that SageMaker's toolkits and servers look for,
// with whom they belong to.
var hookNames = map[string]string{
	"model_fn": "SageMaker's toolkit", "input_fn": "SageMaker's toolkit", "predict_fn": "SageMaker's toolkit",
	"output_fn": "SageMaker's toolkit", "transform_fn": "SageMaker's toolkit", "default_model_fn": "SageMaker's toolkit",
	"input_handler": "SageMaker's TensorFlow Serving image", "output_handler": "SageMaker's TensorFlow Serving image",
	"handler": "a model server", "handle": "a model server",
}

func (p program) hooks() {
	for _, fn := range p.Functions {
		owner, is := hookNames[fn.Name]
		if !is || fn.Nested || owner == "a model server" && len(fn.Params) > 2 {
			continue
		}
		p.report("ServingHook", fn.Line, fmt.Sprintf("%s calls %s(%s)", owner, fn.Name, strings.Join(fn.Params, ", ")))
	}
}

// gpu finds the use of CUDA in programs that never ask whether there is any.
func (p program) gpu() {
	if slices.ContainsFunc(p.Calls, func(c python.Call) bool {
		return strings.HasSuffix(c.Name, "cuda.is_available") || strings.HasSuffix(c.Name, "cuda.device_count") ||
			strings.HasSuffix(c.Name, "list_physical_devices") || strings.HasSuffix(c.Name, "is_gpu_available")
	}) {
		return
	}
	for _, c := range p.Calls {
		device := ""
		for _, v := range c.Args {
			device = cmp.Or(device, cuda(v))
		}
		for _, key := range []string{"device", "device_map", "map_location", "device_type"} {
			device = cmp.Or(device, cuda(c.Keywords[key]))
		}
		last := c.Name[strings.LastIndexByte(c.Name, '.')+1:]
		switch {
		case last == "cuda" && strings.Contains(c.Name, "."), strings.HasPrefix(c.Name, "torch.cuda.set_"), c.Name == "torch.cuda.Stream":
			p.report("GPUOnly", c.Line, c.Name+" is called, and no torch.cuda.is_available")
		case device != "" && (last == "to" || last == "device" || last == "load" || c.Keywords != nil):
			p.report("GPUOnly", c.Line, fmt.Sprintf("the device %q is fixed, and torch.cuda.is_available not asked", device))
		}
	}
}

func cuda(v python.Value) string {
	if v.String && (v.Known && v.Text == "cuda" || strings.HasPrefix(v.Text, "cuda:")) {
		return v.Text
	}
	return ""
}

// numberForm is a whole number as Python writes it.
var numberForm = regexp.MustCompile(`^[0-9][0-9_]*$`)

// bindings looks at names, attributes, parameters and keys that are given a
// constant.
func (p program) bindings() {
	for _, b := range p.Bindings {
		p.secretBinding(b)
		lower := strings.ToLower(b.Name)
		if strings.Contains(lower, "bucket") {
			p.bucket(b.Value, b.Line)
		}
		if !b.Value.Known || !numberForm.MatchString(b.Value.Text) {
			continue
		}
		switch {
		case slices.Contains([]string{"num_workers", "n_workers", "workers"}, lower) && b.Value.Text != "0":
			p.report("WorkerAssumption", b.Line, b.Name+" is fixed at "+b.Value.Text)
		case strings.Contains(lower, "batch_size") || strings.Contains(lower, "batchsize"):
			p.report("BatchAssumption", b.Line, fmt.Sprintf("%s is fixed at %s", b.Name, b.Value.Text))
		}
	}
}
