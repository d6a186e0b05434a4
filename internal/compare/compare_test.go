package compare_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/compare"
)

var tolerance = compare.Tolerance{Relative: 1e-5, Absolute: 1e-8}

func answer(contentType, body string) compare.Answer {
	return compare.Answer{Status: 200, ContentType: contentType, Body: []byte(body)}
}

func different(kind, path string) compare.Result {
	return compare.Result{Verdict: compare.Different, Kind: kind, Path: path}
}

func number(path string, relative float64) compare.Result {
	return compare.Result{Verdict: compare.Different, Kind: compare.KindNumber, Path: path, RelativeError: relative}
}

var (
	equal       = compare.Result{Verdict: compare.Equal}
	undecodable = compare.Result{Verdict: compare.Opaque, Kind: compare.KindUndecodable}
	unknownType = compare.Result{Verdict: compare.Opaque, Kind: compare.KindUnknownType}
)

// approximately leaves room for rounding in the size of an error.
var approximately = cmp.Comparer(func(a, b float64) bool { return a == b || math.Abs(a-b) < 1e-9 })

func TestCompareBodies(t *testing.T) {
	deep := strings.Repeat("[", 600) + strings.Repeat("]", 600)
	cases := map[string]struct {
		contentType, reference, candidate string
		want                              compare.Result
	}{
		"int and float":            {"application/json", `[1]`, `[1.0]`, equal},
		"exponent":                 {"application/json", `[100]`, `[1e2]`, equal},
		"blanks":                   {"application/json", `{"a":[1,2]}`, " {\n\"a\" : [ 1 ,\t2 ] }\r\n", equal},
		"byte order mark":          {"application/json", `{"a": 1}`, "\xef\xbb\xbf{\"a\":1}", equal},
		"order of names":           {"application/json", `{"a":1,"b":{"c":2,"d":3}}`, `{"b":{"d":3,"c":2},"a":1}`, equal},
		"order within order":       {"application/json", `{"x":0,"a":{"p":1,"q":2},"b":[{"r":1,"s":2}]}`, `{"x":0,"b":[{"s":2,"r":1}],"a":{"q":2,"p":1}}`, equal},
		"escapes":                  {"application/json", `{"\u0061":"\u00e9\/"}`, `{"a":"é/"}`, equal},
		"escaped names out order":  {"application/json", `{"\u0061":1,"b":2}`, `{"b":2,"a":1}`, equal},
		"within tolerance":         {"application/json", `[0.123456789]`, `[0.123456781]`, equal},
		"tiny":                     {"application/json", `[1e-12]`, `[-1e-12]`, equal},
		"NaN and Infinity":         {"application/json", `[NaN, -Infinity, 1.0]`, `[NaN,-Infinity,1]`, equal},
		"beyond a float":           {"application/json", `[1e400, 2]`, `[1e999, 2.0]`, equal},
		"content type's case":      {"Application/JSON; charset=utf-8", `[1]`, `[1.0]`, equal},
		"suffix":                   {"application/vnd.seldon+json", `[1]`, `[1.0]`, equal},
		"empty objects":            {"application/json", `[{},[]]`, `[{ },[ ]]`, equal},
		"number":                   {"application/json", `{"predictions":[{"score":0.5}]}`, `{"predictions":[{"score":0.25}]}`, number("predictions[0].score", 0.5)},
		"worst number":             {"application/json", `[1,1,1]`, `[1.1,2,1.2]`, number("[1]", 0.5)},
		"opposite signs":           {"application/json", `[1]`, `[-1]`, number("[0]", 2)},
		"NaN and a number":         {"application/json", `[NaN]`, `[1]`, number("[0]", 2)},
		"infinities":               {"application/json", `[Infinity]`, `[-Infinity]`, number("[0]", 2)},
		"label":                    {"application/json", `{"predictions":[{"label":"a"}]}`, `{"predictions":[{"label":"b"}]}`, different(compare.KindText, "predictions[0].label")},
		"bool":                     {"application/json", `[true]`, `[false]`, different(compare.KindText, "[0]")},
		"null":                     {"application/json", `[null]`, `[0]`, different(compare.KindShape, "[0]")},
		"number and text":          {"application/json", `["1"]`, `[1]`, different(compare.KindShape, "[0]")},
		"shape before numbers":     {"application/json", `[1,[2,3]]`, `[5,[2,3,4]]`, different(compare.KindShape, "[1]")},
		"shorter":                  {"application/json", `[1,2]`, `[1]`, different(compare.KindShape, "")},
		"missing":                  {"application/json", `{"a":1,"b":2}`, `{"a":1}`, different(compare.KindMissing, "b")},
		"extra":                    {"application/json", `{"a":1}`, `{"a":1,"b":2}`, different(compare.KindExtra, "b")},
		"missing out of order":     {"application/json", `{"c":1,"a":1,"b":2}`, `{"b":2,"c":1}`, different(compare.KindMissing, "a")},
		"extra out of order":       {"application/json", `{"b":2,"c":1}`, `{"c":1,"a":1,"b":2}`, different(compare.KindExtra, "a")},
		"missing at the end":       {"application/json", `{"a":1,"b":2,"c":3}`, `{"b":2,"a":1}`, different(compare.KindMissing, "c")},
		"one name for another":     {"application/json", `{"a":1}`, `{"b":1}`, different(compare.KindMissing, "a")},
		"name twice":               {"application/json", `{"a":1,"b":0,"a":2}`, `{"a":1,"a":3,"b":0}`, number("a", 1.0/3)},
		"quoted name":              {"application/json", `{"a b":{"":1}}`, `{"a b":{"":2}}`, number(`["a b"][""]`, 0.5)},
		"all of it":                {"application/json", `1`, `2`, number("", 0.5)},
		"both broken":              {"application/json", `{"a":`, `{"a"`, undecodable},
		"reference broken":         {"application/json", `{"a":`, `{"a":1}`, undecodable},
		"candidate broken":         {"application/json", `{"a":1}`, `<html>`, different(compare.KindShape, "")},
		"candidate empty":          {"application/json", `{"a":1}`, ``, different(compare.KindShape, "")},
		"something behind":         {"application/json", `[1]`, `[1] [2]`, different(compare.KindShape, "")},
		"too deep":                 {"application/json", deep, deep + " ", undecodable},
		"leading zero":             {"application/json", `[01]`, `[1]`, undecodable},
		"comma at the end":         {"application/json", `[1,]`, `[1]`, undecodable},
		"control character":        {"application/json", "[\"a\nb\"]", `["a"]`, undecodable},
		"half an escape":           {"application/json", `["\u00g0"]`, `["a"]`, undecodable},
		"lines":                    {"application/jsonlines", "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1.0}\n\n{\"a\":2}", equal},
		"lines differ":             {"application/x-ndjson", "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n{\"a\":4}\n", number("[1].a", 0.5)},
		"lines differ in shape":    {"application/x-jsonlines", "[1]\n[2]", "[1]\n[2,3]", different(compare.KindShape, "[1]")},
		"fewer lines":              {"application/jsonlines", "1\n2\n", "1\n", different(compare.KindShape, "[1]")},
		"broken line":              {"application/jsonlines", "1\n2\n", "1\n{\n", different(compare.KindShape, "")},
		"broken reference's line":  {"application/jsonlines", "1\n{\n", "1\n2\n", undecodable},
		"rows":                     {"text/csv", "0.5,a\r\n1,b\r\n", "0.500,a\n1.0,b", equal},
		"quoted rows":              {"text/csv; charset=utf-8", "\"a,\"\"b\"\"\",1\n", "\"a,\"\"b\"\"\",1.0\n", equal},
		"quoted and not":           {"text/csv", "\"a\",1\n", "a,1\n", equal},
		"line end in a field":      {"text/csv", "\"a\nb\",1\n", "\"a\nb\",2\n", number("[0][1]", 0.5)},
		"row differs":              {"text/csv", "1,2\n3,4\n", "1,2\n3,5\n", number("[1][1]", 0.2)},
		"label differs":            {"text/csv", "a,1\nb,2\n", "a,1\nc,2\n", different(compare.KindText, "[1][0]")},
		"number and word":          {"text/csv", "1\n", "one\n", different(compare.KindText, "[0][0]")},
		"more fields":              {"text/csv", "1,2\n", "1,2,3\n", different(compare.KindShape, "[0]")},
		"empty field":              {"text/csv", "1,\n", "1\n", different(compare.KindShape, "[0]")},
		"more rows":                {"text/csv", "1\n", "1\n2\n", different(compare.KindShape, "[1]")},
		"hexadecimal is text":      {"text/csv", "0x10\n", "16\n", different(compare.KindText, "[0][0]")},
		"not a number":             {"text/csv", "nan,inf\n", "NaN,+Inf\n", equal},
		"stray quote":              {"text/csv", "a\"b,1\n", "ab,1\n", undecodable},
		"candidate's stray quote":  {"text/csv", "ab,1\n", "a\"b,1\n", different(compare.KindShape, "")},
		"words":                    {"text/plain", "the answer is 42\n", "the  answer\tis 42.0", equal},
		"printed list":             {"text/plain", "[0.1, 0.2]", "[0.1,0.2000000001]", equal},
		"word differs":             {"text/plain", "yes it is", "no it is", different(compare.KindText, "[0]")},
		"number in text differs":   {"text/html", "<p>2</p>", "<p>1</p>", number("[3]", 0.5)},
		"more words":               {"text/plain", "a b", "a b c", different(compare.KindShape, "[2]")},
		"shape before words":       {"text/plain", "a b", "b b c", different(compare.KindShape, "[2]")},
		"not UTF-8":                {"text/plain", "a\xff", "a", undecodable},
		"a date is no number":      {"text/plain", "2026-01-02", "2026-01-03", different(compare.KindText, "[0]")},
		"unknown type, other":      {"application/x-npy", "abc", "abd", unknownType},
		"unknown type, same bytes": {"application/x-npy", "abc", "abc", equal},
		"no type":                  {"", "1", "1.0", unknownType},
		"undecodable, same bytes":  {"application/json", "{", "{", equal},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := compare.New(tolerance).Compare(answer(c.contentType, c.reference), answer(c.contentType, c.candidate))
			if diff := cmp.Diff(c.want, got, approximately); diff != "" {
				t.Errorf("Compare(%q, %q) (-want +got):\n%s", c.reference, c.candidate, diff)
			}
		})
	}
}

