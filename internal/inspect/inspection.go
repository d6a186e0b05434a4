package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"landfall.dev/landfall/internal/inspect/python"
)

// Limits bound the work on an archive's files. A zero limit means the default.
type Limits struct {
	// MaxTextBytes bounds a text that is looked into. Zero means 1 MiB: longer
	// ones are data.
	MaxTextBytes int64
	// MaxNestedBytes bounds the archive within the archive that is held in
	// memory to be looked into. Zero means 64 MiB.
	MaxNestedBytes int64
	// MaxNestedUnpackedBytes bounds what is read out of one. Zero means 1 GiB.
	MaxNestedUnpackedBytes int64
	// MaxNestedEntries bounds the files of one. Zero means 10,000.
	MaxNestedEntries int
	// MaxRatio bounds how many times larger than packed a file of a nested
	// archive may be. Zero means 200, beyond which it is a bomb or empty.
	MaxRatio int64
}

func (l Limits) withDefaults() Limits {
	const mib = 1 << 20
	for _, limit := range []struct {
		value     *int64
		isDefault int64
	}{
		{&l.MaxTextBytes, mib}, {&l.MaxNestedBytes, 64 * mib}, {&l.MaxNestedUnpackedBytes, 1024 * mib}, {&l.MaxRatio, 200},
	} {
		if *limit.value <= 0 {
			*limit.value = limit.isDefault
		}
	}
	if l.MaxNestedEntries <= 0 {
		l.MaxNestedEntries = 10_000
	}
	return l
}

// File is a regular file of a model's archive.
type File struct {
	// Path is relative and slash-separated.
	Path string
	// SizeBytes is its length.
	SizeBytes int64
	// Content is read at most once, from front to back, and not always to its
	// end.
	Content io.Reader
}

// Inspection looks through the files of one model, one after the other. It is
// not for concurrent use.
type Inspection struct {
	limits Limits
	found  findings
	// modules are what the model's code imports and where it does so first,
	// own the modules that its files are, required what lists of requirements
	// bring, all by the name that is imported.
	modules  map[string]place
	own      map[string]bool
	required map[string]bool
	// inflatedBytes counts what was unpacked from archives within the archive
	// and compressed pickles, parsedBytes what the parser of Python was given,
	// gaveUp the files on which it ran out of time.
	inflatedBytes int64
	parsedBytes   int
	gaveUp        int
}

// Bounds of the work on all files of a model together.
const (
	maxInflatedBytes = 16 << 30
	maxParsedBytes   = 16 << 20
	maxGaveUp        = 10
)

// budgeted reads as long as not too much has been unpacked in all.
func (x *Inspection) budgeted(content io.Reader) io.Reader { return &budget{from: content, of: x} }

type budget struct {
	from io.Reader
	of   *Inspection
}

var errBudget = errors.New("the archives within the model's archive unpack to more than is looked through")

func (b *budget) Read(data []byte) (int, error) {
	if b.of.inflatedBytes >= maxInflatedBytes {
		return 0, errBudget
	}
	n, err := b.from.Read(data)
	b.of.inflatedBytes += int64(n)
	return n, err
}

// parsed reads a Python source, by its tokens alone once the parser has had
// more than enough.
func (f *file) parsed(text []byte) python.Source {
	x := f.in
	x.parsedBytes += len(text)
	source := python.ReadSource(text, python.Limits{
		TokensOnly: x.parsedBytes > maxParsedBytes || x.gaveUp > maxGaveUp,
	})
	if source.GaveUp {
		x.gaveUp++
	}
	return source
}

// New begins an inspection.
func New(limits Limits) *Inspection {
	return &Inspection{
		limits: limits.withDefaults(), modules: map[string]place{}, own: map[string]bool{}, required: map[string]bool{},
	}
}

// File looks through one file. It fails only when the reader does: what the
// file holds is a matter of findings.
func (x *Inspection) File(in File) error {
	source := &watched{from: in.Content}
	f := &file{in: x, path: in.Path, sizeBytes: in.SizeBytes, content: bufio.NewReaderSize(source, peekBytes)}
	x.owns(in.Path)
	f.look()
	if source.failed != nil {
		return fmt.Errorf("cannot read %q to inspect it: %w", in.Path, source.failed)
	}
	return nil
}

// Findings returns what was found, by severity, kind and place.
func (x *Inspection) Findings() []Finding {
	x.undeclared()
	return x.found.sorted()
}

// LeftOut notes a file of code that the caller does not hand on.
func (x *Inspection) LeftOut(name, why string) {
	x.found.add(Finding{ID: "CodeLeftOut", File: name, Message: "it is not in the bundle: " + why})
}

// watched remembers why reading failed.
type watched struct {
	from   io.Reader
	failed error
}

func (w *watched) Read(data []byte) (int, error) {
	n, err := w.from.Read(data)
	if err != nil && !errors.Is(err, io.EOF) {
		w.failed = err
	}
	return n, err
}

// peekBytes is what is seen of a file before it is decided what it is.
const peekBytes = 64 << 10

// file is a file that is being looked through.
type file struct {
	in        *Inspection
	path      string
	sizeBytes int64
	content   *bufio.Reader
	// lines are those of a text, for quoting.
	lines lines
	// said are the folders of SageMaker that were reported.
	said map[string]bool
	// unpinned are the packages that the file names without exact versions.
	unpinned []unpinned
	// nested says that the file is in an archive within the archive: no
	// further one is opened.
	nested bool
}

