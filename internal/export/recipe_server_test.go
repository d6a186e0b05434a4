package export

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// driver plays gunicorn: it calls the WSGI application with requests from its
// standard input, and prints the answers. NumPy is not needed by the scripts
// that it is run with, nor is requests.
const driver = `
import io, json, sys, threading, types
for name in ("numpy", "requests"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["requests"].Session = object
sys.path.insert(0, sys.argv[1])
import server
asked, behind = [], []
def ask(request, seen):
    environ = {"REQUEST_METHOD": request["method"], "PATH_INFO": request["path"],
               "wsgi.input": io.BytesIO(request.get("body", "").encode())}
    for name, value in request.get("headers", {}).items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else "HTTP_" + key] = value
    def start(status, headers):
        seen.update(status=status[:3], type=dict(headers)["Content-Type"])
    seen["body"] = b"".join(server.app(environ, start)).decode()
for request in json.load(sys.stdin):
    asked.append({})
    thread = threading.Thread(target=ask, args=(request, asked[-1]))
    thread.start()
    if request.get("goesOn"):
        behind.append(thread)
    else:
        thread.join()
if behind:
    sys.modules["inference"].GO.set()
for thread in behind:
    thread.join()
for seen in asked:
    print(json.dumps(seen))
`

type asked struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Body    string            `json:"body,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	// GoesOn says that the next requests come before its answer. The script's
	// GO is set after the last.
	GoesOn bool `json:"goesOn,omitempty"`
}

type answered struct {
	Status string `json:"status"`
	Type   string `json:"type"`
	Body   string `json:"body"`
}

// served writes the recipe's server and the model's script to a folder, asks,
// and returns the answers.
func served(t *testing.T, image, script string, requests []asked) []answered {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("there is no python3 to run the recipe's server with")
	}
	dir := t.TempDir()
	for _, file := range recipeOf(t, image).Recipe {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file.Path)), file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "model", "code"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "model", "code", "inference.py"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(requests)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "python3", "-c", driver, dir)
	command.Env = append(os.Environ(), "SM_MODEL_DIR="+filepath.Join(dir, "model"), "PYTHONDONTWRITEBYTECODE=1")
	command.Stdin = strings.NewReader(string(input))
	var said strings.Builder
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		t.Fatalf("the recipe's server does not run: %v\n%s", err, said.String())
	}
	var answers []answered
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var answer answered
		if err := decoder.Decode(&answer); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer)
	}
	return answers
}

func TestRecipeServer(t *testing.T) {
	const script = `
import json
import defaults

def model_fn(model_dir, context):
    return {"dir": model_dir.endswith("model"), "told": context.system_properties["model_dir"] == model_dir}

def input_fn(body, content_type):
    if content_type == "text/none":
        raise defaults.Unsupported("no " + content_type)
    return body, content_type

def predict_fn(data, model):
    if data[0] == "fail":
        raise ValueError("no such row")
    return [data[0] if isinstance(data[0], str) else "bytes:" + data[0].decode(), data[1], model]

def output_fn(prediction, accept, context):
    return json.dumps(prediction + [context.get_request_header(0, "X-Amzn-SageMaker-Custom-Attributes")]), accept
`
	loaded := `{"dir": true, "told": true}`
	text := map[string]string{"Content-Type": "text/csv"}
	got := served(t, registryOfAWS+"sagemaker-scikit-learn:1.2-1", script, []asked{
		{Method: "GET", Path: "/ping"},
		{Method: "POST", Path: "/invocations", Body: "1,2", Headers: text},
		{Method: "POST", Path: "/invocations", Body: "1,2", Headers: map[string]string{
			"Content-Type": "application/x-own", "Accept": "text/csv", "X-Amzn-SageMaker-Custom-Attributes": "trace=1",
		}},
		{Method: "POST", Path: "/invocations", Headers: map[string]string{"Content-Type": "text/none"}},
		{Method: "POST", Path: "/invocations", Body: "fail", Headers: text},
		{Method: "GET", Path: "/invocations"},
		{Method: "GET", Path: "/other"},
	})
	want := []answered{
		{"200", "application/json", ""},
		{"200", "application/json", `["1,2", "text/csv", ` + loaded + `, null]`},
		{"200", "text/csv", `["bytes:1,2", "application/x-own", ` + loaded + `, "trace=1"]`},
		{"415", "application/json", `{"error": "no text/none"}`},
		{"500", "application/json", `{"error": "no such row"}`},
		{"405", "application/json", ""},
		{"404", "application/json", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestRecipeServerTransforms(t *testing.T) {
	got := served(t, registryOfAWS+"sagemaker-scikit-learn:1.2-1", `
