package inspect

import (
	"regexp"
	"slices"
	"strings"
)

// Setting looks at one variable of a container's environment as at a line
// NAME=value of a file. The findings have no file.
func Setting(name, value string) []Finding {
	x := New(Limits{})
	f := &file{in: x, lines: lines{name + "=" + value}}
	f.keyed(f.lines[0], 1)
	f.setting(strings.ToUpper(name), strings.TrimSpace(value))
	found := x.Findings()
	for i := range found {
		found[i].Line = 0
	}
	return found
}

// serverPrefixes are those of the variables that configure the servers of
// SageMaker's images: the toolkits, DJL Serving (SERVING_, OPTION_), the Multi
// Model Server, TorchServe, TensorFlow Serving, vLLM and SGLang.
var serverPrefixes = []string{"SAGEMAKER_", "SERVING_", "OPTION_", "MMS_", "TS_", "TFS_", "SM_VLLM_", "SM_SGLANG_", "VLLM_"}

// ownServers are variables of the servers that people write for themselves.
var ownServers = []string{"MODEL_SERVER_WORKERS", "WEB_CONCURRENCY", "GUNICORN_CMD_ARGS", "GUNICORN_WORKERS", "UVICORN_WORKERS", "NUM_WORKERS", "WORKERS"}

// modelNames are variables that name a model to be served; where it is no path,
// it is fetched from a hub.
var modelNames = []string{"HF_MODEL_ID", "OPTION_MODEL_ID", "SM_VLLM_MODEL", "SM_SGLANG_MODEL_PATH", "MODEL_ID", "SERVING_LOAD_MODELS", "OPTION_S3URL"}

// devices are variables that ask for GPUs.
var devices = []string{"OPTION_TENSOR_PARALLEL_DEGREE", "SM_NUM_GPUS", "SM_VLLM_TENSOR_PARALLEL_SIZE", "NUM_SHARD", "CUDA_VISIBLE_DEVICES"}

// settings of a container, by what they assume. The names are those of
// SageMaker's images.
func (f *file) setting(name, value string) { f.settingAt(name, value, 1) }

func (f *file) settingAt(name, value string, line int) {
	serves := slices.ContainsFunc(serverPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	switch {
	case value == "":
	case slices.Contains(modelNames, name) || name == "SAGEMAKER_SUBMIT_DIRECTORY":
		f.fetched(name, value, line)
	case slices.Contains(devices, name):
		if value != "0" && value != "1" && value != "-1" || name == "SM_NUM_GPUS" && value == "1" {
			f.report("GPUOnly", line, name+" is "+value)
		}
	case name == "SAGEMAKER_MULTI_MODEL" && affirmed(value):
		f.report("MultiModelCode", line, "the container is told to serve several models")
	case strings.HasSuffix(name, "TRUST_REMOTE_CODE") && affirmed(value):
		f.report("RemoteCode", line, name+" is "+value)
	case strings.Contains(strings.ToLower(value), "neuron"):
		f.report("NeuronCode", line, name+" is "+value)
	case slices.Contains(threadVariables, name):
		f.report("ThreadSetting", line, name+" is "+value)
	case serves && (strings.Contains(name, "BATCH") || strings.HasSuffix(name, "_QUEUE_SIZE") || strings.HasSuffix(name, "_MAX_NUM_SEQS")):
		f.report("BatchAssumption", line, name+" is "+value)
	case slices.Contains(ownServers, name), serves && (strings.Contains(name, "WORKERS") || strings.HasSuffix(name, "_THREADS") || strings.HasSuffix(name, "_INSTANCE_COUNT")):
		f.report("WorkerAssumption", line, name+" is "+value)
	}
}

// fetched judges a variable that names a model or code.
func (f *file) fetched(name, value string, line int) {
	switch {
	case strings.HasPrefix(value, "s3://") && name == "SAGEMAKER_SUBMIT_DIRECTORY":
		f.report("AWSCall", line, "the toolkit fetches the code that serves from S3 at each start")
	case strings.HasPrefix(value, "s3://"):
		f.report("AWSCall", line, "the server fetches what it serves from S3 at each start")
	case name == "SAGEMAKER_SUBMIT_DIRECTORY", strings.HasPrefix(value, "/"), strings.HasPrefix(value, "."), strings.HasPrefix(value, "file:"):
	default:
		f.report("DownloadAtStart", line, name+" is "+value+", which is fetched from a hub")
	}
}

func affirmed(value string) bool {
	switch strings.ToLower(value) {
	case "true", "1", "yes", "on":
		return true
	}
	return false
}

// countForm is a number of workers or a size of batches in a configuration.
var countForm = regexp.MustCompile(`(?i)\b([a-z_-]*(?:workers|workers_per_model|batch_?size))["']?\s*[:=]\s*["']?([0-9]+)\b`)

// keyed looks through a line of a configuration: its constants, and a bucket
// that only its key tells.
func (f *file) keyed(line string, number int) {
	f.secretSettings(line, number)
	f.constants(constant{text: line, line: number})
	for _, m := range settingForm.FindAllStringSubmatch(line, -1) {
		f.report("HardcodedBucket", number, "the bucket "+m[1])
	}
}

// counts finds numbers of workers and sizes of batches in a configuration.
func (f *file) counts(line string, number int) {
	for _, m := range countForm.FindAllStringSubmatch(line, -1) {
		if key := strings.ToLower(m[1]); strings.Contains(key, "worker") {
			f.report("WorkerAssumption", number, key+" is fixed at "+m[2])
		} else {
			f.report("BatchAssumption", number, key+" is fixed at "+m[2])
		}
	}
}
