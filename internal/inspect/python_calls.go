package inspect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"landfall.dev/landfall/internal/inspect/python"
)

// loaders read pickles.
var loaders = []string{
	"pickle.load", "pickle.loads", "pickle.Unpickler", "cPickle.load", "cPickle.loads", "cloudpickle.load", "cloudpickle.loads",
	"dill.load", "dill.loads", "joblib.load", "sklearn.externals.joblib.load", "pandas.read_pickle", "pickle5.load", "pickle5.loads",
}

// load finds the loading of pickles.
func (p program) load(c python.Call) {
	switch {
	case slices.Contains(loaders, c.Name):
		p.report("PickleLoad", c.Line, c.Name+" loads a pickle")
	case strings.HasSuffix(c.Name, ".load_from_checkpoint"):
		p.report("PickleLoad", c.Line, c.Name+" loads a checkpoint of PyTorch Lightning, which is a pickle")
	case c.Name == "torch.load":
		if v, is := c.Keywords["weights_only"]; is && v.Text == "True" {
			return
		}
		p.report("PickleLoad", c.Line, "torch.load without weights_only=True loads a pickle; from PyTorch 2.6 on it refuses what is not weights")
	case c.Name == "numpy.load":
		if v := c.Keywords["allow_pickle"]; v.Text == "True" {
			p.report("PickleLoad", c.Line, "numpy.load with allow_pickle=True loads a pickle")
		}
	}
}

// downloads fetch models and data, by the end of the name that calls them.
var downloads = []string{
	"huggingface_hub.snapshot_download", "huggingface_hub.hf_hub_download", "torch.hub.load", "torch.hub.load_state_dict_from_url",
	"torch.hub.download_url_to_file", "nltk.download", "spacy.cli.download", "gdown.download", "wget.download",
	"tensorflow_hub.load", "tensorflow_hub.KerasLayer", "urllib.request.urlretrieve", "keras.utils.get_file",
	"tensorflow.keras.utils.get_file", "gensim.downloader.load", "datasets.load_dataset",
}

// localDatasets are the builders that read files, of which load_dataset takes
// the names like those of the hub's data sets.
var localDatasets = []string{"csv", "json", "parquet", "arrow", "text", "imagefolder", "audiofolder", "pandas", "webdataset"}

func (p program) download(c python.Call) {
	if c.Name == "datasets.load_dataset" && len(c.Args) > 0 && slices.Contains(localDatasets, c.Args[0].Text) {
		return
	}
	if slices.Contains(downloads, c.Name) {
		what := ""
		if v, is := argument(c, 0, "repo_id", "url", "fname"); is && v.Known {
			what = fmt.Sprintf(" of %q", v.Text)
		}
		p.report("DownloadAtStart", c.Line, c.Name+what)
		return
	}
	if !strings.HasSuffix(c.Name, ".from_pretrained") && c.Name != "transformers.pipeline" && c.Name != "sentence_transformers.SentenceTransformer" {
		return
	}
	place, names := 0, []string{"pretrained_model_name_or_path", "model_name_or_path"}
	if c.Name == "transformers.pipeline" {
		place, names = 1, []string{"model"}
	}
	v, is := argument(c, place, names...)
	if local, given := c.Keywords["local_files_only"]; given && local.Text == "True" {
		return
	}
	if is && v.Known && v.String && v.Text != "" && !strings.HasPrefix(v.Text, "/") && !strings.HasPrefix(v.Text, ".") && strings.Count(v.Text, "/") <= 1 {
		p.report("DownloadAtStart", c.Line, fmt.Sprintf("%s fetches %q from a hub", c.Name, v.Text))
	}
}

