package compare

import (
	"bytes"
	"strings"
	"sync"
)

// Verdict is what a comparison says.
type Verdict string

// The verdicts.
const (
	// Equal answers mean the same, within the tolerance.
	Equal Verdict = "Equal"
	// Different answers do not.
	Different Verdict = "Different"
	// Opaque answers could not be compared.
	Opaque Verdict = "Opaque"
)

// Kinds of differences, as in evidence.Example.Kind.
const (
	KindStatus      = "status"
	KindContentType = "content-type"
	// KindShape is another type of value, length of an array, or number of
	// rows or fields; with no path, an answer that cannot be decoded where the
	// reference's can.
	KindShape  = "shape"
	KindNumber = "number"
	KindText   = "text"
	// KindMissing is a field that only the reference has.
	KindMissing = "missing"
	// KindExtra is a field that only the candidate has.
	KindExtra = "extra"

	// KindUnknownType and KindUndecodable say why an answer is Opaque.
	KindUnknownType = "unknown-content-type"
	KindUndecodable = "undecodable"
)

// Answer is what a variant answered.
type Answer struct {
	// Status is the HTTP status of the model container.
	Status int
	// ContentType is its Content-Type header, parameters and all.
	ContentType string
	// Body is the whole body. It is only read.
	Body []byte
}

// Result tells whether two answers mean the same and, if not, where they differ:
// at the first difference in shape, or at the number that is furthest off.
type Result struct {
	Verdict Verdict
	// Path is where they differ, such as `predictions[0].label`. Rows of CSV,
	// lines of JSON Lines and words of text are counted from 0: `[2][1]` is
	// the second field of the third row. Empty is the whole answer. It holds
	// names of fields, cut after MaxPathLength bytes.
	Path string
	// Kind is one of the Kind constants; empty when Equal.
	Kind string
	// RelativeError is the distance of two numbers relative to the larger, at
	// most 2, and 2 where one of them is infinite or no number.
	RelativeError float64
}

// MaxPathLength bounds Result.Path, in bytes.
const MaxPathLength = 200

// Comparer compares answers. It is safe for concurrent use.
type Comparer struct {
	tolerance Tolerance
	walkers   sync.Pool
}

// New returns a Comparer with a tolerance for numbers.
func New(tolerance Tolerance) *Comparer {
	return &Comparer{tolerance: tolerance.sane()}
}

// Compare compares a candidate's answer with the reference's. The same bytes
// under the same status and content type are always Equal. Answers outside 2xx
// hold no prediction: of them, only the statuses are compared.
func (c *Comparer) Compare(reference, candidate Answer) Result {
	if reference.Status != candidate.Status {
		return Result{Verdict: Different, Kind: KindStatus}
	}
	if reference.Status < 200 || reference.Status > 299 {
		return Result{Verdict: Equal}
	}
	if !sameMediaType(reference.ContentType, candidate.ContentType) {
		return Result{Verdict: Different, Kind: KindContentType}
	}
	if bytes.Equal(reference.Body, candidate.Body) {
		return Result{Verdict: Equal}
	}
	compare := formatOf(reference.ContentType)
	if compare == nil {
		return Result{Verdict: Opaque, Kind: KindUnknownType}
	}
	w, ok := c.walkers.Get().(*walker)
	if !ok {
		w = new(walker)
	}
	defer c.walkers.Put(w)
	w.reset(c.tolerance)
	result := compare(w, trimBOM(reference.Body), trimBOM(candidate.Body))
	w.forget()
	return result
}

// format compares two bodies of one content type.
type format func(w *walker, reference, candidate []byte) Result

// formats are the content types that can be decoded, with the aliases in use:
// JSON Lines has no registered type.
var formats = map[string]format{
	"application/json":        compareJSON,
	"text/json":               compareJSON,
	"application/jsonlines":   compareJSONLines,
	"application/x-jsonlines": compareJSONLines,
	"application/jsonl":       compareJSONLines,
	"application/x-ndjson":    compareJSONLines,
	"application/ndjson":      compareJSONLines,
	"text/csv":                compareCSV,
	"application/csv":         compareCSV,
	"text/plain":              compareText,
}

// formatOf returns the format of a content type, or nil.
func formatOf(contentType string) format {
	mediaType := mediaTypeOf(contentType)
	if f, ok := formats[mediaType]; ok {
		return f
	}
	mediaType = strings.ToLower(mediaType)
	switch f, ok := formats[mediaType]; {
	case ok:
		return f
	case strings.HasSuffix(mediaType, "+json"): // RFC 6839
		return compareJSON
	case strings.HasPrefix(mediaType, "text/"):
		return compareText
	}
	return nil
}

// mediaTypeOf cuts the parameters off, as charset=utf-8.
func mediaTypeOf(contentType string) string {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.TrimSpace(mediaType)
}

func sameMediaType(a, b string) bool {
	return a == b || strings.EqualFold(mediaTypeOf(a), mediaTypeOf(b))
}

// trimBOM drops the byte order mark that some writers of text put in front.
func trimBOM(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) }

// undecodable is the result when one of the answers, or both, cannot be decoded.
// A reference that can be is proof that the candidate's answer is broken.
func undecodable(reference, candidate bool) (Result, bool) {
	switch {
	case reference && candidate:
		return Result{}, false
	case reference:
		return Result{Verdict: Different, Kind: KindShape}, true
	default:
		return Result{Verdict: Opaque, Kind: KindUndecodable}, true
	}
}