def model_fn(model_dir):
    return 2

def transform_fn(model, body, content_type, accept):
    return {"answer": model * int(body)}
`, []asked{{Method: "POST", Path: "/invocations", Body: "21", Headers: map[string]string{"Content-Type": "application/json"}}})
	if diff := cmp.Diff([]answered{{"200", "application/json", `{"answer": 42}`}}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// TestRecipeServerAnswersPings while the model is at work: a pod that is busy is
// well. The model is asked in the thread that loaded it.
func TestRecipeServerAnswersPings(t *testing.T) {
	got := served(t, registryOfAWS+"sagemaker-scikit-learn:1.2-1", `
import asyncio, threading

GO = threading.Event()
asyncio.get_event_loop()

def model_fn(model_dir):
    return threading.current_thread()

def transform_fn(model, body, content_type, accept):
    return {"waited": GO.wait(60), "same": model is threading.current_thread()}
`, []asked{
		{Method: "POST", Path: "/invocations", GoesOn: true},
		{Method: "POST", Path: "/invocations", GoesOn: true},
		{Method: "GET", Path: "/ping"},
	})
	answer := answered{"200", "application/json", `{"waited": true, "same": true}`}
	if diff := cmp.Diff([]answered{answer, answer, {"200", "application/json", ""}}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// TestTensorFlowRequests has requests of each content type turned into those
// of TensorFlow Serving, as SageMaker's image turns them.
func TestTensorFlowRequests(t *testing.T) {
	const script = `
import sys
server = sys.modules["server"]

def handler(data, context):
    return server.instances(data.read(), context.request_content_type), context.rest_uri
`
	const uri = "http://127.0.0.1:8501/v1/models/model:predict"
	cases := []struct{ contentType, body, want string }{
		{"application/json", `{"instances": [1]}`, `{"instances": [1]}`},
		{"application/json", `[1, 2]`, `{"instances":[[1, 2]]}`},
		{"application/json", `[[1, 2], [3, 4]]`, `{"instances":[[1, 2], [3, 4]]}`},
		{"application/jsonlines", "[1, 2]\n[3, 4]\n", `{"instances":[[1, 2],[3, 4]]}`},
		{"text/csv", "1,2\n3,4\n", `{"instances":[[1,2],[3,4]]}`},
		{"text/csv", "good,film", `{"instances":[["good","film"]]}`},
		{"text/csv", "5\n6", `{"instances":[5,6]}`},
	}
	var requests []asked
	var want []answered
	for _, tc := range cases {
		requests = append(requests, asked{Method: "POST", Path: "/invocations", Body: tc.body, Headers: map[string]string{"Content-Type": tc.contentType}})
		want = append(want, answered{"200", uri, tc.want})
	}
	requests = append(requests,
		asked{Method: "POST", Path: "/invocations", Body: "x", Headers: map[string]string{"Content-Type": "image/png"}},
		asked{Method: "POST", Path: "/invocations", Body: "[[1]]", Headers: map[string]string{
			"Content-Type": "application/json", "X-Amzn-SageMaker-Custom-Attributes": "tfs-model-name=other,tfs-method=classify",
		}})
	want = append(want,
		answered{"415", "application/json", `{"error": "content type image/png: the model has no handler that reads it"}`},
		answered{"200", "http://127.0.0.1:8501/v1/models/other:classify", `{"instances":[[1]]}`})
	got := served(t, registryOfAWS+"tensorflow-inference:2.14.1-cpu", script, requests)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}
