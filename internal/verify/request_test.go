package verify

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/compare"
)

const captureLine = `{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"MSwy","encoding":"BASE64"},` +
	`"endpointOutput":{"observedContentType":"application/json; charset=utf-8","mode":"OUTPUT","data":"{\"p\":1}","encoding":"JSON"}},` +
	`"eventMetadata":{"eventId":"e","customAttributes":["a=b"],"inferenceTime":"2026-11-21T08:00:00Z"},"eventVersion":"0"}`

func TestReadRequests(t *testing.T) {
	captured := Request{
		ContentType: "text/csv", Accept: "application/json", CustomAttributes: "a=b", Body: []byte("1,2"),
		Expected: &compare.Answer{Status: 200, ContentType: "application/json; charset=utf-8", Body: []byte(`{"p":1}`)},
	}
	for name, c := range map[string]struct {
		text string
		want []Request
	}{
		"data capture": {captureLine, []Request{captured}},
		"input alone": {
			`{"captureData":{"endpointInput":{"observedContentType":"text/csv","data":"1,2","encoding":"CSV"}}}`,
			[]Request{{ContentType: "text/csv", Body: []byte("1,2")}},
		},
		"by hand": {
			"\n" + `{"contentType":"text/csv","accept":"text/csv","body":"1,2","expected":{"contentType":"text/csv","body":"0.5"}}` + "\n\n" +
				`{"bodyBase64":"AP8="}` + "\n" + `{"body":"","expected":{"status":400,"bodyBase64":""}}`,
			[]Request{
				{ContentType: "text/csv", Accept: "text/csv", Body: []byte("1,2"), Expected: &compare.Answer{Status: 200, ContentType: "text/csv", Body: []byte("0.5")}},
				{Body: []byte{0, 255}},
				{Body: []byte{}, Expected: &compare.Answer{Status: 400, Body: []byte{}}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, more, err := ReadRequests(strings.NewReader(c.text))
			if err != nil || more {
				t.Fatalf("more %t, error %v", more, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadRequestsRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":         {"\n\n", "it holds no request"},
		"no JSON":         {"secret,1,2", "line 1: it is no JSON object"},
		"another field":   {`{"body":"secret","nap":1}`, `unknown field "nap"`},
		"no body":         {`{"contentType":"text/csv"}`, "both missing"},
		"two bodies":      {`{"body":"a","bodyBase64":"YQ=="}`, "both body and bodyBase64"},
		"no base64":       {`{"bodyBase64":"secret!"}`, "no base64"},
		"a number":        {`{"body":12}`, `the field "body" is a JSON number`},
		"no status":       {`{"body":"a","expected":{"status":9,"body":""}}`, "expected.status is 9"},
		"another coding":  {`{"captureData":{"endpointInput":{"data":"secret","encoding":"ROT13"}}}`, `"ROT13"`},
		"output alone":    {`{"captureData":{}}`, "endpointInput is missing"},
		"the second line": {`{"body":"a"}` + "\n{", "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := ReadRequests(strings.NewReader(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v; want %q", err, c.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error quotes the request: %v", err)
			}
		})
	}
}

func TestTooManyRequestsAreLeft(t *testing.T) {
	requests, more, err := ReadRequests(strings.NewReader(strings.Repeat(`{"body":"a"}`+"\n", MaxRequests+1)))
	if err != nil || !more || len(requests) != MaxRequests {
		t.Errorf("%d requests, more %t, error %v", len(requests), more, err)
	}
}

// What is read can be written and read again: the probe gets the same requests.
func FuzzReadRequests(f *testing.F) {
	f.Add([]byte(captureLine))
	f.Add([]byte(`{"contentType":"a","accept":"b","customAttributes":"c","body":"d","expected":{"status":400,"contentType":"e","body":"f"}}`))
	f.Add([]byte(`{"bodyBase64":"AP8="}` + "\n{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		requests, _, err := ReadRequests(bytes.NewReader(data))
		if err != nil {
			return
		}
		var text bytes.Buffer
		if err := WriteRequests(&text, requests); err != nil {
			t.Fatal(err)
		}
		again, _, err := ReadRequests(&text)
		if err != nil {
			t.Fatalf("what was accepted is refused when written again: %v", err)
		}
		if diff := cmp.Diff(requests, again); diff != "" {
			t.Errorf("read again (-first +second):\n%s", diff)
		}
	})
}
