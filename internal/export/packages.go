package export

import (
	"regexp"
	"strconv"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// held is what an image of SageMaker holds, as a recipe builds it again.
type held struct {
	// title names the framework with its version, when the tag's first number
	// is another's.
	title string
	// python is its version, empty where the tag tells it or nobody knows.
	python string
	// packages are lines of pip's requirements.
	packages []string
	torch    bool
}

// gunicorn is the newest version that runs on Python 3.7, the oldest that a
// recipe is written for.
const gunicorn = "gunicorn==23.0.0"

// release is what one version of an image holds.
type release struct{ python, framework, numpy, scipy, pandas, sklearn string }

// sklearnReleases are by the image's tag. The versions are those of the public
// repository sagemaker-scikit-learn-container: requirements.txt and the base
// image's Dockerfile at the tags v1.0-1, v1.2-1 and v1.4-2-py312.
var sklearnReleases = map[string]release{
	"0.23-1":      {python: "3.7", framework: "0.23.2"},
	"1.0-1":       {python: "3.8", framework: "1.0.2", numpy: "1.19.2", scipy: "1.5.3", pandas: "1.1.3"},
	"1.2-1":       {python: "3.8", framework: "1.2.1", numpy: "1.24.1", scipy: "1.9.3", pandas: "1.5.3"},
	"1.4-2-py312": {python: "3.12", framework: "1.4.2", numpy: "2.1.0", pandas: "2.3.2"},
}

// xgboostReleases are by the image's tag, from sagemaker-xgboost-container in
// the same way.
var xgboostReleases = map[string]release{
	"1.2-1": {python: "3.7", framework: "1.2.0", numpy: "1.20.3", scipy: "1.5.3", pandas: "1.1.3", sklearn: "0.23.2"},
	"1.2-2": {python: "3.7", framework: "1.2.0", numpy: "1.20.3", scipy: "1.5.3", pandas: "1.1.3", sklearn: "0.23.2"},
	"1.3-1": {python: "3.7", framework: "1.3.3", numpy: "1.21.6", scipy: "1.6.2", pandas: "1.2.4", sklearn: "0.24.1"},
	"1.5-1": {python: "3.8", framework: "1.5.2", numpy: "1.19.2", scipy: "1.6.2", pandas: "1.2.4", sklearn: "0.24.1"},
	"1.7-1": {python: "3.8", framework: "1.7.4", numpy: "1.19.2", scipy: "1.6.2", pandas: "1.2.4", sklearn: "0.24.1"},
	"3.0-5": {python: "3.10", framework: "3.0.5", numpy: "2.1.0", scipy: "1.15.0", pandas: "2.2.3", sklearn: "1.5.2"},
}

// pinned is a package at a version, or at any if there is none.
func pinned(name, version string) string {
	if version == "" {
		return name
	}
	return name + "==" + version
}

// like is a package at a version of which only the first numbers are known.
func like(name, version string) string {
	if version == "" {
		return name
	}
	return name + "==" + version + ".*"
}

func sklearnPackages(image inventory.Image) held {
	r, known := sklearnReleases[strings.TrimSuffix(image.Tag, "-cpu-py3")]
	framework := pinned("scikit-learn", r.framework)
	if !known {
		framework = like("scikit-learn", versionTag.FindString(image.Tag))
	}
	return held{python: r.python, packages: []string{
		gunicorn, framework, pinned("numpy", r.numpy), pinned("scipy", r.scipy), pinned("pandas", r.pandas), "joblib",
	}}
}

func xgboostPackages(image inventory.Image) held {
	r, known := xgboostReleases[strings.TrimSuffix(image.Tag, "-cpu-py3")]
	framework := pinned("xgboost", r.framework)
	if !known {
		framework = like("xgboost", versionTag.FindString(image.Tag))
	}
	return held{python: r.python, packages: []string{
		gunicorn, framework, pinned("numpy", r.numpy), pinned("scipy", r.scipy), pinned("pandas", r.pandas),
		pinned("scikit-learn", r.sklearn),
	}}
}

// torchPackages are PyTorch and the package of the same release that image
// models are made of.
func torchPackages(image inventory.Image) held {
	version := versionTag.FindString(image.Tag)
	return held{torch: true, packages: []string{
		gunicorn, pinned("torch", version), vision(version), numpyFor(version), "scipy", "pandas", "Pillow",
	}}
}

// torchParts are the first two numbers of a version of PyTorch.
func torchParts(version string) (major, minor int, known bool) {
	parts := strings.Split(version, ".")
	if len(parts) < 2 {
		return 0, 0, false
	}
	major, wrong := strconv.Atoi(parts[0])
	minor, wrongToo := strconv.Atoi(parts[1])
	return major, minor, wrong == nil && wrongToo == nil
}

// vision is torchvision of the same release, by the table in its README: 0.N+1
// belongs to PyTorch 1.N, and 0.N+15 to 2.N.
func vision(version string) string {
	major, minor, known := torchParts(version)
	switch {
	case !known || major > 2:
		return "torchvision"
	case major == 2:
		return "torchvision==0." + strconv.Itoa(minor+15) + ".*"
	}
	return "torchvision==0." + strconv.Itoa(minor+1) + ".*"
}

// numpyFor is NumPy: what was built before PyTorch 2.3 does not work with
// NumPy 2.
func numpyFor(version string) string {
	if major, minor, known := torchParts(version); known && (major < 2 || major == 2 && minor < 3) {
		return "numpy<2"
	}
	return "numpy"
}

func transformersPackages(image inventory.Image) held {
	version, torch := "", versionTag.FindString(image.Tag)
	if m := transformers.FindStringSubmatch(image.Tag); m != nil {
		version = m[1]
	}
	return held{
		title: strings.TrimSpace("Hugging Face Transformers " + version), torch: true,
		packages: []string{
			gunicorn, pinned("torch", torch), pinned("transformers[sentencepiece]", version), numpyFor(torch),
			"accelerate", "protobuf", "Pillow",
		},
	}
}

// systemNeeds are packages of Debian that wheels load and do not bring along,
// by pip's name of the package.
var systemNeeds = map[string][]string{
	"lightgbm":               {"libgomp1"},
	"opencv-python":          {"libgl1", "libglib2.0-0"},
	"opencv-contrib-python":  {"libgl1", "libglib2.0-0"},
	"opencv-python-headless": {"libglib2.0-0"},
	"soundfile":              {"libsndfile1"},
	"librosa":                {"libsndfile1"},
	"pytesseract":            {"tesseract-ocr"},
	"pdf2image":              {"poppler-utils"},
}

// requirementName is the name at the beginning of a requirement.
var requirementName = regexp.MustCompile(`^[A-Za-z0-9._-]+`)

// systemPackages are what the packages of a list need of Debian.
func systemPackages(text string) []string {
	var needed []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.Contains(line, "git+") {
			needed = append(needed, "git")
		}
		name := strings.ToLower(strings.ReplaceAll(requirementName.FindString(line), "_", "-"))
		needed = append(needed, systemNeeds[name]...)
	}
	return needed
}
