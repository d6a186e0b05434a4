package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"landfall.dev/landfall/internal/inventory"
)

// Finding is something in a model's files that has to be known before they are
// served elsewhere.
type Finding struct {
	// Severity says whether the files can be served regardless.
	Severity Severity `json:"severity"`
	// ID names the kind of finding; Kinds explains each.
	ID string `json:"id"`
	// File is the path in the archive. A file of a nested archive follows it
	// after "!".
	File string `json:"file"`
	// Line in the file, from 1; zero for files without lines.
	Line int `json:"line,omitempty"`
	// Quote is the evidence: the line, or the name that shows it. Secrets are
	// masked, and what cannot be printed is escaped.
	Quote string `json:"quote,omitempty"`
	// Message says what was found.
	Message string `json:"message"`
	// Do says what to do about it.
	Do string `json:"do"`
}

// Severity of a finding.
type Severity string

// The severities.
const (
	// SeverityError means that serving these files cannot work, or is not safe.
	SeverityError Severity = "Error"
	// SeverityWarning may break something and has to be looked at.
	SeverityWarning Severity = "Warning"
	// SeverityInfo is good to know.
	SeverityInfo Severity = "Info"
)

var severities = []Severity{SeverityError, SeverityWarning, SeverityInfo}

// Bounds of what is reported. What goes beyond is counted and said.
const (
	maxPerKindAndFile = 20
	maxFindings       = 2000
	maxQuoteRunes     = 160
)

// findings collects them, without repeating one.
type findings struct {
	all []Finding
	// seen are as they were found, before secrets were masked.
	seen map[Finding]bool
	// called are the places of calls of hosts, of which the address tells no more.
	called map[place]bool
	// counts are by kind and file.
	counts map[[2]string]int
}

func (f *findings) add(found Finding) {
	if f.seen == nil {
		f.seen, f.counts, f.called = map[Finding]bool{}, map[[2]string]int{}, map[place]bool{}
	}
	at := place{file: found.File, line: found.Line}
	if found.ID == "HostNamed" && f.called[at] {
		return
	}
	f.called[at] = f.called[at] || found.ID == "HostCalled"
	kind := kindsByID[found.ID]
	found.Severity, found.Do, found.File = kind.Severity, kind.Do, plain(found.File)
	// Told apart before the work of masking: a file can hold a hundred thousand.
	raw := found
	if raw.Line > 0 {
		raw.Quote = "" // the line says the same, and would be kept in memory
	}
	if f.seen[raw] {
		return
	}
	key := [2]string{found.ID, found.File}
	if f.counts[key]++; f.counts[key] > maxPerKindAndFile || len(f.all) >= maxFindings {
		return
	}
	f.seen[raw] = true
	found.Quote, found.Message = quoted(found.Quote), plain(masked(shortened(found.Message)))
	f.all = append(f.all, found)
}

// sorted returns the findings by severity, kind and place.
func (f *findings) sorted() []Finding {
	out := slices.Clone(f.all)
	slices.SortStableFunc(out, Compare)
	for i := range out {
		more := f.counts[[2]string{out[i].ID, out[i].File}] - maxPerKindAndFile
		last := i+1 == len(out) || out[i+1].ID != out[i].ID || out[i+1].File != out[i].File
		if more > 0 && last {
			out[i].Message += fmt.Sprintf(" (and %d more of this kind in the file)", more)
		}
	}
	return out
}

// Compare orders findings by severity, kind, file and line.
func Compare(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)),
		strings.Compare(a.ID, b.ID), strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
		strings.Compare(a.Message, b.Message),
	)
}

func masked(text string) string {
	text, _ = inventory.MaskText(maskGiven(text))
	return text
}

// quoted makes evidence of a line: trimmed, masked, printable and short.
func quoted(line string) string {
	// Masked before it is shortened: half a key is no longer seen as one.
	text := []rune(plain(masked(strings.TrimSpace(line))))
	if len(text) > maxQuoteRunes {
		return string(text[:maxQuoteRunes-1]) + "…"
	}
	return string(text)
}

// plain replaces what a terminal would obey.
func plain(text string) string {
	clean := true
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			clean = false
			break
		}
	}
	if clean {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return '�'
		}
		return r
	}, text)
}

// lines gives the lines of a text for quoting.
type lines []string

func linesOf(text []byte) lines { return strings.Split(string(text), "\n") }

// at returns a line by its number, from 1, as far as it is looked at.
func (l lines) at(number int) string {
	if number < 1 || number > len(l) {
		return ""
	}
	return shortened(l[number-1])
}

// maxEvidenceBytes bounds the text that is masked for a quote. It is far more
// than a quote shows, so that no secret is cut where one would be shown.
const maxEvidenceBytes = 8 << 10

func shortened(text string) string {
	if len(text) > maxEvidenceBytes {
		return text[:maxEvidenceBytes]
	}
	return text
}
