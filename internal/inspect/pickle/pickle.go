package pickle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Summary is what a pickle says about itself.
type Summary struct {
	// Protocol is the highest that is announced; 0 and 1 announce none.
	Protocol int
	// Globals are the "module.name" that loading imports, sorted.
	Globals []string
	// Called are those of them that loading calls by REDUCE or the like.
	Called []string
	// Versions are values of keys that end in "version", such as scikit-learn's
	// _sklearn_version, with the module that wrote them where it is known.
	Versions map[string]string
	// Complete says that the whole pickle was understood.
	Complete bool
	// Why tells the reason if it was not.
	Why string
	// Bytes is how much was read.
	Bytes int64
}

// Limits bound the work. A zero limit means the default.
type Limits struct {
	// MaxBytes bounds what is read, with the payload of arrays, which is
	// skipped. Zero means 64 GiB: it is read as a stream.
	MaxBytes int64
	// MaxOpcodes bounds the instructions. Zero means 50 million.
	MaxOpcodes int
}

const (
	defaultMaxBytes   = 64 << 30
	defaultMaxOpcodes = 50_000_000
	// maxStack and maxMemo bound the memory of the stack and of the memo, which
	// has an entry for each word of a vocabulary.
	maxStack = 1 << 18
	maxMemo  = 2 << 20
	// maxText bounds a string that is kept; longer ones are skipped, since no
	// module and no version is that long.
	maxText = 256
	// maxGlobals bounds the names that are kept.
	maxGlobals = 10_000
	// maxNested bounds pickles within joblib's arrays of objects.
	maxNested = 8
	// readerBytes is the buffer in front of the stream.
	readerBytes = 64 << 10
)

// The ways in which reading ends before the STOP opcode.
var (
	errOpcode = errors.New("it is no pickle, or one with data between its opcodes")
	errLimit  = errors.New("it is larger than is looked through")
	errStack  = errors.New("its stack does not add up")
)

// Read looks through one pickle, up to its STOP opcode. It fails on nothing:
// what is not understood is told in the summary.
func Read(content io.Reader, limits Limits) Summary {
	if limits.MaxBytes <= 0 {
		limits.MaxBytes = defaultMaxBytes
	}
	if limits.MaxOpcodes <= 0 {
		limits.MaxOpcodes = defaultMaxOpcodes
	}
	m := &machine{
		in: bufio.NewReaderSize(content, readerBytes), limits: limits, memo: map[int]*shadow{},
		globals: map[string]bool{}, versions: map[string]string{},
	}
	err := m.run()
	summary := Summary{Protocol: m.protocol, Versions: m.versions, Complete: err == nil, Bytes: m.bytes}
	for name, called := range m.globals {
		summary.Globals = append(summary.Globals, name)
		if called {
			summary.Called = append(summary.Called, name)
		}
	}
	slices.Sort(summary.Globals)
	slices.Sort(summary.Called)
	if err != nil {
		summary.Why = fmt.Sprintf("after %d bytes: %v", m.bytes, err)
	}
	return summary
}

// Modules returns the top-level modules of the globals, sorted, without those
// of Python itself.
func (s Summary) Modules() []string {
	var modules []string
	for _, global := range s.Globals {
		top, _, _ := strings.Cut(global, ".")
		if !standard[top] && top != "" {
			modules = append(modules, top)
		}
	}
	slices.Sort(modules)
	return slices.Compact(modules)
}

// standard are modules that come with Python, as far as pickles name them.
var standard = map[string]bool{
	"builtins": true, "__builtin__": true, "collections": true, "copyreg": true, "copy_reg": true, "datetime": true,
	"decimal": true, "functools": true, "operator": true, "re": true, "types": true, "uuid": true, "_codecs": true,
	"enum": true, "fractions": true, "pathlib": true, "ipaddress": true, "itertools": true, "array": true, "random": true,
	"threading": true, "_thread": true, "logging": true, "time": true, "dataclasses": true, "typing": true, "weakref": true,
}

// dangerous are modules no model needs, and functions that run what they are
// given. Their mere presence means that loading may run anything.
var dangerousModules = map[string]bool{
	"os": true, "posix": true, "nt": true, "subprocess": true, "sys": true, "socket": true, "shutil": true, "pty": true,
	"commands": true, "importlib": true, "runpy": true, "ctypes": true, "webbrowser": true, "pip": true, "code": true,
	"asyncio": true, "multiprocessing": true, "urllib": true, "http": true, "requests": true, "bdb": true, "pdb": true,
	"timeit": true, "cProfile": true, "profile": true, "signal": true, "tempfile": true,
}

var dangerousNames = map[string]bool{
	"eval": true, "exec": true, "compile": true, "open": true, "__import__": true, "execfile": true, "getattr": true,
	"setattr": true, "delattr": true, "globals": true, "locals": true, "vars": true, "input": true, "breakpoint": true,
	"apply": true,
}

// Dangerous returns the globals by which loading could run anything.
func (s Summary) Dangerous() []string {
	var found []string
	for _, global := range s.Globals {
		module, name, _ := cutLast(global)
		top, _, _ := strings.Cut(module, ".")
		builtin := module == "builtins" || module == "__builtin__"
		switch {
		case dangerousModules[top], builtin && dangerousNames[name],
			module == "operator" && (name == "attrgetter" || name == "methodcaller"),
			module == "torch.hub", module == "torch.serialization" && name == "load",
			global == "numpy.testing._private.utils.runstring", global == "types.FunctionType", global == "types.CodeType":
			found = append(found, global)
		}
	}
	return found
}

func cutLast(text string) (before, after string, found bool) {
	if i := strings.LastIndexByte(text, '.'); i >= 0 {
		return text[:i], text[i+1:], true
	}
	return text, "", false
}
