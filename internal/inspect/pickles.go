package inspect

import (
	"bufio"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inspect/pickle"
)

// picklish says that files of that name are pickles, perhaps compressed.
func picklish(extension string) bool {
	switch extension {
	case ".pkl", ".pickle", ".p", ".joblib", ".jl", ".sav", ".dill", ".cloudpickle", ".pt", ".pth":
		return true
	}
	return false
}

// looksPickled says that the first bytes announce a protocol from 2 to 5. From
// 4 on a frame or a short text follows, before that an opcode that makes
// something.
func looksPickled(head []byte) bool {
	const protocol = 0x80
	if len(head) < 3 || head[0] != protocol || head[1] < 2 || head[1] > 5 {
		return false
	}
	return strings.ContainsRune("\x95\x8c\x8a\x8f(c}]XKMJ)UN", rune(head[2])) || head[2] >= 0x8a && head[2] <= 0x96
}

// maxPickles bounds the pickles of one file: PyTorch's old form has five.
const maxPickles = 16

// pickles reads the pickles that stand one after the other in a file.
func (f *file) pickles(head []byte) {
	content := f.content
	if inflated, limited, err := f.in.inflate(content, head); err != nil {
		f.evidence("NotInspected", "", "its compression is damaged: "+err.Error())
		return
	} else if limited {
		content = inflated
	}
	var all []pickle.Summary
	for len(all) < maxPickles {
		start, err := content.Peek(3)
		if err != nil || len(all) > 0 && !looksPickled(start) {
			break
		}
		summary := pickle.Read(content, pickle.Limits{})
		all = append(all, summary)
		if !summary.Complete {
			break
		}
	}
	for _, summary := range all {
		f.pickled(summary)
	}
}

// inflate opens gzip and zlib, as joblib writes them.
func (x *Inspection) inflate(content *bufio.Reader, head []byte) (*bufio.Reader, bool, error) {
	var opened io.Reader
	var err error
	switch {
	case len(head) > 2 && head[0] == 0x1f && head[1] == 0x8b:
		opened, err = gzip.NewReader(content)
	case len(head) > 2 && head[0] == 0x78 && (int(head[0])<<8|int(head[1]))%31 == 0:
		opened, err = zlib.NewReader(content)
	default:
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("cannot open its compression: %w", err)
	}
	return bufio.NewReaderSize(x.budgeted(opened), peekBytes), true, nil
}

// pickled reports one pickle.
func (f *file) pickled(s pickle.Summary) {
	if len(s.Globals) == 0 && !s.Complete && s.Protocol == 0 {
		f.evidence("NotInspected", "", "it is named like a pickle and is none that is understood")
		return
	}
	dangerous := s.Dangerous()
	if len(dangerous) > 0 {
		f.evidence("PickleDangerous", shortList(dangerous), "loading it imports "+shortList(dangerous))
	}
	if slices.Contains(s.Globals, "?.?") {
		f.evidence("PickleDangerous", "STACK_GLOBAL", "loading it imports by names that it puts together while loading")
	}
	if !s.Complete {
		f.evidence("PicklePartly", "", s.Why)
	}
	var versions []string
	for _, name := range slices.Sorted(maps.Keys(s.Versions)) {
		versions = append(versions, fmt.Sprintf("%s %s", strings.Trim(name, "_"), s.Versions[name]))
	}
	modules := s.Modules()
	if len(modules) == 0 && len(versions) == 0 {
		return
	}
	message := fmt.Sprintf("a pickle of protocol %d; loading it imports %s", s.Protocol, orNone(shortList(modules)))
	if len(versions) > 0 {
		message += "; it was written by " + shortList(versions)
	}
	f.evidence("PickleNeeds", shortList(s.Globals), message)
}

// shortList joins a few names and counts the rest.
func shortList(names []string) string {
	const maxNames = 12
	if len(names) > maxNames {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNames], ", "), len(names)-maxNames)
	}
	return strings.Join(names, ", ")
}
