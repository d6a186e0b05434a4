package export

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"landfall.dev/landfall/internal/inventory"
)

// ContainerFolder is where the recipe of an image lies in a bundle.
const ContainerFolder = "container"

//go:embed recipes
var recipeFiles embed.FS

var recipeTemplates = template.Must(template.ParseFS(recipeFiles, "recipes/*.tmpl"))

// servedBy is how a framework's models are served outside SageMaker.
type servedBy struct {
	title string
	// family is the templates' name up to their first dot; files are theirs.
	family string
	files  []string
	// packages are what pip installs, beside the toolkit; they may name args.
	packages []string
	// args are the versions that the image's tag may give.
	args []argument
}

// argument is a build argument with the place of its value in an image's tag.
type argument struct {
	name string
	why  string
	// tag takes the value out of the tag of SageMaker's image; without a match
	// the argument has none, and the build asks for it.
	tag *regexp.Regexp
}

var (
	pythonTag    = regexp.MustCompile(`(?:^|-)py(3)(\d+)(?:-|$)`)
	versionTag   = regexp.MustCompile(`^(\d+(?:\.\d+)+)`)
	transformers = regexp.MustCompile(`transformers(\d+(?:\.\d+)+)`)
	// plainPath is what may stand in a Dockerfile without a thought.
	plainPath     = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)
	tritonTag     = regexp.MustCompile(`^(\d{2}\.\d{2})`)
	toolkitFiles  = []string{"Dockerfile", "serve", "handler_service.py"}
	toolkitServer = []string{"sagemaker-inference==${INFERENCE_TOOLKIT_VERSION}", "multi-model-server==${MODEL_SERVER_VERSION}"}
)

// familyToolkit is served by the inference toolkit.
const familyToolkit = "toolkit"

// toolkitArgs are those of every image with the inference toolkit. The tags of
// SageMaker's images do not tell the versions of the toolkit.
var toolkitArgs = []argument{
	{"PYTHON_VERSION", "Python, such as 3.10: that which the model's code and pickles were made with.", pythonTag},
	{"INFERENCE_TOOLKIT_VERSION", "Version of sagemaker-inference on PyPI.", nil},
	{"MODEL_SERVER_VERSION", "Version of multi-model-server on PyPI.", nil},
}

// recipes are the frameworks with a recipe, by the name that inventory gives
// the images that SageMaker offers. The servers are public: sagemaker-inference
// and sagemaker-huggingface-inference-toolkit with multi-model-server (PyPI),
// TensorFlow Serving (Docker Hub), Triton (NGC).
var recipes = map[string]servedBy{
	"sklearn": {title: "scikit-learn", family: familyToolkit, files: toolkitFiles,
		packages: append([]string{"scikit-learn==${FRAMEWORK_VERSION}.*"}, toolkitServer...),
		args:     append([]argument{{"FRAMEWORK_VERSION", "scikit-learn, which loads what the same version wrote.", versionTag}}, toolkitArgs...)},
	"xgboost": {title: "XGBoost", family: familyToolkit, files: toolkitFiles,
		packages: append([]string{"xgboost==${FRAMEWORK_VERSION}.*", "scikit-learn"}, toolkitServer...),
		args:     append([]argument{{"FRAMEWORK_VERSION", "XGBoost.", versionTag}}, toolkitArgs...)},
	"pytorch": {title: "PyTorch", family: familyToolkit, files: toolkitFiles,
		packages: append([]string{"torch==${FRAMEWORK_VERSION}"}, toolkitServer...),
		args:     append([]argument{{"FRAMEWORK_VERSION", "PyTorch.", versionTag}}, toolkitArgs...)},
	"huggingface": {title: "Hugging Face Transformers", family: familyToolkit, files: toolkitFiles,
		packages: append([]string{
			"torch==${FRAMEWORK_VERSION}", "transformers==${TRANSFORMERS_VERSION}",
			"sagemaker-huggingface-inference-toolkit==${HUGGINGFACE_TOOLKIT_VERSION}",
		}, toolkitServer...),
		args: append([]argument{
			{"FRAMEWORK_VERSION", "PyTorch.", versionTag}, {"TRANSFORMERS_VERSION", "Transformers.", transformers},
			{"HUGGINGFACE_TOOLKIT_VERSION", "Version of sagemaker-huggingface-inference-toolkit on PyPI.", nil},
		}, toolkitArgs...)},
	"tensorflow": {title: "TensorFlow", family: "tensorflow", files: []string{"Dockerfile", "serve", "nginx.conf"},
		args: []argument{{"TENSORFLOW_VERSION", "TensorFlow Serving, a tag of tensorflow/serving.", versionTag}}},
	"triton": {title: "Triton", family: "triton", files: []string{"Dockerfile", "serve"},
		args: []argument{{"TRITON_VERSION", "Release of Triton, such as 24.05.", tritonTag}}},
	"mxnet": {title: "Apache MXNet", family: "mxnet", files: []string{"README.md"}},
}

