package inspect

import (
	"path"
	"slices"
	"strings"
)

// command judges a command with its words, wherever it is started from. Parts
// that are not known are {}.
func (f *file) command(text string, line int) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '|' || r == '&' || r == '\n' }) {
		words := strings.Fields(part)
		for i := range words {
			words[i] = path.Base(words[i])
		}
		f.install(words, strings.Fields(part), line)
		f.rootCommand(words, line)
		f.fetch(words, line)
		f.server(words, line)
	}
}

// server judges the start of a web server.
func (f *file) server(bases []string, line int) {
	if len(bases) == 0 {
		return
	}
	switch bases[0] {
	case "nginx":
		f.report("WriteOutside", line, "nginx keeps its pid, logs and bodies of requests below /run and /var unless its configuration names other places")
	case "gunicorn", "uvicorn":
		f.workerFlags(bases, line)
	case "ln":
		if target := bases[len(bases)-1]; slices.Contains([]string{"access.log", "error.log"}, target) {
			f.report("WriteOutside", line, "it links the server's "+target+" when the container starts")
		}
	}
}

// installers are commands that install packages, by their first word and the
// one that says so.
var installers = []struct {
	program string
	verbs   []string
	root    bool
}{
	{"pip", []string{"install", "download"}, false},
	{"pip3", []string{"install", "download"}, false},
	{"uv", []string{"install", "sync", "add"}, false},
	{"conda", []string{"install", "create", "update"}, false},
	{"mamba", []string{"install", "create", "update"}, false},
	{"poetry", []string{"install", "add"}, false},
	{"easy_install", nil, false},
	{"npm", []string{"install", "ci"}, false},
	{"apt-get", []string{"install", "update", "upgrade"}, true},
	{"apt", []string{"install", "update", "upgrade"}, true},
	{"yum", []string{"install", "update"}, true},
	{"dnf", []string{"install", "update"}, true},
	{"apk", []string{"add", "update"}, true},
}

// install finds the installation of packages.
func (f *file) install(bases, words []string, line int) {
	for _, installer := range installers {
		at := slices.Index(bases, installer.program)
		if at < 0 && strings.HasPrefix(installer.program, "pip") {
			at = slices.IndexFunc(bases, func(word string) bool { return strings.HasPrefix(word, "pip3.") })
		}
		if at < 0 || installer.verbs != nil && !slices.ContainsFunc(bases[at+1:], func(word string) bool {
			return slices.Contains(installer.verbs, word)
		}) {
			continue
		}
		f.report("InstallAtStart", line, "it runs "+short(words[at:]))
		if installer.root && !slices.Contains(bases, "sudo") { // which is told apart
			f.report("NeedsRoot", line, installer.program+" needs root")
		}
		if i := slices.IndexFunc(words, func(word string) bool {
			return strings.HasPrefix(word, "--extra-index-url") || strings.HasPrefix(word, "--index-url") || word == "-i"
		}); i > at {
			f.report("PrivateIndex", line, "it installs from an index of its own")
		}
		return
	}
}

// short is a command for a message.
func short(words []string) string {
	const maxWords = 8
	if len(words) > maxWords {
		return strings.Join(words[:maxWords], " ") + " …"
	}
	return strings.Join(words, " ")
}

// rootPrograms need root.
var rootPrograms = []string{"sudo", "su", "chown", "chgrp", "mount", "umount", "sysctl", "useradd", "adduser", "groupadd", "chroot", "iptables", "modprobe", "swapon", "setcap", "ldconfig", "update-ca-certificates"}

func (f *file) rootCommand(bases []string, line int) {
	if len(bases) == 0 {
		return
	}
	if slices.Contains(rootPrograms, bases[0]) {
		f.report("NeedsRoot", line, bases[0]+" needs root")
	}
}

// fetchers bring files from elsewhere.
var fetchers = []string{"wget", "curl", "git", "gsutil", "azcopy", "aws", "dvc", "huggingface-cli", "s5cmd"}

func (f *file) fetch(bases []string, line int) {
	// python -m spacy download NAME, python -m nltk.downloader NAME
	if at := slices.Index(bases, "-m"); at >= 0 && at+1 < len(bases) &&
		(bases[at+1] == "spacy" && slices.Contains(bases, "download") || bases[at+1] == "nltk.downloader") {
		f.report("DownloadAtStart", line, "it runs "+short(bases))
		return
	}
	if len(bases) == 0 || !slices.Contains(fetchers, bases[0]) {
		return
	}
	switch {
	case bases[0] == "aws" || bases[0] == "s5cmd":
		f.report("AWSCall", line, "it runs "+short(bases))
	case bases[0] == "git" && !slices.Contains(bases, "clone") && !slices.Contains(bases, "pull"):
	case slices.ContainsFunc(bases, func(word string) bool {
		return local(word) && (strings.HasPrefix(word, "localhost") || strings.HasPrefix(word, "127."))
	}):
	default:
		f.report("DownloadAtStart", line, "it runs "+bases[0])
	}
}
