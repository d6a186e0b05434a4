package inspect

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// requirementForm is a requirement by name: extras, version and marker follow.
// The form is that of Python's dependency specifiers.
var requirementForm = regexp.MustCompile(`^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*(.*)$`)

// requirements looks through a list of packages as pip reads it.
func (f *file) requirements([]byte) {
	if f.path == "code/requirements.txt" || f.path == "requirements.txt" {
		if count := f.countRequirements(); count > 0 {
			f.report("InstallAtStart", f.firstRequirement(), fmt.Sprintf("SageMaker's toolkits install what is named here each time the container starts: %d in all", count))
		}
	}
	for i := 0; i < len(f.lines); i++ {
		first, text := i, f.lines[i]
		for strings.HasSuffix(strings.TrimRight(text, "\r"), `\`) && i+1 < len(f.lines) && i-first < maxContinued {
			i++
			text = strings.TrimSuffix(strings.TrimRight(text, "\r"), `\`) + " " + f.lines[i]
		}
		f.requirement(text, first+1)
	}
}

// maxContinued bounds the lines that one requirement is continued over.
const maxContinued = 100

func (f *file) countRequirements() int {
	count := 0
	for _, line := range f.lines {
		if requirementForm.MatchString(strings.TrimSpace(line)) {
			count++
		}
	}
	return count
}

func (f *file) firstRequirement() int {
	return slices.IndexFunc(f.lines, func(line string) bool { return requirementForm.MatchString(strings.TrimSpace(line)) }) + 1
}

// requirement judges one requirement.
func (f *file) requirement(text string, line int) {
	text = strings.TrimSpace(text)
	if before, _, found := strings.Cut(text, " #"); found {
		text = strings.TrimSpace(before)
	}
	if text == "" || strings.HasPrefix(text, "#") {
		return
	}
	f.constants(constant{text: text, line: line})
	switch {
	case strings.HasPrefix(text, "-i ") || strings.HasPrefix(text, "--index-url") || strings.HasPrefix(text, "--extra-index-url") ||
		strings.HasPrefix(text, "--find-links") || strings.HasPrefix(text, "-f "):
		f.report("PrivateIndex", line, "packages come from an index of its own")
		return
	case strings.HasPrefix(text, "-e ") || strings.HasPrefix(text, "--editable"), strings.HasPrefix(text, "git+"),
		strings.Contains(text, "://"):
		f.report("RequirementFromURL", line, "a package comes from an address")
		return
	case strings.HasPrefix(text, "-"):
		return
	}
	m := requirementForm.FindStringSubmatch(text)
	if m == nil {
		return
	}
	f.named(m[1], m[3], line)
}

// unpinned is a package without an exact version.
type unpinned struct {
	name string
	line int
}

// reportUnpinned names the packages of a list that have no exact version, at
// the first.
func (f *file) reportUnpinned() {
	if len(f.unpinned) == 0 {
		return
	}
	var names []string
	for _, u := range f.unpinned {
		names = append(names, u.name)
	}
	verb := " have"
	if len(names) == 1 {
		verb = " has"
	}
	f.report("RequirementUnpinned", f.unpinned[0].line, shortList(names)+verb+" no exact version")
}

// sagemakerPackages are those whose presence tells something.
var sagemakerPackages = map[string]library{
	"sagemaker":           {"SageMakerSDK", "the SageMaker SDK is installed"},
	"sagemaker-inference": {"SageMakerToolkit", "SageMaker's inference toolkit is installed"},
	"sagemaker-training":  {"SageMakerToolkit", "SageMaker's training toolkit is installed"},
	"multi-model-server":  {"SageMakerToolkit", "the Multi Model Server is installed"},
	"smdebug":             {"SageMakerLibrary", "SageMaker Debugger is installed"},
	"torch-neuron":        {"NeuronCode", "Neuron for PyTorch is installed"},
	"torch-neuronx":       {"NeuronCode", "Neuron for PyTorch is installed"},
	"tensorflow-neuron":   {"NeuronCode", "Neuron for TensorFlow is installed"},
	"tensorflow-neuronx":  {"NeuronCode", "Neuron for TensorFlow is installed"},
	"dlr":                 {"NeoCode", "DLR is installed"},
	"onnxruntime-gpu":     {"GPUOnly", "ONNX Runtime for GPUs is installed"},
	"tensorflow-gpu":      {"GPUOnly", "TensorFlow for GPUs is installed"},
	"faiss-gpu":           {"GPUOnly", "Faiss for GPUs is installed"},
	"flash-attn":          {"GPUOnly", "FlashAttention is installed, which needs an NVIDIA GPU"},
	"deepspeed":           {"GPUOnly", "DeepSpeed is installed, which needs a GPU"},
	"bitsandbytes":        {"GPUOnly", "bitsandbytes is installed, which needs a GPU"},
	"tensorrt":            {"GPUOnly", "TensorRT is installed, which needs an NVIDIA GPU"},
	"vllm":                {"GPUOnly", "vLLM is installed, whose packages need a GPU"},
}

// named judges a package by name and version.
func (f *file) named(name, version string, line int) {
	normal := strings.ToLower(strings.NewReplacer("_", "-", ".", "-").Replace(name))
	if known, is := sagemakerPackages[normal]; is {
		f.report(known.id, line, known.message)
	}
	if strings.HasPrefix(normal, "cupy-cuda") || strings.HasPrefix(normal, "nvidia-") && strings.Contains(normal, "-cu1") {
		f.report("GPUOnly", line, name+" is installed, a library of CUDA")
	}
	if slices.Contains(awsLibraries, normal) {
		f.report("AWSLibrary", line, normal+" is installed")
	}
	version, _, _ = strings.Cut(version, ";")
	version = strings.TrimSpace(version)
	if strings.HasPrefix(version, "@") {
		f.report("RequirementFromURL", line, name+" comes from an address")
		return
	}
	f.in.required[moduleName(normal)] = true
	exact := strings.HasPrefix(version, "==") && !strings.Contains(version, "*") || strings.HasPrefix(version, "===")
	if !exact && !strings.Contains(version, "--hash") {
		f.unpinned = append(f.unpinned, unpinned{name, line})
	}
}

// setup looks through a setup.py, and at the packages it requires.
func (f *file) setup(data []byte) {
	for _, call := range f.python(data).Calls {
		for _, key := range []string{"install_requires", "setup_requires"} {
			for _, item := range call.Keywords[key].Items {
				if item.String && item.Known {
					f.requirement(item.Text, call.Line)
				}
			}
		}
	}
}

// quotedForm is a quoted word, as lists in TOML hold them.
var quotedForm = regexp.MustCompile(`["']([^"']+)["']`)

// project looks through pyproject.toml, setup.cfg and Pipfile: the lines of
// their lists of packages.
func (f *file) project([]byte) {
	within, table := false, ""
	for i, line := range f.lines {
		text := strings.TrimSpace(line)
		if strings.HasPrefix(text, "#") {
			continue
		}
		f.constants(constant{text: text, line: i + 1})
		key, rest, assigned := strings.Cut(text, "=")
		key = strings.TrimSpace(key)
		switch {
		case strings.HasPrefix(text, "["):
			table, within = strings.Trim(text, "[] "), false
			continue
		case table == "packages" || table == "tool.poetry.dependencies":
			if assigned && key != "python" {
				f.named(key, poetryVersion(rest), i+1)
			}
			continue
		case assigned && (key == "dependencies" || key == "install_requires"):
			within, text = true, strings.TrimSpace(rest)
		case assigned && !strings.HasPrefix(text, `"`) && !strings.HasPrefix(text, `'`) && !indented(line):
			within = false
		}
		if !within {
			continue
		}
		for _, item := range listed(text) {
			f.requirement(item, i+1)
		}
		if strings.HasSuffix(text, "]") && !strings.Contains(text, "[\"") {
			within = strings.Count(text, "]") <= strings.Count(text, "[")
		}
	}
}

