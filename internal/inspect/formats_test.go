package inspect

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

const (
	goodPickle = "\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x10_sklearn_version\x94\x8c\x051.2.2\x94s."
	evilPickle = "\x80\x02cposix\nsystem\nq\x00X\x02\x00\x00\x00idq\x01\x85q\x02Rq\x03."
)

func zipOf(t testing.TB, files map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for name, content := range files {
		w, err := archive.Create(name)
		if err == nil {
			_, err = io.WriteString(w, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func gzipOf(t testing.TB, content string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := io.WriteString(w, content)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func tarOf(t testing.TB, name, content string) string {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o600})
	if err == nil {
		_, err = io.WriteString(w, content)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func zlibOf(t testing.TB, content string) string {
	t.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, err := io.WriteString(w, content)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// look gives the findings in one file.
func look(t testing.TB, name, content string) []Finding {
	t.Helper()
	x := New(Limits{})
	if err := x.File(File{Path: name, SizeBytes: int64(len(content)), Content: strings.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
	return x.Findings()
}

func TestFormats(t *testing.T) {
	onnx := "\x08\x08\x12\x07pytorch\x1a\x052.1.0\x3a\x03\x0a\x01x\x42\x04\x0a\x00\x10\x11"
	cases := map[string]struct {
		path, content string
		// want are "ID", and what the message holds.
		want map[string]string
	}{
		"pickle":                {"model.pkl", goodPickle, map[string]string{"PickleNeeds": "sklearn_version 1.2.2"}},
		"pickle by its bytes":   {"weights", goodPickle, map[string]string{"PickleNeeds": "protocol 4"}},
		"pickle, gzip":          {"model.joblib", gzipOf(t, goodPickle), map[string]string{"PickleNeeds": "1.2.2"}},
		"pickle, zlib":          {"model.joblib", zlibOf(t, goodPickle), map[string]string{"PickleNeeds": "1.2.2"}},
		"pickle that runs":      {"model.pkl", evilPickle, map[string]string{"PickleDangerous": "posix.system", "PickleNeeds": "protocol 2"}},
		"pickle behind another": {"model.pkl", goodPickle + evilPickle, map[string]string{"PickleDangerous": "posix.system", "PickleNeeds": ""}},
		"no pickle":             {"model.joblib", "0 1 1 0", map[string]string{"NotInspected": "none that is understood"}},
		"torch":                 {"model.pt", zipOf(t, map[string]string{"archive/data.pkl": evilPickle}), map[string]string{"PickleDangerous": "posix.system", "PickleNeeds": ""}},
		"Python in a MAR":       {"m.mar", zipOf(t, map[string]string{"handler.py": "import sagemaker\n", "MAR-INF/MANIFEST.json": `{"model":{"handler":"handler.py"}}`}), map[string]string{"SageMakerSDK": "SDK", "ServerConfig": "handler.py"}},
		"zip in a zip":          {"m.zip", zipOf(t, map[string]string{"n.zip": zipOf(t, map[string]string{"a.py": "import sagemaker"})}), map[string]string{"NestedArchive": "not opened"}},
		"zip bomb":              {"m.zip", zipOf(t, map[string]string{"zeros.py": strings.Repeat("\x00", 1<<20)}), map[string]string{"NestedArchive": "times as large"}},
		"no zip":                {"m.zip", "PK\x03\x04 no", map[string]string{"NestedArchive": "none"}},
		"tar.gz":                {"code.tar.gz", gzipOf(t, tarOf(t, "../a.py", "import sagemaker\n")), map[string]string{"SageMakerSDK": "SDK"}},
		"gzip of a text":        {"vocab.txt.gz", gzipOf(t, "a\nb\n"), nil},
		"ONNX":                  {"m.onnx", onnx, map[string]string{"ModelFile": `opset 17 of ""`}},
		"safetensors":           {"m.safetensors", "\x32\x00\x00\x00\x00\x00\x00\x00" + `{"__metadata__":{"format":"pt"},"w":{"dtype":"F"}}` + "\x00\x01", map[string]string{"ModelFile": "1 tensors"}},
		"safetensors, exabytes": {"m.safetensors", "\xff\xff\xff\xff\xff\xff\xff\x7f{", map[string]string{"NotInspected": "claims"}},
		"SavedModel":            {"1/saved_model.pb", "\x08\x01\x12\x10\x0a\x0e\x2a\x062.15.0\x32\x01x", map[string]string{"ModelFile": "TensorFlow 2.15.0"}},
		"XGBoost JSON":          {"xgboost-model", `{"learner":{},"version":[1,7,4]}`, map[string]string{"ModelFile": "XGBoost 1.7.4"}},
		"XGBoost UBJ":           {"xgboost-model", "{L\x00\x00\x00\x00\x00\x00\x00\x07learner{}L\x00\x00\x00\x00\x00\x00\x00\x07version[#L\x00\x00\x00\x00\x00\x00\x00\x03i\x02i\x00i\x03}", map[string]string{"ModelFile": "XGBoost 2.0.3"}},
		"LightGBM":              {"model.lgb", "tree\nversion=v3\n", map[string]string{"ModelFile": "LightGBM"}},
		"Keras":                 {"m.h5", "\x89HDF\r\n\x1a\n", map[string]string{"ModelFile": "HDF5"}},
		"transformers":          {"config.json", `{"transformers_version":"4.40.0","architectures":["BertModel"]}`, map[string]string{"ModelFile": "4.40.0"}},
		"another config":        {"config.json", `{"a":1}`, nil},
		"Neo":                   {"compiled.so", "\x7fELF", map[string]string{"NeoArtifact": "Neo"}},
		"Neuron":                {"model.neff", "x", map[string]string{"NeuronArtifact": "Neuron"}},
		"Neuron's TorchScript":  {"model.pt", zipOf(t, map[string]string{"m/code/__torch__/torch_neuron/x.txt": "x"}), map[string]string{"NeuronArtifact": "TorchScript"}},
		"TensorRT":              {"model.plan", "x", map[string]string{"GPUOnly": "TensorRT"}},
		"a shared library":      {"libx.so", "\x7fELF", nil},
		"an image":              {"a.png", "\x89PNG", nil},
		"empty":                 {"empty", "", nil},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			found := look(t, test.path, test.content)
			got := map[string]string{}
			for _, f := range found {
				got[f.ID] += f.Message
			}
			for id, text := range test.want {
				if message, is := got[id]; !is || !strings.Contains(message, text) {
					t.Errorf("%s says %q; want %q", id, message, text)
				}
			}
			if len(got) != len(test.want) {
				t.Errorf("found %v; want %v", found, test.want)
			}
		})
	}
}

// A text that configures or starts something, with its findings.
func TestTexts(t *testing.T) {
	cases := map[string]struct {
		path, text string
		want       []string
	}{
		"requirements": {
			"code/requirements.txt", "# deps\nnumpy==1.26.4\npandas>=2\nboto3\ngit+https://github.com/acme/x.git\n--extra-index-url https://pypi.acme.io/simple\nrequests[socks]==2.31.0 ; python_version > '3'\n",
			[]string{"AWSLibrary:4", "HostNamed:5", "HostNamed:6", "InstallAtStart:2", "PrivateIndex:6", "RequirementFromURL:5", "RequirementUnpinned:3"},
		},
		"requirements, pinned":    {"docs/requirements.txt", "numpy==1.26.4 \\\n  --hash=sha256:abc\n\n-r base.txt\n", nil},
		"requirements, wildcards": {"x/requirements-dev.txt", "numpy==1.*\nfoo @ https://example.com/foo.whl\n", []string{"RequirementFromURL:2", "RequirementUnpinned:1"}},
		"conda":                   {"environment.yml", "dependencies:\n  - python=3.9\n  - numpy=1.2.3\n  - scipy\n  - pip:\n    - sagemaker==2.1\n", []string{"RequirementUnpinned:4", "SageMakerSDK:6"}},
		"pyproject":               {"pyproject.toml", "[project]\nname = \"x\"\ndependencies = [\n  \"numpy>=1\",\n  \"scipy==1.0\",\n]\n[tool.black]\nline = 3\n", []string{"RequirementUnpinned:4"}},
		"setup.py":                {"setup.py", "from setuptools import setup\nsetup(install_requires=['a==1', 'b'])\n", []string{"RequirementUnpinned:2"}},
		"shell": {
			"serve.sh", "#!/bin/bash\nset -e\npip install -r /opt/ml/code/requirements.txt\nexport OMP_NUM_THREADS=2\necho \"${SM_MODEL_DIR}\" > /etc/model.conf\nREGION=${AWS_REGION:-us-west-2}\naws s3 cp s3://acme-models/x /tmp/x\ngunicorn --workers 4 app:app\nexec python serve.py >> /tmp/log 2> /dev/null\n",
			[]string{"AWSCall:7", "AWSVariableRead:6", "HardcodedBucket:7", "HardcodedRegion:6", "InstallAtStart:3", "SageMakerPath:3", "SageMakerVariableNeeded:5", "ThreadSetting:4", "WorkerAssumption:8", "WriteOutside:5"},
		},
		"shell by its first line":  {"serve", "#!/bin/sh\nsudo chown root /x\n", []string{"NeedsRoot:2"}},
		"Python by its first line": {"serve", "#!/usr/bin/env python\nimport sagemaker\n", []string{"SageMakerSDK:2"}},
		"broken shell":             {"a.sh", "if [ x\npip install y\necho ${SM_X}\n", []string{"InstallAtStart:2", "SageMakerVariableNeeded:3"}},
		"harmless shell":           {"a.sh", "# pip install x\necho 'done'\ncd /opt && ls > /tmp/x\n", nil},
		"DJL":                      {"serving.properties", "engine=Python\noption.model_id=meta-llama/Llama-2-7b\noption.tensor_parallel_degree=4\nbatch_size=8\n", []string{"BatchAssumption:4", "DownloadAtStart:2", "GPUOnly:3", "ServerConfig:1"}},
		"DJL, local":               {"serving.properties", "option.model_id=/opt/ml/model\noption.tensor_parallel_degree=1\n", []string{"ServerConfig:1"}},
		"Triton":                   {"m/config.pbtxt", "name: \"m\"\nplatform: \"tensorrt_plan\"\nmax_batch_size: 16\ninstance_group [ { kind: KIND_GPU } ]\n", []string{"BatchAssumption:3", "GPUOnly:2", "GPUOnly:4", "ServerConfig:1"}},
		"Triton on CPUs":           {"m/config.pbtxt", "backend: \"onnxruntime\"\nmax_batch_size: 0\ninstance_group [ { kind: KIND_CPU } ]\n", []string{"ServerConfig:1"}},
		"settings":                 {"config.yaml", "# s3://not-this\nregion: eu-central-1\nlog: s3://acme-logs/x\n", []string{"HardcodedBucket:3", "HardcodedRegion:2"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, ids(look(t, test.path, test.text))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadersFailuresAreReturned(t *testing.T) {
	broken := errors.New("broken")
	for _, name := range []string{"a.py", "m.pkl", "m.zip"} {
		err := New(Limits{}).File(File{Path: name, Content: iotest.ErrReader(broken)})
		if !errors.Is(err, broken) {
			t.Errorf("%s: error %v; want the reader's", name, err)
		}
	}
}

func TestLimits(t *testing.T) {
	x := New(Limits{MaxTextBytes: 20, MaxNestedBytes: 100, MaxNestedEntries: 1})
	for _, f := range []struct{ name, content string }{
		{"long.py", "import sagemaker\n" + strings.Repeat("#", 100)},
		{"large.zip", zipOf(t, map[string]string{"a.py": strings.Repeat("x = 1\n", 3), "b.py": "y"})},
	} {
		if err := x.File(File{Path: f.name, SizeBytes: int64(len(f.content)), Content: strings.NewReader(f.content)}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"NestedArchive:0", "NotInspected:0", "SageMakerSDK:1"}, ids(x.Findings())); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestManyFindingsAreCounted(t *testing.T) {
	found := code(t, "a.py", []byte(strings.Repeat("eval\nx = 's3://bucket-' 'one/'\n", 50)))
	if len(found) != maxPerKindAndFile || !strings.Contains(found[len(found)-1].Message, "and 30 more") {
		t.Errorf("%d findings, the last %v; want %d and the rest counted", len(found), found[len(found)-1], maxPerKindAndFile)
	}
}

func FuzzFile(f *testing.F) {
	f.Add("a.py", []byte("import boto3\nboto3.client('s3')\n"))
	f.Add("requirements.txt", []byte("a==1\nb @ http://x\n"))
	f.Add("run.sh", []byte("#!/bin/sh\npip install ${SM_X:-y}\n"))
	f.Add("config.pbtxt", []byte("platform: \"tensorrt_plan\"\n"))
	f.Add("m.zip", []byte(zipOf(f, map[string]string{"a.py": "x"})))
	f.Add("m.tar.gz", []byte(gzipOf(f, tarOf(f, "a.sh", "ls"))))
	f.Add("m.pkl", []byte(evilPickle))
	f.Add("m.onnx", []byte("\x08\x08\x42\x04\x0a\x00\x10\x11"))
	f.Add("pyproject.toml", []byte("dependencies = [\"a\"]\n"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		x := New(Limits{MaxNestedUnpackedBytes: 1 << 20})
		if err := x.File(File{Path: name, SizeBytes: int64(len(data)), Content: bytes.NewReader(data)}); err != nil {
			t.Fatalf("a file fails the inspection: %v", err)
		}
		for _, found := range x.Findings() {
			if kindsByID[found.ID].ID == "" || found.Severity == "" || found.Do == "" || found.Message == "" {
				t.Errorf("a finding is not of a kind: %+v", found)
			}
			if plain(found.Quote) != found.Quote || plain(found.Message) != found.Message || plain(found.File) != found.File {
				t.Errorf("a finding holds what a terminal obeys: %q", fmt.Sprint(found))
			}
		}
	})
}