// report adds a finding with the line as its evidence.
func (f *file) report(id string, line int, message string) {
	f.in.found.add(Finding{ID: id, File: f.path, Line: line, Quote: f.lines.at(line), Message: message})
}

// evidence adds a finding of a file without lines.
func (f *file) evidence(id, quote, message string) {
	f.in.found.add(Finding{ID: id, File: f.path, Quote: quote, Message: message})
}

// text reads a text, or says that it is too long for one.
func (f *file) text() ([]byte, bool) {
	limit := f.in.limits.MaxTextBytes
	data, err := io.ReadAll(io.LimitReader(f.content, limit+1))
	if err != nil {
		return nil, false
	}
	if int64(len(data)) > limit {
		f.evidence("NotInspected", "", fmt.Sprintf("it is longer than %d bytes, up to which texts are looked into", limit))
		data = data[:limit]
	}
	f.lines = linesOf(data)
	return data, true
}

// look decides by the name and the first bytes what a file is.
func (f *file) look() {
	base := strings.ToLower(path.Base(f.path))
	f.byName(base)
	if look := textOf(f.path, base); look != nil {
		if data, ok := f.text(); ok {
			look(f, data)
			f.reportUnpinned()
		}
		return
	}
	if settingsFile(base, f.sizeBytes) {
		f.jsonSettings()
	}
	head, err := f.content.Peek(512)
	if len(head) == 0 || err != nil && !errors.Is(err, io.EOF) {
		return
	}
	if strings.HasPrefix(string(head), "#!") {
		f.script(string(head))
		return
	}
	f.binary(base, head)
}

// script looks through a file that names its interpreter.
func (f *file) script(head string) {
	first, _, _ := strings.Cut(head, "\n")
	data, ok := f.text()
	switch {
	case !ok:
	case strings.Contains(first, "python"):
		f.python(data)
	case strings.Contains(first, "sh"):
		f.shell(data)
	}
}

// textOf returns how a text of that name is looked through, nil for others.
func textOf(name, base string) func(*file, []byte) {
	extension := path.Ext(base)
	switch {
	case base == "setup.py":
		return (*file).setup
	case extension == ".py" || extension == ".pyw":
		return (*file).pythonFile
	case extension == ".sh" || extension == ".bash":
		return (*file).shell
	case extension == ".txt" && (strings.HasPrefix(base, "requirements") || strings.HasPrefix(base, "constraints") ||
		strings.Contains(strings.ToLower(name), "requirements/")):
		return (*file).requirements
	case base == "setup.cfg" || base == "pyproject.toml" || base == "pipfile":
		return (*file).project
	case (extension == ".yml" || extension == ".yaml") && (strings.HasPrefix(base, "environment") || strings.HasPrefix(base, "conda")):
		return (*file).conda
	case base == "serving.properties" || base == "config.properties":
		return (*file).properties
	case base == "model-config.cfg" || base == "models.config" || base == "batching-config.cfg" || base == "batching.config" || base == "batching_parameters.txt":
		return (*file).tensorflowServing
	case base == "config.pbtxt":
		return (*file).triton
	case base == "manifest.json" && strings.Contains(name, "MAR-INF/"):
		return (*file).modelArchive
	case base == "dockerfile" || strings.HasPrefix(base, "dockerfile."):
		return (*file).dockerfile
	}
	switch extension {
	case ".cfg", ".ini", ".conf", ".toml", ".yaml", ".yml", ".env", ".properties", ".pbtxt":
		return (*file).plainText
	}
	return nil
}

// maxSettingsBytes is the length up to which JSON is taken for settings; beyond
// it holds a model or a vocabulary.
const maxSettingsBytes = 64 << 10

// settingsFile says that a file of that name and length holds settings. The
// vocabularies of tokenizers are JSON too.
func settingsFile(base string, sizeBytes int64) bool {
	return path.Ext(base) == ".json" && sizeBytes <= maxSettingsBytes &&
		!strings.Contains(base, "vocab") && !strings.Contains(base, "token") && base != "model.json"
}

// jsonSettings looks through settings in JSON, and leaves the content to be
// read again.
func (f *file) jsonSettings() {
	data, err := io.ReadAll(io.LimitReader(f.content, maxSettingsBytes))
	if err == nil {
		f.lines = linesOf(data)
		f.plainText(data)
	}
	f.content = bufio.NewReaderSize(bytes.NewReader(data), peekBytes)
}

// IsCode says that a file of that name is code or tells what code needs, so
// that it belongs into a bundle beside the model.
func IsCode(name string) bool {
	base := strings.ToLower(path.Base(name))
	return textOf(name, base) != nil || strings.HasPrefix(name, "code/") && !strings.HasSuffix(base, ".pyc")
}

// plainText looks for constants in a text of no special form.
func (f *file) plainText(data []byte) {
	for i, line := range f.lines {
		if trimmed := strings.TrimSpace(line); trimmed != "" && !strings.HasPrefix(trimmed, "#") && len(data) > 0 {
			f.keyed(line, i+1)
			f.counts(line, i+1)
		}
	}
}