func indented(line string) bool { return strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") }

// poetryVersion makes of a version in Poetry's or Pipenv's form one of pip's:
// a bare number is a caret range to Poetry.
func poetryVersion(text string) string {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "git") || strings.Contains(text, "url") {
		return "@"
	}
	return strings.Trim(text, `"' `)
}

// listed returns the requirements of a line: quoted in TOML, bare in setup.cfg.
func listed(text string) []string {
	var items []string
	for _, m := range quotedForm.FindAllStringSubmatch(text, -1) {
		items = append(items, m[1])
	}
	if items == nil && text != "" && !strings.ContainsAny(text, `[]"'`) {
		items = []string{text}
	}
	return items
}

// conda looks through an environment of conda: its list of dependencies.
func (f *file) conda([]byte) {
	within := false
	for i, line := range f.lines {
		text := strings.TrimSpace(line)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		f.constants(constant{text: text, line: i + 1})
		item, listed := strings.CutPrefix(text, "- ")
		if !listed {
			within = strings.HasPrefix(text, "dependencies:")
			continue
		}
		item = strings.Trim(item, `"'`)
		if !within || item == "pip:" || item == "pip" {
			continue
		}
		if strings.Contains(item, "://") || strings.Contains(item, "==") || strings.HasPrefix(item, "-") {
			f.requirement(item, i+1)
			continue
		}
		name, version, pinned := strings.Cut(item, "=")
		if pinned && !strings.ContainsAny(name, "<>~!") {
			version = "==" + version
		}
		if name != "python" {
			f.named(strings.TrimRight(name, "<>~! "), version, i+1)
		}
	}
}
