package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inspect/python"
)

// program is a Python file under inspection.
type program struct {
	*file
	python.Source
}

// pythonFile looks through a Python source.
func (f *file) pythonFile(data []byte) { f.python(data) }

// python looks through a Python source, and returns it.
func (f *file) python(data []byte) python.Source {
	p := program{file: f, Source: f.parsed(data)}
	if p.ByTokens {
		f.report("ParsedByTokens", 1, "scanned token by token: "+p.Why)
	}
	p.imports()
	for _, c := range p.Calls {
		p.call(c)
	}
	for _, s := range p.Strings {
		if !s.Doc {
			f.constants(constant{text: s.Text, line: s.Line})
		}
	}
	p.reads()
	p.hooks()
	p.gpu()
	p.bindings()
	for _, g := range p.Globals {
		f.report("GlobalState", g.Line, "a function changes the module's variable "+g.Name)
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

func (p program) imports() {
	for _, i := range p.Imports {
		module := top(i.Module)
		known, is := libraries[module]
		if i.Module == "optimum.neuron" || strings.HasPrefix(i.Module, "optimum.neuron.") {
			known, is = library{"NeuronCode", "it imports Neuron for Optimum"}, true
		}
		if is && (known.id != "GPUOnly" || !i.Optional) {
			if i.Optional {
				known.message += ", in a try block"
			}
			p.report(known.id, i.Line, known.message)
		}
		if slices.Contains(awsLibraries, module) && !slices.ContainsFunc(p.Calls, func(c python.Call) bool { return top(c.Name) == module }) {
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
	for _, name := range []string{"os.environ.get", "os.getenv", "os.environ.pop", "os.environ.setdefault"} {
		if c.Name == name && len(c.Args) > 0 && c.Args[0].String {
			_, keyword := c.Keywords["default"]
			p.variable(c.Args[0].Text, c.Line, len(c.Args) > 1 || keyword || c.Defaulted)
		}
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

func (p program) awsCall(c python.Call) {
	module := top(c.Name)
	if !slices.Contains(awsLibraries, module) {
		for _, key := range []string{"Bucket", "bucket", "bucket_name"} {
			if v, is := c.Keywords[key]; is && v.Known && v.String && v.Text != "" {
				p.report("HardcodedBucket", c.Line, "the bucket "+v.Text)
			}
		}
		return
	}
	// A client is what leads to calls; the settings of one are its part.
	if strings.HasSuffix(c.Name, ".Config") || strings.HasSuffix(c.Name, "Error") || strings.HasPrefix(c.Name, "botocore.exceptions") {
		return
	}
	what := c.Name
	if v, is := argument(c, 0, "service_name"); is && v.Known && v.String {
		last := c.Name[strings.LastIndexByte(c.Name, '.')+1:]
		if last == "client" || last == "resource" {
			what = fmt.Sprintf("%s(%q)", c.Name, v.Text)
		}
	}
	if what == "boto3.client(\"sagemaker\")" || strings.Contains(what, "\"sagemaker-") {
		what += ", SageMaker's own API,"
	}
	p.report("AWSCall", c.Line, what+" is called"+p.when(c))
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
	if v.Known && v.String && (v.Text == "cuda" || strings.HasPrefix(v.Text, "cuda:")) {
		return v.Text
	}
	return ""
}

// bindings looks at names that are given a constant.
func (p program) bindings() {
	for _, b := range p.Bindings {
		lower := strings.ToLower(b.Name)
		if b.Value.Known && b.Value.String && strings.Contains(lower, "bucket") && bucketName.MatchString(b.Value.Text) {
			p.report("HardcodedBucket", b.Line, "the bucket "+b.Value.Text)
		}
		if b.Value.Known && (lower == "num_workers" || lower == "n_workers" || lower == "workers") && b.Value.Text != "0" {
			p.report("WorkerAssumption", b.Line, b.Name+" is fixed at "+b.Value.Text)
		}
		if !b.Value.Known || !strings.Contains(lower, "batch_size") && !strings.Contains(lower, "batchsize") {
			continue
		}
		p.report("BatchAssumption", b.Line, fmt.Sprintf("%s is fixed at %s", b.Name, b.Value.Text))
	}
}
