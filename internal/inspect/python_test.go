package inspect

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ids gives the findings as "ID:line", sorted.
// ids leaves out PackageUndeclared, which nearly every snippet has;
// TestUndeclared is for it.
func ids(found []Finding) []string {
	var out []string
	for _, f := range found {
		if f.ID == "PackageUndeclared" {
			continue
		}
		out = append(out, fmt.Sprintf("%s:%d", f.ID, f.Line))
	}
	slices.Sort(out)
	return out
}

// snippets have a source, and the findings in it. Each kind has one that shows
// it and one that comes close.
var snippets = map[string]struct {
	reason string
	source string
	want   []string
}{
	"client": {
		"a client with its region by a constant",
		"import boto3\nREGION = 'us-' + 'east-1'\ns3 = boto3.client('s3', region_name=REGION)\n",
		[]string{"AWSCall:3", "HardcodedRegion:2"},
	},
	"client behind an alias": {"aliases are undone", "import boto3 as b\nfrom boto3 import client as c\nb.resource('s3')\nc('sqs')\n", []string{"AWSCall:3", "AWSCall:4"}},
	"import without a call":  {"an import alone is told as such", "import botocore\n", []string{"AWSLibrary:1"}},
	"no AWS at all":          {"a name like it in a comment, a docstring and another module", "# boto3.client('s3')\n'''boto3.client(\"s3\")'''\nimport boto3_like\nboto3_like.client('x')\n", nil},
	"SDK":                    {"the SDK is imported inside a function", "def f():\n    import sagemaker\n    sagemaker.Session()\n", []string{"SageMakerSDK:2"}},
	"toolkit":                {"", "from sagemaker_inference import encoder\n", []string{"SageMakerToolkit:1"}},
	"own module sagemaker_x": {"", "import sagemaker_utils\n", nil},
	"debugger":               {"", "try:\n    import smdebug.pytorch as smd\nexcept ImportError:\n    smd = None\n", []string{"SageMakerLibrary:2"}},
	"Neuron":                 {"", "import torch_neuronx\nfrom optimum.neuron import NeuronModel\n", []string{"NeuronCode:1", "NeuronCode:2"}},
	"neurons":                {"a network has neurons", "import neurons\nneuron = 1\n", nil},
	"DLR":                    {"", "from dlr import DLRModel\n", []string{"NeoCode:1"}},
	"variable": {
		"with and without a default", "import os\nfrom os import environ, getenv\na = os.environ['SM_MODEL_DIR']\nb = environ.get('SM_NUM_GPUS', 0)\nc = getenv('SAGEMAKER_PROGRAM')\nd = os.environ.get('SAGEMAKER_X')\n",
		[]string{"SageMakerVariableNeeded:3", "SageMakerVariableNeeded:5", "SageMakerVariableNeeded:6", "SageMakerVariableRead:4"},
	},
	"variable by a constant":   {"", "import os\nNAME = 'SM_HP_' + 'EPOCHS'\nos.environ[NAME]\n", []string{"SageMakerVariableNeeded:3"}},
	"variable or default":      {"", "import os\nos.getenv('SM_X') or 'y'\nx = 'y' or os.getenv('SM_Z')\n", []string{"SageMakerVariableNeeded:3", "SageMakerVariableRead:2"}},
	"variable of another kind": {"SMTP is no SageMaker; setting is no reading", "import os\nos.environ['SMTP_HOST']\nos.environ['SM_X'] = 'a'\ncfg['SM_MODEL_DIR']\n", nil},
	"AWS variable":             {"", "import os\nos.getenv('AWS_REGION')\n", []string{"AWSVariableRead:2"}},
	"ARN":                      {"", "ROLE = 'arn:aws:iam::123456789012:role/x'\n", []string{"HardcodedAccount:1"}},
	"image":                    {"", "i = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1'\n", []string{"HardcodedAccount:1", "HardcodedRegion:1"}},
	"account alone":            {"", "account = '123456789012'\n", []string{"HardcodedAccount:1"}},
	"digits":                   {"a longer number, and a number", "x = '1234567890123'\ny = 123456789012\n", nil},
	"bucket":                   {"", "P = f's3://acme-models/{name}'\n", []string{"HardcodedBucket:1"}},
	"bucket in an ARN":         {"", "a = 'arn:aws:s3:::acme-x/y'\nb = 'arn:aws:s3:::*'\nc = 'arn:aws:s3:::'\n", []string{"HardcodedBucket:1"}},
	"bucket not known":         {"", "P = f's3://{bucket}/x'\nQ = 's3://%s/x' % b\n", nil},
	"bucket by a name":         {"the name's value is folded in", "B = 'acme'\ndef f(s3):\n    s3.get_object(Bucket=B, Key='x')\n    return f's3://{B}/y'\n", []string{"HardcodedBucket:3", "HardcodedBucket:4"}},
	"region in a word":         {"", "x = 'us-east-1a-like'\ny = 'plus-east-1'\n", nil},
	"pip": {
		"as a string and as a list", "import os, subprocess, sys\nos.system('pip install torch==2.1')\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', '-r', 'r.txt'])\n",
		[]string{"InstallAtStart:2", "InstallAtStart:3"},
	},
	"pip list":            {"", "import subprocess\nsubprocess.run(['pip', 'list'])\nprint('pip install x')\n", nil},
	"apt":                 {"", "import os\nos.system('apt-get update && apt-get install -y libgomp1')\n", []string{"InstallAtStart:2", "InstallAtStart:2", "NeedsRoot:2"}},
	"hub":                 {"", "from transformers import AutoModel\nAutoModel.from_pretrained('bert-base-uncased')\n", []string{"DownloadAtStart:2"}},
	"hub, local":          {"", "from transformers import AutoModel\ndef model_fn(d):\n    return AutoModel.from_pretrained(d)\nAutoModel.from_pretrained('/opt/ml/model')\n", []string{"ServingHook:2"}},
	"nltk":                {"", "import nltk\nnltk.download('punkt')\n", []string{"DownloadAtStart:2"}},
	"host":                {"", "import requests\nrequests.get('https://features.acme.io/v1')\n", []string{"HostCalled:2"}},
	"local host":          {"", "import requests\nrequests.get('http://localhost:8080/ping')\n'http://www.apache.org/licenses/LICENSE-2.0'\nx = 'http://www.w3.org/2001'\n", nil},
	"metadata":            {"", "import requests\nrequests.get('http://169.254.169.254/latest/meta-data/placement/region')\n", []string{"MetadataService:2"}},
	"write":               {"", "import os\nopen('/opt/x.log', 'w')\nopen('cache.bin', mode='ab')\nos.makedirs('/srv/cache')\n", []string{"WriteOutside:2", "WriteOutside:3", "WriteOutside:4"}},
	"write allowed":       {"", "import os\nopen('/tmp/x', 'w')\nopen('/opt/x.log')\nopen(name, 'w')\nopen(os.path.join('/opt/ml/output', 'x'), 'wb')\n", nil},
	"write joined":        {"", "import os\nD = '/home/model'\nopen(os.path.join(D, 'x'), 'w')\n", []string{"WriteOutside:3"}},
	"root":                {"", "import os\nos.setuid(0)\napp.run(host='0.0.0.0', port=80)\n", []string{"NeedsRoot:2", "NeedsRoot:3"}},
	"no root":             {"", "import os\nos.getuid()\napp.run(port=8080)\n", nil},
	"cuda":                {"", "import torch\nm = torch.load('m.pt', weights_only=True).cuda()\nm.to('cuda:0')\nd = torch.device('cuda')\n", []string{"GPUOnly:2", "GPUOnly:3", "GPUOnly:4"}},
	"cuda asked for":      {"", "import torch\nd = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\nm.to('cuda')\n", nil},
	"hooks":               {"", "def model_fn(model_dir, context=None):\n    pass\nasync def predict_fn(data, model):\n    pass\n", []string{"ServingHook:1", "ServingHook:3"}},
	"method":              {"a method of that name is none", "class A:\n    def model_fn(self): pass\ndef handle(a, b, c): pass\n", nil},
	"workers":             {"", "import multiprocessing as mp, os, torch\np = mp.Pool(4)\nos.cpu_count()\ntorch.set_num_threads(4)\nos.environ['OMP_NUM_THREADS'] = '1'\n", []string{"ThreadSetting:4", "ThreadSetting:5", "WorkerAssumption:2", "WorkerAssumption:3"}},
	"thread pool":         {"", "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor(4)\n", nil},
	"batch":               {"", "BATCH_SIZE = 32\nloader(x, batch_size=64)\n", []string{"BatchAssumption:1", "BatchAssumption:2"}},
	"bucket by its name":  {"", "MODEL_BUCKET = 'acme-models'\nn_buckets = 12\nbucket_key = f(x)\n", []string{"HardcodedBucket:1"}},
	"numbers alike":       {"order numbers have twelve digits too", "phone = '004912345678'\norder = '202401011234'\n", nil},
	"accounts in a list":  {"", "ACCOUNTS = [\n  '123456789012',\n]\n", []string{"HardcodedAccount:2"}},
	"fixed workers":       {"", "num_workers = 8\nloader(x, num_workers=4)\nloader(x, num_workers=0)\n", []string{"WorkerAssumption:1", "WorkerAssumption:2"}},
	"remote code":         {"", "m.from_pretrained('/opt/ml/model', trust_remote_code=True)\nm.from_pretrained('/m', trust_remote_code=False)\n", []string{"RemoteCode:1"}},
	"GPU library":         {"", "from vllm import LLM\ntry:\n    import flash_attn\nexcept ImportError: pass\n", []string{"GPUOnly:1"}},
	"serving beside it":   {"TensorFlow Serving runs in the container", "import requests\nrequests.post(context.rest_uri, data=d)\n", nil},
	"frames":              {"", "df.to_parquet('/opt/ml/model/x.parquet')\ndf.to_csv('/tmp/x.csv')\nimg.save(buffer)\nform.save('draft')\n", []string{"WriteOutside:1"}},
	"routes":              {"", "@app.route('/models/<name>/invoke')\ndef f(): pass\n@app.route('/execution-parameters')\ndef g(): pass\nx = '/models/bert'\n", []string{"BatchAssumption:3", "MultiModelCode:1"}},
	"header in WSGI":      {"", "environ.get('HTTP_X_AMZN_SAGEMAKER_TARGET_MODEL')\n", []string{"MultiModelCode:1"}},
	"multi-model mode":    {"", "import os\nos.environ.get('SAGEMAKER_MULTI_MODEL', 'false')\n", []string{"MultiModelCode:2"}},
	"batch given":         {"", "batch_size = len(x)\nloader(x, batch_size=batch_size)\n", nil},
	"global":              {"", "m = None\ndef f():\n    global m\n    m = 1\n", []string{"GlobalState:3"}},
	"pickle":              {"", "import pickle, joblib, torch\npickle.load(f)\njoblib.load(p)\ntorch.load(p)\n", []string{"PickleLoad:2", "PickleLoad:3", "PickleLoad:4"}},
	"no pickle":           {"", "import json, torch\njson.load(f)\ntorch.load(p, weights_only=True)\npickle_like.load(f)\n", nil},
	"many models":         {"", "BASE = '/opt/ml/models/'\nh = 'X-Amzn-SageMaker-Target-Model'\n", []string{"MultiModelCode:1", "MultiModelCode:2"}},
	"one model":           {"", "BASE = '/opt/ml/model'\nh = 'X-Amzn-SageMaker-Custom-Attributes'\n", []string{"SageMakerHeader:2"}},
	"training file":       {"", "p = '/opt/ml/input/config/hyperparameters.json'\n", []string{"SageMakerPath:1"}},
	"Python 2":            {"the grammar knows what mattered of it", "import boto3, os\nprint 'x', os.environ['SM_HOSTS']\nexec 'x'\ntry:\n    boto3.client('s3')\nexcept Exception, e:\n    raise ValueError, 'x'\n", []string{"AWSCall:5", "SageMakerVariableNeeded:2"}},
	"broken":              {"", "import boto3\ndef f(:\n    s = boto3.client('s3', region_name='us-east-1'\nclass X\n", []string{"AWSCall:3", "HardcodedRegion:3", "ParsedByTokens:1"}},
	"client kept":         {"what is called on a client, and by which name it goes", "import boto3\nclient = boto3.client('s3')\ndef f(key):\n    return client.get_object(Bucket='acme-data', Key=key)\n", []string{"AWSCall:2", "AWSCall:4", "HardcodedBucket:4"}},
	"session kept":        {"", "from boto3.session import Session as S\nsession = S(region_name='eu-west-1')\ns3 = session.resource('s3')\ndb = session.client('dynamodb')\n", []string{"AWSCall:2", "AWSCall:3", "AWSCall:4", "HardcodedRegion:2"}},
	"client of an object": {"", "import boto3\nclass M:\n    def __init__(self):\n        self.queue = boto3.client('sqs')\n    def put(self, x):\n        self.queue.send_message(MessageBody=x)\n", []string{"AWSCall:4", "AWSCall:6"}},
	"client by with":      {"", "import boto3\nwith boto3.client('s3') as c:\n    c.upload_file('/tmp/a', 'acme-data', 'a')\n", []string{"AWSCall:2", "AWSCall:3", "HardcodedBucket:3"}},
	"frame of AWS":        {"what is read from AWS is no client", "import awswrangler as wr\ndf = wr.s3.read_csv(path=p)\ndf.groupby('a').sum()\n", []string{"AWSCall:2"}},
	"names of two things": {"one name for a client and for a frame stands for neither", "import boto3, pandas\nx = boto3.client('s3')\nx = pandas.DataFrame()\nx.head()\n", []string{"AWSCall:2"}},
	"bucket by its place": {"", "import boto3\nboto3.resource('s3').Bucket('acme-models').download_file('key', '/tmp/key')\nboto3.client('s3').download_file('acme-models', 'k', '/tmp/k')\n", []string{"AWSCall:2", "AWSCall:3", "HardcodedBucket:2", "HardcodedBucket:3"}},
	"bucket handed over":  {"a client that a caller gives", "def f(s3_client, frame):\n    s3_client.download_file('acme-models', 'k', '/tmp/k')\n    frame.Object('not-a-bucket')\n", []string{"HardcodedBucket:2"}},
	"bucket by default":   {"options, parameters, attributes and keys", "import os, argparse\np = argparse.ArgumentParser()\np.add_argument('--model-bucket', default='acme-a')\nb = os.getenv('BUCKET', 'acme-b')\ndef f(bucket='acme-c'): pass\nself.bucket = 'acme-d'\ncfg = {'bucket': 'acme-e', 'key': 'acme-f'}\n", []string{"HardcodedBucket:3", "HardcodedBucket:4", "HardcodedBucket:5", "HardcodedBucket:6", "HardcodedBucket:7"}},
	"environment kept":    {"", "import os\nenv = os.environ\nget = os.environ.get\na = env['SM_A']\nb = get('SM_B', 1)\nos.environ.get('SM_C')\n", []string{"SageMakerVariableNeeded:4", "SageMakerVariableNeeded:6", "SageMakerVariableRead:5"}},
	"variable compared":   {"nothing breaks without it", "import os\nif os.getenv('SM_X') == 'true': pass\nif not os.environ.get('SM_Y'): pass\n", []string{"SageMakerVariableRead:2", "SageMakerVariableRead:3"}},
	"path writes":         {"", "from pathlib import Path\nimport pathlib as pl\nroot = Path('/opt/ml') / 'cache'\nroot.mkdir()\n(root / 'a').write_text('x')\npl.Path('/tmp/b').write_bytes(b'')\nroot.joinpath('c').open('w')\nroot.open()\n", []string{"WriteOutside:4", "WriteOutside:5", "WriteOutside:7"}},
	"writes to the model": {"the folder that the toolkit names, and that of the code", "import os, json\ndef model_fn(model_dir):\n    open(os.path.join(model_dir, 'cache.json'), 'w')\n    open(os.path.join(os.path.dirname(__file__), 'x'), 'w')\n    open(os.path.join(model_dir, 'model.bin'))\n", []string{"ServingHook:2", "WriteOutside:3", "WriteOutside:4"}},
	"no writes":           {"a string and a frame have methods of the same names", "s = 'a/b'.replace('/', '_')\ndf = df.rename(columns={'a': 'b'})\nx.replace('a', 'b')\n", nil},
	"cache folder":        {"", "from transformers import AutoModel\nAutoModel.from_pretrained('/opt/ml/model', cache_dir='/opt/cache')\nAutoModel.from_pretrained('/opt/ml/model', cache_dir='/tmp')\n", []string{"WriteOutside:2"}},
	"device put together": {"", "def f(m, n):\n    m.to('cuda:' + str(n))\n", []string{"GPUOnly:2"}},
	"checkpoint":          {"", "from lit import Net\nNet.load_from_checkpoint('a.ckpt')\n", []string{"PickleLoad:2"}},
	"model of spaCy":      {"", "import subprocess\nsubprocess.run(f'python -m spacy download {name}', shell=True)\n", []string{"DownloadAtStart:2"}},
	"local data":          {"", "from datasets import load_dataset\nload_dataset('csv', data_files=p)\nload_dataset('imdb')\n", []string{"DownloadAtStart:3"}},
	"web server":          {"", "import subprocess\nsubprocess.Popen(['nginx', '-c', '/nginx.conf'])\nsubprocess.Popen(['gunicorn', '-w', '4', 'wsgi:app'])\nsubprocess.Popen(['gunicorn', '-w', str(n), 'wsgi:app'])\n", []string{"WorkerAssumption:3", "WriteOutside:2"}},
	"own server":          {"", "@app.route('/ping', methods=['GET'])\ndef ping(): pass\n@app.route('/invocations')\ndef run(): pass\n", []string{"ServingHook:1", "ServingHook:3"}},
	"Python model":        {"", "import triton_python_backend_utils as pb_utils\n", []string{"ServingHook:1"}},
	"batch in a list":     {"", "batch_sizes = []\nbatch_size = 8\n", []string{"BatchAssumption:2"}},
	"training beside hooks": {
		"what runs as a program only is training, with the functions it alone calls",
		"import os, argparse\ndef model_fn(d): return shared(d)\ndef shared(d): return os.environ['SM_A']\ndef train(a): os.environ['SM_B']\nif __name__ == '__main__':\n    train(os.environ['SM_CHANNEL_TRAIN'])\n    shared(1)\n",
		[]string{"SageMakerVariableNeeded:3", "ServingHook:2", "TrainingCode:4"},
	},
	"program that serves": {"", "import os\ndef start(): os.environ['SM_A']\nif __name__ == '__main__':\n    start()\n", []string{"SageMakerVariableNeeded:2"}},
	"modern": {
		"syntax up to Python 3.12", "import boto3\ntype A[T] = list[T]\nmatch boto3.client('s3'):\n    case {'k': v}: pass\ntry: pass\nexcept* ValueError: pass\nx = f\"{y[\"k\"]!r} {f'{z}'}\"\nif (n := boto3.Session()): pass\n",
		[]string{"AWSCall:3", "AWSCall:8"},
	},
}

