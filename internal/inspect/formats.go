package inspect

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// byName reports what the name alone tells.
func (f *file) byName(base string) {
	extension := path.Ext(base)
	switch {
	case extension == ".neff" || base == "neuron_config.json" || strings.HasSuffix(base, ".neuron") ||
		strings.Contains(base, "neuron") && (extension == ".pt" || extension == ".pth"):
		f.evidence("NeuronArtifact", base, "it is compiled for AWS Neuron")
	case base == "compiled.so" || base == "compiled_model.json" || base == "compiled.params" || base == "compiled.meta" ||
		strings.HasPrefix(base, "libdlr.so") || base == "dlr.h":
		f.evidence("NeoArtifact", base, "it is what SageMaker Neo compiles a model to")
	case extension == ".engine" || extension == ".plan" || extension == ".trt":
		f.evidence("GPUOnly", base, "it is a TensorRT engine, built for one kind of NVIDIA GPU")
	}
}

// magic are the first bytes of formats that say nothing more of interest.
var magic = []struct{ prefix, message string }{
	{"\x89HDF\r\n\x1a\n", "a model or weights in HDF5, as Keras before version 3 writes them"},
	{"CBM1", "a CatBoost model"},
	{"GGUF", "a model in GGUF, as llama.cpp reads it"},
	{"binf", "an XGBoost model in its old binary form, which XGBoost 3.1 and later do not read"},
	{"tree\nversion=", "a LightGBM model"},
	{"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", "a file of PyTorch before 1.6"},
}

// binary decides by the first bytes.
func (f *file) binary(base string, head []byte) {
	for _, m := range magic {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			f.evidence("ModelFile", "", m.message)
			break
		}
	}
	extension := path.Ext(base)
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		f.zip()
	case bytes.HasPrefix(head, []byte("\x1f\x8b")) && !picklish(extension):
		f.tarball()
	case picklish(extension) || looksPickled(head):
		f.pickles(head)
	case extension == ".onnx":
		f.onnx()
	case extension == ".safetensors":
		f.safetensors()
	case base == "saved_model.pb":
		f.savedModel()
	case len(head) > 8 && string(head[4:8]) == "TFL3":
		f.evidence("ModelFile", "", "a TensorFlow Lite model")
	case bytes.HasPrefix(head, []byte(`{"learner"`)) || bytes.HasPrefix(head, []byte("{L\x00\x00\x00\x00\x00\x00\x00\x07learner")):
		f.xgboost()
	case bytes.Contains(head, []byte("<PMML")):
		f.evidence("ModelFile", "", "a model in PMML")
	case base == "config.json" || base == "model_index.json":
		f.transformers()
	}
}

// onnxFields are those of ModelProto in onnx.proto3.
const (
	onnxVersion  = 1
	onnxProducer = 2
	onnxRelease  = 3
	onnxOpset    = 8
	onnxShortest = 4 << 10
)

// onnx reads the fields of a model around its graph, which is skipped.
func (f *file) onnx() {
	said := []string{}
	for range 1000 {
		tag, err := binary.ReadUvarint(f.content)
		if err != nil {
			break
		}
		number, kind := protowire.DecodeTag(tag)
		value, data, err := f.field(kind)
		if err != nil {
			break
		}
		switch number {
		case onnxVersion:
			said = append(said, fmt.Sprintf("IR version %d", value))
		case onnxProducer:
			said = append(said, fmt.Sprintf("made by %.80q", data))
		case onnxRelease:
			said = append(said, fmt.Sprintf("version %.40q", data))
		case onnxOpset:
			domain, version := opset(data)
			said = append(said, fmt.Sprintf("opset %d of %.40q", version, domain))
		default:
		}
	}
	f.evidence("ModelFile", "", "an ONNX model: "+strings.Join(said, ", "))
}

// field reads one field of a message; long ones are skipped.
func (f *file) field(kind protowire.Type) (uint64, []byte, error) {
	switch kind {
	case protowire.VarintType:
		value, err := binary.ReadUvarint(f.content)
		return value, nil, err
	case protowire.Fixed64Type:
		_, err := f.content.Discard(8)
		return 0, nil, err
	case protowire.Fixed32Type:
		_, err := f.content.Discard(4)
		return 0, nil, err
	case protowire.BytesType:
		length, err := binary.ReadUvarint(f.content)
		if err != nil {
			return 0, nil, err
		}
		if length > onnxShortest {
			_, err := io.CopyN(io.Discard, f.content, int64(min(length, 1<<62)))
			return 0, nil, err
		}
		data := make([]byte, length)
		_, err = io.ReadFull(f.content, data)
		return 0, data, err
	default:
		return 0, nil, errors.New("it is no protobuf message")
	}
}