// recipe is what the templates are filled with.
type recipe struct {
	Title, Framework, Image string
	Args                    []filledArgument
	Packages                []string
	// Requirements are files of the model's code, relative to the archive.
	Requirements []string
	by           servedBy
}

type filledArgument struct{ Name, Value, Why string }

// recipe returns how to build an image for the model, where the cluster's image
// is missing, is closed, or lies with AWS alone; nil where it is at hand or
// nothing is known of the framework.
func (s source) recipe() *recipe {
	if !s.needsImage() {
		return nil
	}
	image := s.container.Image
	if image == nil || image.BuiltIn == nil {
		return nil
	}
	by, ok := recipes[image.BuiltIn.Framework]
	if !ok || image.BuiltIn.Access == inventory.AccessHardware {
		return nil
	}
	r := &recipe{
		Title: strings.TrimSpace(by.title + " " + versionForm.FindString(image.Tag)), Framework: image.BuiltIn.Framework,
		Image: image.Reference, Packages: by.packages, by: by,
	}
	for _, arg := range by.args {
		r.Args = append(r.Args, filledArgument{Name: arg.name, Value: arg.value(image.Tag), Why: arg.why})
	}
	for _, file := range s.Code {
		if path.Base(file.Path) == "requirements.txt" && by.family == familyToolkit && plainPath.MatchString(file.Path) {
			r.Requirements = append(r.Requirements, file.Path)
		}
	}
	return r
}

// needsImage says that the plan's image is not one that any cluster can pull.
func (s source) needsImage() bool {
	if s.Workload.Image == "" {
		return true
	}
	planned, err := inventory.ParseImage(s.Workload.Image)
	if err != nil {
		return false
	}
	return planned.AccountID != "" || planned.BuiltIn != nil && planned.BuiltIn.Access != inventory.AccessOpen
}

func (a argument) value(tag string) string {
	if a.tag == nil {
		return ""
	}
	found := a.tag.FindStringSubmatch(tag)
	if found == nil {
		return ""
	}
	return strings.Join(found[1:], ".")
}

// unset are the arguments that a person has to give.
func (r *recipe) unset() []string {
	var names []string
	for _, arg := range r.Args {
		if arg.Value == "" {
			names = append(names, arg.Name)
		}
	}
	return names
}

// filesOf fills the templates.
func (r *recipe) filesOf() ([]File, error) {
	var files []File
	for _, name := range r.by.files {
		var text bytes.Buffer
		if err := recipeTemplates.ExecuteTemplate(&text, r.by.family+"."+name+".tmpl", r); err != nil {
			return nil, fmt.Errorf("cannot write the recipe's %s: %w", name, err)
		}
		files = append(files, File{Path: ContainerFolder + "/" + name, Data: text.Bytes()})
	}
	return files, nil
}

// imageMissing keeps a bundle without an image from being deployed.
func imageMissing(s source) []Finding {
	if s.Workload.Image != "" {
		return nil
	}
	return one(SeverityError, "ImageMissing", "plan: image", "the plan names no image for the cluster",
		"build one, for which container/ of the bundle has a recipe; then set the workload's image in the plan, and export again")
}

// containerRecipe says what a person must check of the recipe.
func containerRecipe(s source) []Finding {
	r := s.recipe()
	if r == nil {
		return nil
	}
	if r.by.family == "mxnet" {
		return one(SeverityInfo, "ContainerRecipe", ContainerFolder,
			"there is no image of "+r.Title+" that can be recommended; container/README.md says how to convert the model",
			"convert it to ONNX and serve it with Triton")
	}
	checks := []string{"that the framework's version is the one that wrote the model"}
	if unset := r.unset(); len(unset) > 0 {
		checks = append(checks, "the build arguments that have no value: "+strings.Join(unset, ", "))
	}
	if r.by.family == familyToolkit {
		checks = append(checks, "that the Model's container.needs has WritableRootFilesystem, since the toolkit writes its settings at its start")
		if !slices.ContainsFunc(s.Code, func(f CodeFile) bool { return path.Base(f.Path) == s.program() }) && r.Framework != "huggingface" {
			checks = append(checks, "what loads the model: the archive has no "+s.program()+", and the recipe's image needs its model_fn")
		}
	}
	return one(SeverityInfo, "ContainerRecipe", ContainerFolder,
		"container/ has a recipe for an image of "+r.Title+" from public sources; it was written by rule and has not been built",
		"build it when the image cannot leave AWS; before that check "+strings.Join(checks, "; "))
}

// program is the script that SageMaker's toolkits call.
func (s source) program() string {
	return path.Base(cmp.Or(s.container.Env["SAGEMAKER_PROGRAM"], "inference.py"))
}
