package inspect

import (
	"maps"
	"path"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inspect/python"
)

// place is where something stands.
type place struct {
	file, quote string
	line        int
}

// owns notes a file of Python as a module that others may import, with the
// folders that it lies in.
func (x *Inspection) owns(name string) {
	if path.Ext(name) != ".py" && path.Ext(name) != ".so" {
		return
	}
	x.own[strings.TrimSuffix(path.Base(name), path.Ext(name))] = true
	for folder := path.Dir(name); folder != "." && folder != "/"; folder = path.Dir(folder) {
		x.own[path.Base(folder)] = true
	}
}

// needs notes what the code imports from elsewhere, at the first place.
func (p program) needs() {
	for _, i := range p.Imports {
		module := top(i.Module)
		if i.Optional || module == "" || strings.HasPrefix(i.Module, ".") || standard[module] || libraries[module].id == "SageMakerToolkit" ||
			libraries[module].id == "SageMakerLibrary" || serverModules[module] {
			continue
		}
		if p.trained(i.Line) || p.nested {
			continue
		}
		if _, known := p.in.modules[module]; !known && len(p.in.modules) < maxModules {
			p.in.modules[module] = place{file: p.path, quote: p.lines.at(i.Line), line: i.Line}
		}
	}
}

// maxModules bounds the modules that are kept apart.
const maxModules = 500

// undeclared reports the packages that a file imports and no list of
// requirements brings: the image has to hold them.
func (x *Inspection) undeclared() {
	first, names := map[string]place{}, map[string][]string{}
	for _, module := range slices.Sorted(maps.Keys(x.modules)) {
		if x.own[module] || x.required[module] || x.required[strings.ToLower(module)] {
			continue
		}
		at := x.modules[module]
		if before, is := first[at.file]; !is || at.line < before.line {
			first[at.file] = at
		}
		names[at.file] = append(names[at.file], distribution(module))
	}
	for _, file := range slices.Sorted(maps.Keys(first)) {
		at := first[file]
		x.found.add(Finding{
			ID: "PackageUndeclared", File: file, Line: at.line, Quote: at.quote,
			Message: "no list of requirements names what it imports: " + shortList(names[file]),
		})
	}
}

// serverModules come with the server that calls the code.
var serverModules = map[string]bool{"triton_python_backend_utils": true, "djl_python": true, "ts": true, "mms": true}

// distributions are packages by what is imported of them, where the names
// differ.
var distributions = map[string]string{
	"sklearn": "scikit-learn", "cv2": "opencv-python", "PIL": "Pillow", "yaml": "PyYAML", "skimage": "scikit-image", "bs4": "beautifulsoup4",
	"dateutil": "python-dateutil", "dotenv": "python-dotenv", "Crypto": "pycryptodome", "fitz": "PyMuPDF", "magic": "python-magic",
	"google": "google", "jwt": "PyJWT", "attr": "attrs", "pkg_resources": "setuptools", "faiss": "faiss-cpu", "OpenSSL": "pyOpenSSL",
	"sentence_transformers": "sentence-transformers", "pytorch_lightning": "pytorch-lightning", "category_encoders": "category-encoders",
	"awswrangler": "awswrangler", "umap": "umap-learn", "docx": "python-docx", "serial": "pyserial", "wx": "wxPython", "MySQLdb": "mysqlclient",
	"psycopg2": "psycopg2-binary", "Levenshtein": "python-Levenshtein", "imblearn": "imbalanced-learn", "mpl_toolkits": "matplotlib",
	"ruamel": "ruamel.yaml", "zmq": "pyzmq", "git": "GitPython", "flask_cors": "Flask-Cors", "pythonjsonlogger": "python-json-logger",
	"huggingface_hub": "huggingface-hub", "flash_attn": "flash-attn", "segment_anything": "segment-anything", "ultralytics": "ultralytics",
}

// distribution is what pip calls the package of a module.
func distribution(module string) string {
	if name := distributions[module]; name != "" && name != module {
		return name + " (" + module + ")"
	}
	return module
}

// modulesOf are modules by the package that brings them, as far as the names
// differ. The second names are other packages with the same module.
var modulesOf = func() map[string]string {
	modules := map[string]string{
		"opencv-python-headless": "cv2", "opencv-contrib-python": "cv2", "opencv-contrib-python-headless": "cv2", "faiss-gpu": "faiss",
		"psycopg2": "psycopg2", "psycopg2-binary": "psycopg2", "tensorflow-cpu": "tensorflow", "tensorflow-gpu": "tensorflow",
		"onnxruntime-gpu": "onnxruntime", "xgboost-cpu": "xgboost", "segment-anything-py": "segment_anything", "lightning": "pytorch_lightning",
	}
	for module, name := range distributions {
		modules[strings.ToLower(strings.ReplaceAll(name, ".", "-"))] = module
	}
	return modules
}()

// moduleName is what is imported of a package with that name in pip's form.
func moduleName(name string) string {
	if module := modulesOf[name]; module != "" {
		return module
	}
	// autogluon.tabular brings the module autogluon.
	for _, family := range []string{"autogluon-", "google-cloud-", "azure-"} {
		if strings.HasPrefix(name, family) {
			return family[:strings.IndexByte(family, '-')]
		}
	}
	return strings.ReplaceAll(name, "-", "_")
}

// trained says that a line runs in training only.
func (p program) trained(line int) bool {
	return slices.ContainsFunc(p.training, func(s python.Span) bool { return s.First <= line && line <= s.Last })
}

// standard are the modules that come with Python, of all versions from 2.7 to
// 3.14 (sys.stdlib_module_names, and those that were removed or renamed).
var standard = func() map[string]bool {
	known := map[string]bool{}
	for name := range strings.FieldsSeq(standardModules) {
		known[name] = true
	}
	return known
}()