// opset reads an OperatorSetIdProto: domain 1, version 2.
func opset(data []byte) (domain string, version uint64) {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return domain, version
		}
		data = data[n:]
		switch {
		case number == 1 && kind == protowire.BytesType:
			text, n := protowire.ConsumeBytes(data)
			if n < 0 {
				return domain, version
			}
			domain, data = string(text), data[n:]
		case number == 2 && kind == protowire.VarintType:
			value, n := protowire.ConsumeVarint(data)
			if n < 0 {
				return domain, version
			}
			version, data = value, data[n:]
		default:
			n := protowire.ConsumeFieldValue(number, kind, data)
			if n < 0 {
				return domain, version
			}
			data = data[n:]
		}
	}
	return domain, version
}

// maxHeaderBytes bounds the header of a safetensors file; its own readers stop
// at 100 MB.
const maxHeaderBytes = 16 << 20

// safetensors reads the header: eight bytes of length, then JSON.
func (f *file) safetensors() {
	length := make([]byte, 8)
	if _, err := io.ReadFull(f.content, length); err != nil {
		return
	}
	size := binary.LittleEndian.Uint64(length)
	if size > maxHeaderBytes {
		f.evidence("NotInspected", "", fmt.Sprintf("its header claims %d bytes", size))
		return
	}
	var header map[string]struct {
		Format string `json:"format"`
	}
	if err := json.NewDecoder(io.LimitReader(f.content, int64(size))).Decode(&header); err != nil {
		f.evidence("NotInspected", "", "its header is no JSON of tensors")
		return
	}
	format := header["__metadata__"].Format
	delete(header, "__metadata__")
	f.evidence("ModelFile", "", fmt.Sprintf("%d tensors in safetensors, written by %.20q", len(header), orNone(format)))
}

// tensorflowForm is MetaInfoDef.tensorflow_version, field 5 of a protobuf
// message, in the beginning of a saved_model.pb.
var tensorflowForm = regexp.MustCompile(`\x2a[\x05-\x28](\d{1,2}\.\d{1,3}\.\d{1,3}[a-z0-9.+-]{0,30})`)

// headBytes is how much of a file is looked through for a version.
const headBytes = 4 << 20

func (f *file) savedModel() {
	head, err := io.ReadAll(io.LimitReader(f.content, headBytes))
	if err != nil {
		return
	}
	message := "a TensorFlow SavedModel"
	if m := tensorflowForm.FindSubmatch(head); m != nil {
		message += fmt.Sprintf(", written by TensorFlow %s", m[1])
	}
	f.evidence("ModelFile", "", message)
}

// Forms of the version at the end of XGBoost's models: in JSON, and in
// Universal Binary JSON, where i marks a number of one byte.
var (
	xgboostJSON = regexp.MustCompile(`"version"\s*:\s*\[\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\]`)
	xgboostUBJ  = regexp.MustCompile(`(?s)version\[(?:#L.{8})?i(.)i(.)i(.)`)
)

// tailBytes is how much of the end of a file is kept.
const tailBytes = 4 << 10

func (f *file) xgboost() {
	tail := &lastBytes{}
	if _, err := io.Copy(tail, f.content); err != nil {
		return
	}
	message := "an XGBoost model"
	if m := xgboostJSON.FindSubmatch(tail.data); m != nil {
		message += fmt.Sprintf(", written by XGBoost %s.%s.%s", m[1], m[2], m[3])
	} else if m := xgboostUBJ.FindSubmatch(tail.data); m != nil {
		message += fmt.Sprintf(", written by XGBoost %d.%d.%d", m[1][0], m[2][0], m[3][0])
	}
	f.evidence("ModelFile", "", message)
}

// lastBytes keeps the end of what is written to it.
type lastBytes struct{ data []byte }

func (l *lastBytes) Write(data []byte) (int, error) {
	l.data = append(l.data, data[max(len(data)-tailBytes, 0):]...)
	l.data = append([]byte(nil), l.data[max(len(l.data)-tailBytes, 0):]...)
	return len(data), nil
}

// transformers reads the configuration of a Hugging Face model.
func (f *file) transformers() {
	data, ok := f.text()
	if !ok {
		return
	}
	var config struct {
		Version       string   `json:"transformers_version"`
		Diffusers     string   `json:"_diffusers_version"`
		Architectures []string `json:"architectures"`
	}
	if json.Unmarshal(data, &config) != nil || config.Version == "" && config.Diffusers == "" {
		return
	}
	f.evidence("ModelFile", "", fmt.Sprintf("a Hugging Face model %.80q, written by transformers %.20q",
		strings.Join(config.Architectures, " "), orNone(config.Version+config.Diffusers)))
}