func TestCompareAnswers(t *testing.T) {
	cases := map[string]struct {
		reference, candidate compare.Answer
		want                 compare.Result
	}{
		"status": {
			compare.Answer{Status: 200, ContentType: "application/json", Body: []byte("1")},
			compare.Answer{Status: 400, ContentType: "application/json", Body: []byte("1")},
			different(compare.KindStatus, ""),
		},
		"refused alike": {
			compare.Answer{Status: 415, ContentType: "text/html", Body: []byte("unsupported")},
			compare.Answer{Status: 415, ContentType: "application/json", Body: []byte(`{"error":"type"}`)},
			equal,
		},
		"content type":        {answer("application/json", "1"), answer("text/plain", "1"), different(compare.KindContentType, "")},
		"parameters":          {answer("text/csv; charset=utf-8", "1\n"), answer("text/csv", "1\n"), equal},
		"unknown, parameters": {answer("image/png; x=1", "a"), answer("IMAGE/PNG", "b"), unknownType},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, compare.New(tolerance).Compare(c.reference, c.candidate)); diff != "" {
				t.Errorf("Compare (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPathIsBounded(t *testing.T) {
	long := strings.Repeat("é", 500)
	got := compare.New(tolerance).Compare(answer("application/json", `{"`+long+`":1}`), answer("application/json", `{"`+long+`":2}`))
	if len(got.Path) > compare.MaxPathLength || !strings.HasSuffix(got.Path, "...") || strings.ContainsRune(got.Path, '\uFFFD') {
		t.Errorf("path has %d bytes: %q; want at most %d, whole characters and a mark", len(got.Path), got.Path, compare.MaxPathLength)
	}
}

func TestParseTolerance(t *testing.T) {
	got, err := compare.ParseTolerance("0.00001", "0.00000001")
	if diff := cmp.Diff(tolerance, got); err != nil || diff != "" {
		t.Errorf("ParseTolerance: %v\n%s", err, diff)
	}
	if got, err := compare.ParseTolerance("", ""); err != nil || got != (compare.Tolerance{}) {
		t.Errorf("ParseTolerance of nothing = %v, %v; want none", got, err)
	}
	for _, text := range []string{"-1", "x", "NaN", "Inf", "1e999"} {
		if _, err := compare.ParseTolerance(text, ""); err == nil || !strings.Contains(err.Error(), "relativeTolerance") {
			t.Errorf("ParseTolerance(%q): error is %v, want one that names the field", text, err)
		}
		if _, err := compare.ParseTolerance("", text); err == nil || !strings.Contains(err.Error(), "absoluteTolerance") {
			t.Errorf("ParseTolerance(_, %q): error is %v, want one that names the field", text, err)
		}
	}
}

// A tolerance that makes no sense must not make everything equal.
func TestSenselessToleranceIsNone(t *testing.T) {
	for _, tolerance := range []compare.Tolerance{{Relative: math.NaN(), Absolute: math.NaN()}, {Relative: -1, Absolute: -1}} {
		got := compare.New(tolerance).Compare(answer("application/json", "1"), answer("application/json", "1.001"))
		if got.Verdict != compare.Different {
			t.Errorf("with tolerance %v: %v, want Different", tolerance, got.Verdict)
		}
	}
}