// networkCalls talk to other hosts.
var networkCalls = []string{
	"requests.get", "requests.post", "requests.put", "requests.patch", "requests.delete", "requests.head", "requests.request",
	"requests.Session", "httpx.get", "httpx.post", "httpx.Client", "httpx.AsyncClient", "aiohttp.ClientSession",
	"urllib.request.urlopen", "urllib2.urlopen", "http.client.HTTPConnection", "http.client.HTTPSConnection",
	"socket.create_connection", "grpc.insecure_channel", "grpc.secure_channel", "redis.Redis", "redis.StrictRedis", "redis.from_url",
	"psycopg2.connect", "pymysql.connect", "mysql.connector.connect", "pymongo.MongoClient", "elasticsearch.Elasticsearch",
	"kafka.KafkaProducer", "kafka.KafkaConsumer", "sqlalchemy.create_engine", "snowflake.connector.connect",
	"openai.OpenAI", "mlflow.set_tracking_uri", "mlflow.pyfunc.load_model", "wandb.init",
}

func (p program) network(c python.Call) {
	// rest_uri is TensorFlow Serving in the same container, as SageMaker's image
	// hands it to handlers.
	if !slices.Contains(networkCalls, c.Name) || strings.Contains(p.lines.at(c.Line), ".rest_uri") {
		return
	}
	where := ""
	if v, is := argument(c, 0, "url", "host", "uri"); is && v.String {
		host := v.Text
		if m := urlForm.FindStringSubmatch(v.Text); m != nil {
			host = m[1]
			if slices.Contains(metadataForms, host) {
				return // the constant tells
			}
		}
		if local(host) && !strings.Contains(host, "{}") && host != "" {
			return
		}
		where = " to " + host
	}
	p.report("HostCalled", c.Line, c.Name+where+p.when(c))
}

// writers write to the path in that place.
var writers = map[string]int{
	"os.makedirs": 0, "os.mkdir": 0, "shutil.copy": 1, "shutil.copy2": 1, "shutil.copyfile": 1, "shutil.copytree": 1,
	"shutil.move": 1, "os.rename": 1, "os.replace": 1, "torch.save": 1, "joblib.dump": 1, "numpy.save": 0, "numpy.savez": 0,
	"logging.FileHandler": 0, "logging.handlers.RotatingFileHandler": 0, "os.symlink": 1,
}

// savers are methods that write to the path in their first place.
var savers = []string{"to_csv", "to_parquet", "to_pickle", "to_json", "to_feather", "save_pretrained", "save_model", "savefig", "save"}

// pathWriters are methods of pathlib's paths that write there.
var pathWriters = []string{"write_text", "write_bytes", "mkdir", "touch", "symlink_to", "hardlink_to"}

// moves are methods that write to the path in that place.
var moves = map[string]int{"rename": 0, "replace": 0, "download_file": 2, "extractall": 0}

func (p program) write(c python.Call) {
	method := c.Name[strings.LastIndexByte(c.Name, '.')+1:]
	var target python.Value
	switch place, is := writers[c.Name]; {
	case c.Name == "open" || c.Name == "io.open" || c.Name == "codecs.open" || c.Name == "gzip.open":
		if mode, _ := argument(c, 1, "mode"); writesMode(mode) {
			target, _ = argument(c, 0, "file", "filename")
		}
	case is:
		target, _ = argument(c, place, "name", "dst", "path", "filename")
	case c.Receiver.String && method == "open":
		if mode, _ := argument(c, 0, "mode"); writesMode(mode) {
			target = c.Receiver
		}
	case c.Receiver.String && slices.Contains(pathWriters, method):
		target = c.Receiver
	case slices.Contains(savers, method) && strings.Contains(c.Name, "."):
		// Methods of frames and models; without a folder it may be a name.
		if target, _ = argument(c, 0, "path", "path_or_buf", "save_directory", "filename"); !strings.HasPrefix(target.Text, "/") {
			return
		}
	default:
		target = p.moved(c, method)
	}
	if target.String {
		p.writes(target.Text, c.Line, p.when(c))
	}
	if cache, is := c.Keywords["cache_dir"]; is && cache.String && strings.HasPrefix(cache.Text, "/") {
		p.writes(cache.Text, c.Line, p.when(c))
	}
}

func writesMode(mode python.Value) bool { return mode.String && strings.ContainsAny(mode.Text, "wax+") }

