package document

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// ErrEmpty is the error of a file without content.
var ErrEmpty = errors.New("it is empty")

// KindError tells that a file is something else than was asked for.
type KindError struct{ Got, Want Header }

// Error says what the file is.
func (e *KindError) Error() string {
	switch {
	case e.Got.APIVersion == "" || e.Got.Kind == "":
		return fmt.Sprintf("it does not say what it is: every %s has apiVersion %s and kind %s", e.Want.Kind, e.Want.APIVersion, e.Want.Kind)
	case e.OtherVersion():
		return fmt.Sprintf("it is %s of version %s, and this program reads %s", article(e.Want.Kind), e.Got.version(), e.Want.version())
	}
	return fmt.Sprintf("it is %s (%s), not %s", article(e.Got.Kind), e.Got.APIVersion, article(e.Want.Kind))
}

// OtherVersion says that the file is of the right kind, in a form that this
// program does not know.
func (e *KindError) OtherVersion() bool {
	return e.Got.Kind == e.Want.Kind && e.Got.group() == e.Want.group() && e.Got.APIVersion != e.Want.APIVersion
}

func (h Header) group() string {
	group, _, _ := strings.Cut(h.APIVersion, "/")
	return group
}

func (h Header) version() string {
	_, version, _ := strings.Cut(h.APIVersion, "/")
	return version
}

func article(noun string) string {
	if strings.ContainsRune("AEIOU", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// Decode reads YAML or JSON into a pointer. It refuses what is empty, files of
// another apiVersion or kind, and whatever DecodeStrict does.
func Decode(data []byte, want Header, into any) error {
	if !begins(data, want) {
		got, err := headerOf(data)
		if err != nil {
			return err
		}
		if got != want {
			return &KindError{Got: got, Want: want}
		}
	}
	return DecodeStrict(data, into)
}

// DecodeStrict reads YAML or JSON of any kind into a pointer. It refuses a
// second document, unknown fields and doubled fields, and names the line, the
// field, and the name that was probably meant. A number is taken for a text.
func DecodeStrict(data []byte, into any) error {
	if at := secondDocument(data); at > 0 {
		return fmt.Errorf("line %d: a second document begins here; want one a file", at)
	}
	err := yaml.UnmarshalStrict(data, into)
	if err == nil {
		return nil
	}
	// The reader takes a number for a text, but not in embedded structs.
	text := data
	if quoted := quoteTexts(data, reflect.TypeOf(into).Elem()); quoted != nil {
		text = quoted
		reflect.ValueOf(into).Elem().SetZero()
		if err = yaml.UnmarshalStrict(text, into); err == nil {
			return nil
		}
	}
	return explain(data, text, into, err)
}

// begins says that a document begins with its header as Encode writes it, so
// that large ones need not be read twice.
func begins(data []byte, want Header) bool {
	return bytes.HasPrefix(data, []byte("apiVersion: "+want.APIVersion+"\nkind: "+want.Kind+"\n"))
}

// ourForm is a header as Encode writes it. A file that was cut off still says so
// what it is.
var ourForm = regexp.MustCompile(`\A(?:---\r?\n)?apiVersion: *([a-z0-9./]+)\r?\nkind: *([A-Za-z]+)\r?\n`)

func headerOf(data []byte) (Header, error) {
	if found := ourForm.FindSubmatch(data); found != nil {
		return Header{APIVersion: string(found[1]), Kind: string(found[2])}, nil
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return Header{}, errors.New("it is not text")
	}
	var content any
	if err := yaml.Unmarshal(data, &content); err != nil {
		return Header{}, fmt.Errorf("it is not YAML: %w", plain(err))
	}
	switch fields := content.(type) {
	case nil:
		return Header{}, ErrEmpty
	case map[string]any:
		var h Header
		h.APIVersion, _ = fields["apiVersion"].(string)
		h.Kind, _ = fields["kind"].(string)
		return h, nil
	}
	return Header{}, errors.New("it is no YAML document with fields")
}

// secondDocument returns the line at which a second document begins, 0 when there
// is none. Within a text, a line that begins with three dashes is indented.
func secondDocument(data []byte) int {
	const separator = "\n---"
	for from := 0; ; {
		at := bytes.Index(data[from:], []byte(separator))
		if at < 0 {
			return 0
		}
		at += from
		from = at + len(separator)
		ends := from == len(data) || strings.IndexByte(" \t\r\n", data[from]) >= 0
		if ends && hasContent(data[:at]) && hasContent(data[from:]) {
			return bytes.Count(data[:at], []byte("\n")) + 2
		}
	}
}

// hasContent says that there is more than comments and separators.
func hasContent(data []byte) bool {
	for line := range bytes.Lines(data) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) && !bytes.Equal(line, []byte("...")) {
			return true
		}
	}
	return false
}