func TestPython(t *testing.T) {
	for name, test := range snippets {
		t.Run(name, func(t *testing.T) {
			found := code(t, "code/inference.py", []byte(test.source))
			if diff := cmp.Diff(test.want, ids(found)); diff != "" {
				t.Errorf("%s (-want +got):\n%s\n%v", test.reason, diff, found)
			}
		})
	}
}

func TestQuotesHoldNoSecrets(t *testing.T) {
	found := code(t, "a.py", []byte("import boto3\nboto3.client('s3', aws_secret_access_key='wJalrXUtnFEMI7K7MDENGbPxRfiCYEXAMPLEKEY1', aws_access_key_id=\"AKIAIOSFODNN7EXAMPLE\")\n"))
	if len(found) == 0 {
		t.Fatal("nothing was found")
	}
	for _, f := range found {
		if f.ID == "PackageUndeclared" {
			continue
		}
		if text := fmt.Sprint(f); strings.Contains(text, "wJalr") || strings.Contains(text, "AKIAIOSFODNN7") || !strings.Contains(f.Quote, "***") {
			t.Errorf("a secret is quoted: %s", text)
		}
	}
}

// code looks through one text.
func code(t *testing.T, name string, text []byte) []Finding {
	t.Helper()
	x := New(Limits{})
	if err := x.File(File{Path: name, SizeBytes: int64(len(text)), Content: bytes.NewReader(text)}); err != nil {
		t.Fatal(err)
	}
	return x.Findings()
}

func TestUndeclared(t *testing.T) {
	x := New(Limits{})
	for _, file := range []struct{ path, text string }{
		{"code/inference.py", "import os, json, pandas as pd\nfrom PIL import Image\nimport helpers, deep.net\nimport numpy, sklearn.svm\nfrom . import own\ntry:\n    import ujson\nexcept ImportError:\n    pass\n"},
		{"code/helpers.py", "import requests\n"},
		{"code/deep/net.py", "import pandas\n"},
		{"code/requirements.txt", "numpy==1.26.4\nscikit-learn==1.4.2\n"},
	} {
		if err := x.File(File{Path: file.path, SizeBytes: int64(len(file.text)), Content: strings.NewReader(file.text)}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, f := range x.Findings() {
		if f.ID == "PackageUndeclared" {
			got = append(got, fmt.Sprintf("%s:%d %s", f.File, f.Line, f.Message))
		}
	}
	want := []string{
		"code/helpers.py:1 no list of requirements names what it imports: requests",
		"code/inference.py:1 no list of requirements names what it imports: Pillow (PIL), pandas",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