// moved is where a method puts files.
func (p program) moved(c python.Call, method string) python.Value {
	place, is := moves[method]
	switch {
	case !is:
		return python.Value{}
	case method == "download_file" && (c.Service != "s3" || strings.Contains(c.Name, "Bucket()")):
		place = 1 // a Bucket knows its own name
		if c.Service != "s3" {
			return python.Value{}
		}
	case method == "extractall" && len(c.Args) == 0 && c.Keywords["path"].Text == "":
		return python.Value{}
	case (method == "rename" || method == "replace") && !c.Receiver.String:
		return python.Value{} // columns of a frame, parts of a string
	case method == "replace" && len(c.Args) != 1:
		return python.Value{}
	}
	target, _ := argument(c, place, "Filename", "path", "target")
	return target
}

// writable are the places that a program may write to: pods have a volume at
// /tmp, and training has one for what it makes.
var writable = []string{"/tmp", "/dev", "/opt/ml/output"}

// writes judges a place that is written to. What begins with something unknown
// is not judged.
func (f *file) writes(target string, line int, when string) {
	if what := outside(target); what != "" {
		f.report("WriteOutside", line, what+when)
	}
}

// writes leaves out what only training runs into.
func (p program) writes(target string, line int, when string) {
	if what := outside(target); what != "" {
		p.report("WriteOutside", line, what+when)
	}
}

// outside says what is wrong with a place that is written to, nothing for one
// that pods may write to.
func outside(target string) string {
	if target == "" || strings.HasPrefix(target, "{}") || strings.Contains(target, "://") {
		return ""
	}
	for _, place := range writable {
		if target == place || strings.HasPrefix(target, place+"/") {
			return ""
		}
	}
	what := fmt.Sprintf("it writes to %q", target)
	switch {
	case strings.HasPrefix(target, "~"):
		what += ", in the home folder"
	case target == modelFolder || strings.HasPrefix(target, modelFolder+"/"):
		what += ", where pods have the model read-only"
	case !strings.HasPrefix(target, "/"):
		what += ", below the folder it is started in"
	}
	return what
}

// modelFolder is where the model's files are.
const modelFolder = "/opt/ml/model"

// rootCalls need root or a capability.
var rootCalls = []string{
	"os.setuid", "os.setgid", "os.seteuid", "os.setegid", "os.setgroups", "os.initgroups", "os.chown", "os.lchown", "os.fchown",
	"os.chroot", "os.mknod", "os.setpriority", "shutil.chown", "resource.prlimit",
}

func (p program) privilege(c python.Call) {
	if slices.Contains(rootCalls, c.Name) {
		p.report("NeedsRoot", c.Line, c.Name+" is called")
		return
	}
	port, is := c.Keywords["port"]
	if is && (strings.HasSuffix(c.Name, ".run") || strings.HasSuffix(c.Name, ".serve")) {
		if number, err := strconv.Atoi(port.Text); err == nil && number > 0 && number < 1024 {
			p.report("NeedsRoot", c.Line, fmt.Sprintf("it listens on port %d, below 1024", number))
		}
	}
}

// workerCalls start processes or count CPUs.
var workerCalls = []string{
	"os.cpu_count", "multiprocessing.cpu_count", "psutil.cpu_count", "multiprocessing.Pool", "multiprocessing.Process",
	"torch.multiprocessing.Pool", "torch.multiprocessing.Process", "torch.multiprocessing.spawn",
	"concurrent.futures.ProcessPoolExecutor", "os.fork", "joblib.Parallel", "ray.init",
}

var threadCalls = []string{
	"torch.set_num_threads", "torch.set_num_interop_threads", "cv2.setNumThreads", "numba.set_num_threads",
	"tensorflow.config.threading.set_intra_op_parallelism_threads", "tensorflow.config.threading.set_inter_op_parallelism_threads",
	"faiss.omp_set_num_threads",
}

func (p program) workers(c python.Call) {
	switch {
	case slices.Contains(workerCalls, c.Name):
		p.report("WorkerAssumption", c.Line, c.Name+" is called"+p.when(c))
	case slices.Contains(threadCalls, c.Name):
		what := ""
		if len(c.Args) > 0 && c.Args[0].Known {
			what = " with " + c.Args[0].Text
		}
		p.report("ThreadSetting", c.Line, c.Name+" is called"+what)
	}
}
