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
	"landfall.dev/landfall/internal/naming"
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
	// args are what the build may be given.
	args []argument
	// packages are what pip installs for an image, nil for families without.
	packages func(image inventory.Image) held
}

// argument is a build argument with the place of its value in an image's tag.
type argument struct {
	name string
	why  string
	// tag takes the value out of the tag of SageMaker's image.
	tag *regexp.Regexp
}

var (
	pythonTag    = regexp.MustCompile(`(?:^|-)py(3)(\d+)(?:-|$)`)
	versionTag   = regexp.MustCompile(`^(\d+(?:\.\d+)+)`)
	transformers = regexp.MustCompile(`transformers(\d+(?:\.\d+)+)`)
	// plainPath is what may stand in a Dockerfile without a thought.
	plainPath = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)
	tritonTag = regexp.MustCompile(`^(\d{2}\.\d{2})`)
)

// The families of recipes.
const (
	// familyScript calls the functions of the model's script, as SageMaker's
	// toolkits do.
	familyScript = "script"
	// familyNone has no image, but says what to do instead.
	familyNone = "mxnet"
)

var (
	scriptFiles = []string{"Dockerfile", requirementsFile, "serve", "server.py", "defaults.py"}
	scriptArgs  = []argument{{"PYTHON_VERSION", "Python, such as 3.10: that which the model's code and pickles were made with.", pythonTag}}
)

// requirementsFile is the list of packages in a recipe.
const requirementsFile = "requirements.txt"

// recipes are the frameworks with a recipe, by the name that inventory gives
// the images that SageMaker offers. What serves is public: gunicorn and the
// frameworks from PyPI, TensorFlow Serving from Docker Hub, Triton from NGC.
var recipes = map[string]servedBy{
	"sklearn":     {title: "scikit-learn", family: familyScript, files: scriptFiles, args: scriptArgs, packages: sklearnPackages},
	"xgboost":     {title: "XGBoost", family: familyScript, files: scriptFiles, args: scriptArgs, packages: xgboostPackages},
	"pytorch":     {title: "PyTorch", family: familyScript, files: scriptFiles, args: scriptArgs, packages: torchPackages},
	"huggingface": {title: "Hugging Face Transformers", family: familyScript, files: scriptFiles, args: scriptArgs, packages: transformersPackages},
	"tensorflow": {title: "TensorFlow", family: "tensorflow", files: []string{"Dockerfile", requirementsFile, "serve", "server.py"},
		args:     []argument{{"TENSORFLOW_VERSION", "TensorFlow Serving, a tag of tensorflow/serving.", versionTag}},
		packages: func(inventory.Image) held { return held{packages: []string{gunicorn, "numpy", "requests"}} }},
	"triton": {title: "Triton", family: "triton", files: []string{"Dockerfile", "serve"},
		args: []argument{{"TRITON_VERSION", "Release of Triton, such as 24.05.", tritonTag}}},
	"mxnet": {title: "Apache MXNet", family: familyNone, files: []string{"README.md"}},
}

// recipe is what the templates are filled with.
type recipe struct {
	Title, Framework, Image string
	Args                    []filledArgument
	// Packages are lines of pip's requirements, System packages of Debian.
	Packages, System []string
	// Requirements are files of the model's code, relative to the archive.
	Requirements []string
	// Torch says that PyTorch is among the packages.
	Torch bool
	// User is the number of the user that pods run as.
	User int
	by   servedBy
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
	if !by.serves(*image) {
		return nil
	}
	r := &recipe{
		Title: strings.TrimSpace(by.title + " " + versionForm.FindString(image.Tag)), Framework: image.BuiltIn.Framework,
		Image: image.Reference, User: naming.RunAsUser, by: by,
	}
	var holds held
	if by.packages != nil {
		holds = by.packages(*image)
	}
	r.Packages, r.Torch = holds.packages, holds.torch
	r.Title = cmp.Or(holds.title, r.Title)
	for _, arg := range by.args {
		r.Args = append(r.Args, filledArgument{Name: arg.name, Value: cmp.Or(arg.value(image.Tag), holds.python), Why: arg.why})
	}
	for _, file := range s.Code {
		if path.Base(file.Path) != requirementsFile || by.family == familyNone || !plainPath.MatchString(file.Path) {
			continue
		}
		r.Requirements = append(r.Requirements, file.Path)
		r.System = append(r.System, systemPackages(file.Text)...)
	}
	slices.Sort(r.System)
	r.System = slices.Compact(r.System)
	return r
}

// serves says that the recipe is for that image: of Transformers' images some
// hold TensorFlow, which the recipe does not.
func (by servedBy) serves(image inventory.Image) bool {
	return image.BuiltIn.Framework != "huggingface" || !strings.Contains(image.Reference, "tensorflow")
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
		template := r.by.family + "." + name + ".tmpl"
		if name == requirementsFile {
			template = name + ".tmpl"
		}
		var text bytes.Buffer
		if err := recipeTemplates.ExecuteTemplate(&text, template, r); err != nil {
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
	if r.by.family == familyNone {
		return one(SeverityInfo, "ContainerRecipe", ContainerFolder,
			"there is no image of "+r.Title+" that can be recommended; container/README.md says how to convert the model",
			"convert it to ONNX and serve it with Triton")
	}
	checks := []string{"that the framework's version is the one that wrote the model"}
	if unset := r.unset(); len(unset) > 0 {
		checks = append(checks, "the build arguments that have no value: "+strings.Join(unset, ", "))
	}
	if r.by.family == familyScript {
		checks = append(checks, "that container/requirements.txt has every package that the model's code imports")
		hasScript := slices.ContainsFunc(s.Code, func(f CodeFile) bool { return path.Base(f.Path) == s.program() })
		if !hasScript && r.Framework == "sklearn" {
			checks = append(checks, "what loads the model: the archive has no "+s.program()+", and the recipe's image needs its model_fn")
		}
		if !hasScript && r.Framework == "pytorch" {
			checks = append(checks, "that the model is TorchScript: the archive has no "+s.program()+" that could load anything else")
		}
	}
	return one(SeverityInfo, "ContainerRecipe", ContainerFolder,
		"container/ has a recipe for an image of "+r.Title+" from public sources; it was written by rule and has not been built",
		"build it with docker build -f container/Dockerfile from the bundle's folder, push it where the cluster pulls from, and set the "+
			"workload's image in the plan; before that check "+strings.Join(checks, "; "))
}

// program is the script that SageMaker's toolkits call.
func (s source) program() string {
	return path.Base(cmp.Or(s.container.Env["SAGEMAKER_PROGRAM"], "inference.py"))
}
