package workload

import (
	"regexp"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// frameworkRule sees a framework in a program.
type frameworkRule func(p program) (inventory.Framework, bool)

// frameworkRules are asked in this order for each program, the most certain
// first.
var frameworkRules = []frameworkRule{offeredImage, namedImage, frameworkOfEnv, frameworkOfArtifact}

// framework is the first that any rule sees in what a workload runs, or in
// what trained its model.
func (a *account) framework(g *group) *inventory.Framework {
	list := a.withPackages(programs(g))
	for _, rule := range frameworkRules {
		for _, p := range list {
			if found, ok := rule(p); ok {
				return &found
			}
		}
	}
	for _, p := range list {
		if made, ok := a.producerOf(g.key.Place, p.artifact); ok {
			if found := frameworkOfProducer(made.part); found != nil {
				return found
			}
			// The newest runs of the same work were described.
			for _, sibling := range a.byKey[made.key].ofKind(inventory.KindTrainingJob) {
				if found := frameworkOfProducer(sibling); found != nil {
					return found
				}
			}
		}
	}
	return nil
}

// frameworkOfProducer sees the framework in the job that trained a model.
func frameworkOfProducer(made part) *inventory.Framework {
	for _, p := range programsOf(&made) {
		for _, rule := range frameworkRules {
			if found, ok := rule(p); ok {
				found.Basis = "trained by " + made.Name + ": " + found.Basis
				return &found
			}
		}
	}
	return nil
}

// versionForm begins the tags of SageMaker's images.
var versionForm = regexp.MustCompile(`^v?([0-9]+(?:\.[0-9]+)+)`)

// innerVersionForm is that of the library which an image is named after, behind
// the version of the framework below it: 2.1.0-transformers4.37.0-cpu-py310,
// and 2.0.1-tei1.2.3-gpu-py310.
var innerVersionForm = regexp.MustCompile(`-(?:transformers|tgi|tei)([0-9]+(?:\.[0-9]+)*)`)

func versionOf(tag string) string {
	if found := innerVersionForm.FindStringSubmatch(tag); found != nil {
		return found[1]
	}
	if found := versionForm.FindStringSubmatch(tag); found != nil {
		return found[1]
	}
	return ""
}

// offeredImage reads an image that SageMaker offers.
func offeredImage(p program) (inventory.Framework, bool) {
	if p.image == nil || p.image.BuiltIn == nil {
		return inventory.Framework{}, false
	}
	return inventory.Framework{
		Name: p.image.BuiltIn.Framework, Version: versionOf(p.image.Tag),
		Basis: "image " + p.image.Repository + tagText(p.image) + " of " + p.of,
	}, true
}

func tagText(image *inventory.Image) string {
	if image.Tag == "" {
		return ""
	}
	return ":" + image.Tag
}

// frameworkNames are words in names of images and files, the more specific
// first: a huggingface-pytorch image is for huggingface.
var frameworkNames = []struct{ word, name string }{
	{"huggingface", "huggingface"}, {"autogluon", "autogluon"}, {"xgboost", "xgboost"}, {"lightgbm", "lightgbm"},
	{"catboost", "catboost"}, {"sklearn", "sklearn"}, {"scikit-learn", "sklearn"}, {"vllm", "vllm"},
	{"tritonserver", "triton"}, {"djl", "djl"}, {"pytorch", "pytorch"}, {"tensorflow", "tensorflow"},
	{"mxnet", "mxnet"}, {"sparkml", "sparkml"}, {"prophet", "prophet"}, {"onnx", "onnx"}, {"keras", "tensorflow"},
}

// namedImage reads the repository of people's own images.
func namedImage(p program) (inventory.Framework, bool) {
	if p.image == nil {
		return inventory.Framework{}, false
	}
	for _, known := range frameworkNames {
		if strings.Contains(p.image.Repository, known.word) {
			return inventory.Framework{Name: known.name, Basis: "name of the image " + p.image.Repository + " of " + p.of}, true
		}
	}
	return inventory.Framework{}, false
}

// frameworkVariables are the beginnings of environment variables that only one
// framework's containers read.
var frameworkVariables = []struct{ prefix, name string }{
	{"SAGEMAKER_TFS_", "tensorflow"}, {"SAGEMAKER_TS_", "pytorch"}, {"SM_VLLM_", "vllm"}, {"OPTION_", "djl"},
	{"SERVING_", "djl"}, {"HF_MODEL_ID", "huggingface"}, {"HF_TASK", "huggingface"}, {"SAGEMAKER_SPARKML_", "sparkml"},
	{"SAGEMAKER_TRITON_", "triton"},
}

func frameworkOfEnv(p program) (inventory.Framework, bool) {
	names := make([]string, 0, len(p.env))
	for name := range p.env {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, known := range frameworkVariables {
		for _, name := range names {
			if strings.HasPrefix(name, known.prefix) {
				return inventory.Framework{Name: known.name, Basis: "environment variable " + name + " of " + p.of}, true
			}
		}
	}
	return inventory.Framework{}, false
}

func frameworkOfArtifact(p program) (inventory.Framework, bool) {
	uri := strings.ToLower(p.artifact)
	for _, known := range frameworkNames {
		if uri != "" && strings.Contains(uri, known.word) {
			return inventory.Framework{Name: known.name, Basis: "name of the artifact " + p.artifact}, true
		}
	}
	return inventory.Framework{}, false
}
