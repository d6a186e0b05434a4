package inspect

import (
	"encoding/json"
	"regexp"
	"strings"
)

// properties looks through the settings of DJL Serving and TorchServe.
func (f *file) properties([]byte) {
	server := "DJL Serving"
	if strings.HasSuffix(f.path, "config.properties") {
		server = "TorchServe"
	}
	f.report("ServerConfig", 1, "settings of "+server)
	for i, line := range f.lines {
		text := strings.TrimSpace(line)
		key, value, given := strings.Cut(text, "=")
		if text == "" || strings.HasPrefix(text, "#") || !given {
			continue
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		f.constants(constant{text: value, line: i + 1})
		f.property(strings.TrimPrefix(strings.ToLower(key), "option."), value, i+1)
	}
}

func (f *file) property(key, value string, line int) {
	switch {
	case key == "model_id" && value != "" && !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "."):
		f.report("DownloadAtStart", line, "the model "+value+" is fetched at the start")
	case key == "s3url":
		f.report("AWSCall", line, "the model is fetched from S3 at the start")
	case key == "tensor_parallel_degree" && value != "1" && value != "", key == "device" && strings.HasPrefix(value, "cuda"):
		f.report("GPUOnly", line, key+" is "+value)
	case key == "engine" || key == "rolling_batch":
		if strings.Contains(strings.ToLower(value), "neuron") {
			f.report("NeuronCode", line, key+" is "+value)
		}
	case strings.Contains(key, "batch_size") || key == "batchsize":
		f.report("BatchAssumption", line, key+" is fixed at "+value)
	case strings.Contains(key, "workers"):
		f.report("WorkerAssumption", line, key+" is fixed at "+value)
	}
}

// Forms in Triton's model configuration, in protobuf's text format.
var (
	platformForm = regexp.MustCompile(`^(platform|backend)\s*:\s*"([^"]*)"`)
	batchForm    = regexp.MustCompile(`^max_batch_size\s*:\s*(\d+)`)
	kindForm     = regexp.MustCompile(`\bkind\s*:\s*(KIND_GPU|KIND_CPU|KIND_AUTO|KIND_MODEL)\b`)
)

// triton looks through a model configuration of Triton.
func (f *file) triton([]byte) {
	f.report("ServerConfig", 1, "a model configuration of Triton Inference Server")
	for i, line := range f.lines {
		text := strings.TrimSpace(line)
		if strings.HasPrefix(text, "#") {
			continue
		}
		f.constants(constant{text: text, line: i + 1})
		if m := platformForm.FindStringSubmatch(text); m != nil {
			if strings.Contains(m[2], "tensorrt") {
				f.report("GPUOnly", i+1, m[1]+" "+m[2]+" needs an NVIDIA GPU")
			}
		}
		if m := batchForm.FindStringSubmatch(text); m != nil && m[1] != "0" {
			f.report("BatchAssumption", i+1, "max_batch_size is fixed at "+m[1])
		}
		if m := kindForm.FindStringSubmatch(text); m != nil && m[1] == "KIND_GPU" {
			f.report("GPUOnly", i+1, "instances are placed on GPUs")
		}
	}
}

// servingForm is a number or a model in TensorFlow Serving's own files, in
// protobuf's text format (model_server_config.proto, session_bundle_config.proto).
var servingForm = regexp.MustCompile(`\b(max_batch_size|num_batch_threads|max_enqueued_batches|batch_timeout_micros|base_path|config)\s*:?\s*(?:"([^"]*)"|\{\s*(?:value\s*:\s*([0-9]+))?)`)

// tensorflowServing looks through the settings of TensorFlow Serving.
func (f *file) tensorflowServing([]byte) {
	f.report("ServerConfig", 1, "settings of TensorFlow Serving")
	models := 0
	for i, line := range f.lines {
		text, _, _ := strings.Cut(strings.TrimSpace(line), "#")
		f.constants(constant{text: text, line: i + 1})
		for _, m := range servingForm.FindAllStringSubmatch(text, -1) {
			switch {
			case m[1] == "config":
				if models++; models == 2 {
					f.report("MultiModelCode", i+1, "TensorFlow Serving is told to serve several models")
				}
			case m[1] == "base_path":
				if strings.HasPrefix(m[2], "s3://") {
					f.report("AWSCall", i+1, "TensorFlow Serving fetches the model from S3")
				}
			case m[1] == "num_batch_threads" && m[3] != "":
				f.report("WorkerAssumption", i+1, m[1]+" is fixed at "+m[3])
			case m[3] != "":
				f.report("BatchAssumption", i+1, m[1]+" is fixed at "+m[3])
			}
		}
	}
}

// modelArchive looks through the manifest of a TorchServe or MMS archive.
func (f *file) modelArchive(data []byte) {
	var manifest struct {
		Runtime string `json:"runtime"`
		Model   struct {
			Name    string `json:"modelName"`
			Handler string `json:"handler"`
			File    string `json:"serializedFile"`
		} `json:"model"`
		ArchiverVersion string `json:"archiverVersion"`
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		f.report("NotInspected", 1, "the manifest of the model archive is no JSON")
		return
	}
	f.report("ServerConfig", 1, "the manifest of a TorchServe model archive: handler "+orNone(manifest.Model.Handler)+
		", file "+orNone(manifest.Model.File)+", archiver "+orNone(manifest.ArchiverVersion))
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
