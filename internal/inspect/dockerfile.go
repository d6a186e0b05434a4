package inspect

import (
	"regexp"
	"strings"
)

// dockerfile looks through how an image is built. What RUN does happens then,
// and not when a pod starts: it needs no network, root or writable folder later.
func (f *file) dockerfile([]byte) {
	user, userLine := "", 0
	for i := 0; i < len(f.lines); i++ {
		first, text := i, f.lines[i]
		for strings.HasSuffix(strings.TrimRight(text, "\r "), `\`) && i+1 < len(f.lines) && i-first < maxContinued {
			i++
			text = strings.TrimSuffix(strings.TrimRight(text, "\r "), `\`) + " " + f.lines[i]
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(shortened(text)), " ")
		rest = strings.TrimSpace(rest)
		switch strings.ToUpper(word) {
		case "FROM":
			f.baseImage(rest, first+1)
			user, userLine = "", first+1
		case "USER":
			user, userLine = rest, first+1
		case "ENV", "ARG":
			f.imageVariable(rest, first+1)
		case "CMD", "ENTRYPOINT":
			f.command(strings.NewReplacer("[", " ", "]", " ", `"`, " ", ",", " ").Replace(rest), first+1)
		}
	}
	if name, _, _ := strings.Cut(user, ":"); name == "root" || name == "0" {
		f.report("NeedsRoot", userLine, "the image runs as root")
	}
}

// baseImage judges what an image is built on.
func (f *file) baseImage(image string, line int) {
	if m := ecrForm.FindStringSubmatch(image); m != nil {
		f.report("BaseImageOfAWS", line, "the image is built on one in the registry of account "+m[1]+" in "+m[2])
	}
}

// variableForm is NAME=value of ENV and ARG; ENV also has the form NAME value.
var variableForm = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*)=("[^"]*"|'[^']*'|\S*)`)

func (f *file) imageVariable(text string, line int) {
	pairs := variableForm.FindAllStringSubmatch(text, -1)
	if name, value, given := strings.Cut(text, " "); pairs == nil && given {
		pairs = [][]string{{text, name, value}}
	}
	for _, m := range pairs {
		value := strings.Trim(m[2], `"'`)
		f.constants(constant{text: value, line: line})
		f.settingAt(strings.ToUpper(m[1]), value, line)
	}
}
