package churn_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type answer struct {
	Status            int
	ContentType, Body string
}

func (srv *server) post(t *testing.T, contentType, accept, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.url+"/invocations", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) answer {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", req.Method, req.URL.Path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("read the answer: %v", err)
	}
	return answer{resp.StatusCode, resp.Header.Get("Content-Type"), string(body)}
}

// rows returns the first n held-out rows.
func (s sandbox) rows(t *testing.T, n int) []string {
	t.Helper()
	return strings.Split(s.read(t, "output/data/requests.csv"), "\n")[:n]
}

func TestServeContentTypes(t *testing.T) {
	s := trained(t)
	srv := s.serve(t, "SAGEMAKER_MODEL_SERVER_WORKERS=2")
	two := s.rows(t, 2)
	csvAnswer := srv.post(t, "text/csv", "text/csv", two[0]+"\n"+two[1]+"\n")
	lines := strings.Split(csvAnswer.Body, "\n")
	if csvAnswer.Status != 200 || csvAnswer.ContentType != "text/csv" || len(lines) != 3 {
		t.Fatalf("CSV answer %+v; want two lines", csvAnswer)
	}
	label, probability, _ := strings.Cut(lines[0], ",")
	object := `{"label": "` + label + `", "probability": ` + probability + `}`
	label, probability, _ = strings.Cut(lines[1], ",")
	second := `{"label": "` + label + `", "probability": ` + probability + `}`
	one := answer{200, "application/json", `{"predictions": [` + object + `]}`}
	both := answer{200, "application/json", `{"predictions": [` + object + `, ` + second + `]}`}
	cases := map[string]struct {
		contentType, accept, body string
		want                      answer
	}{
		"CSV, JSON by default":       {"text/csv", "", two[0], one},
		"CSV with a charset":         {"text/csv; charset=utf-8", "*/*", two[0] + "\r\n", one},
		"CSV with a byte-order mark": {"text/csv", "", "\ufeff" + two[0], one},
		"instances":                  {"application/json", "", `{"instances": [[` + two[0] + `], [` + two[1] + `]]}`, both},
		"instances with features":    {"application/json", "", `{"instances": [{"features": [` + two[0] + `]}]}`, one},
		"array of rows":              {"application/json", "", `[[` + two[0] + `], [` + two[1] + `]]`, both},
		"one plain row":              {"Application/JSON", "", `[` + two[0] + `]`, one},
		"JSON lines":                 {"application/jsonlines", "", "[" + two[0] + "]\n\n{\"features\": [" + two[1] + "]}", both},
		"JSON lines back":            {"text/csv", "application/jsonlines", two[0], answer{200, "application/jsonlines", object + "\n"}},
		"quality decides":            {"text/csv", "text/csv;q=0.1, application/json", two[0], one},
		"range of a family":          {"text/csv", "text/*", two[0], answer{200, "text/csv", lines[0] + "\n"}},
		"exclusion":                  {"text/csv", "application/json;q=0, */*;q=0.5", two[0], answer{200, "text/csv", lines[0] + "\n"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, srv.post(t, tc.contentType, tc.accept, tc.body)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestServeRefuses(t *testing.T) {
	s := trained(t)
	srv := s.serve(t, "SAGEMAKER_MAX_PAYLOAD_IN_MB=1")
	row := s.rows(t, 1)[0]
	_, tail, _ := strings.Cut(row, ",")
	rest := "," + tail
	cases := map[string]struct {
		contentType, accept, body string
		status                    int
		want                      string
	}{
		"unknown type":         {"text/plain", "", row, 415, "Content-Type is 'text/plain'; known are"},
		"no type":              {"", "", row, 415, "Content-Type is ''"},
		"unknown Accept":       {"text/csv", "image/png", row, 406, "Accept is 'image/png'"},
		"malformed quality":    {"text/csv", "text/csv;q=high", row, 406, "quality 'high'"},
		"empty body":           {"text/csv", "", "", 400, "holds no row"},
		"short row":            {"text/csv", "", row + "\n1,2\n", 400, "row 2 has 2 values; the model takes 30"},
		"text in a column":     {"text/csv", "", "many" + rest, 400, "row 1 column 1: 'many' is not a number"},
		"not a number":         {"text/csv", "", "nan" + rest, 400, "nan is not a finite number"},
		"NaN in JSON":          {"application/json", "", "[[NaN" + rest + "]]", 400, "nan is not a finite number"},
		"truth value":          {"application/json", "", "[[true" + rest + "]]", 400, "True is not a finite number"},
		"huge integer":         {"application/json", "", "[[1" + strings.Repeat("0", 400) + rest + "]]", 400, "is not a finite number"},
		"overlong integer":     {"application/json", "", "[[1" + strings.Repeat("0", 9000) + rest + "]]", 400, "is not JSON"},
		"text number in JSON":  {"application/json", "", `[["1"` + rest + `]]`, 400, "'1' is not a finite number"},
		"broken JSON":          {"application/json", "", "{", 400, "is not JSON"},
		"deep JSON":            {"application/json", "", strings.Repeat("[", 100_000), 400, "is not JSON"},
		"object of other kind": {"application/json", "", `{"rows": []}`, 400, `no \"instances\"`},
		"rows are a string":    {"application/json", "", `{"instances": "x"}`, 400, "they must be an array"},
		"row is a string":      {"application/json", "", `["x"]`, 400, "row 1 is not an array of numbers"},
		"broken JSON line":     {"application/jsonlines", "", "[" + row + "]\n{", 400, "line 2 is not JSON"},
		"not UTF-8":            {"text/csv", "", "\xff\xfe", 400, "is not UTF-8"},
		"NUL":                  {"text/csv", "", "\x00", 400, "row 1"},
		"too large":            {"text/csv", "", strings.Repeat("1,", 600_000), 413, "larger than 1048576 bytes"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := srv.post(t, tc.contentType, tc.accept, tc.body)
			if got.Status != tc.status || !strings.Contains(got.Body, tc.want) || got.ContentType != "application/json" {
				t.Errorf("answer %+v; want %d and a JSON error that says %q", got, tc.status, tc.want)
			}
		})
	}
	t.Run("paths and methods", func(t *testing.T) { checkRoutes(t, srv) })
	if got := srv.post(t, "text/csv", "", row); got.Status != 200 {
		t.Errorf("after the bad requests a good one answers %+v", got)
	}
}

func checkRoutes(t *testing.T, srv *server) {
	cases := map[string]struct {
		method, path, want string
		status             int
	}{
		"other path":     {"GET", "/", "known are /ping", 404},
		"GET invocation": {"GET", "/invocations", "answers POST only", 405},
		"POST ping":      {"POST", "/ping", "answers GET only", 405},
		"batch settings": {"GET", "/execution-parameters", `"MaxPayloadInMB": 1`, 200},
	}
	for name, tc := range cases {
		req, err := http.NewRequestWithContext(t.Context(), tc.method, srv.url+tc.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := do(t, req); got.Status != tc.status || !strings.Contains(got.Body, tc.want) {
			t.Errorf("%s: %+v; want %d and %q", name, got, tc.status, tc.want)
		}
	}
}

func TestServeLargeBatch(t *testing.T) {
	s := trained(t)
	srv := s.serve(t)
	held := s.read(t, "output/data/requests.csv")
	got := srv.post(t, "text/csv", "text/csv", strings.Repeat(held, 3)) // past INLINE_ROWS
	once := srv.post(t, "text/csv", "text/csv", held)
	if got.Status != 200 || got.Body != strings.Repeat(once.Body, 3) {
		t.Error("513 rows in one request are not answered as 171 rows three times")
	}
}

// TestSIGTERMDrains stops a server while it works on a slow request.
func TestSIGTERMDrains(t *testing.T) {
	s := trained(t)
	row := s.rows(t, 1)[0]
	// Seconds in which a busy machine sees the server drain, too.
	srv := s.serve(t, "CHURN_VARIANT=slow", "CHURN_SLOW_MS=5000", "CHURN_DRAIN_SECONDS=4", "SAGEMAKER_MODEL_SERVER_WORKERS=1")
	answered := make(chan error, 1)
	started := time.Now()
	sent := make(chan struct{})
	go func() { answered <- invoke(srv.url, row, func() { close(sent) }) }()
	<-sent
	if err := srv.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// Whether the server reads the request just before the signal or just after,
	// it is answered: it takes longer than the server keeps accepting.
	srv.waitFor(t, http.StatusServiceUnavailable)
	if err := <-answered; err != nil {
		t.Errorf("the request in flight: %v", err)
	}
	select {
	case <-srv.exited:
	case <-time.After(startTimeout):
		t.Fatalf("the server did not exit within %v", startTimeout)
	}
	if srv.err != nil {
		t.Errorf("the server ended with %v after %v: %s", srv.err, time.Since(started), srv.output)
	}
}

// invoke is post for a goroutine other than the test's. It calls sent when the
// request is on its way.
func invoke(url, row string, sent func()) error {
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { sent() },
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/invocations", strings.NewReader(row))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/csv")
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s; want 200", resp.Status)
	}
	return nil
}

func TestServeCannotLoad(t *testing.T) {
	cases := map[string]struct {
		spoil func(*testing.T, sandbox)
		env   []string
		want  string
	}{
		"no model":            {func(t *testing.T, s sandbox) { remove(t, s.ml("model")) }, nil, "metadata.json is missing; unpack model.tar.gz"},
		"half a model":        {func(t *testing.T, s sandbox) { remove(t, s.ml("model/model.joblib")) }, nil, "model.joblib is missing"},
		"damaged model":       {func(t *testing.T, s sandbox) { s.write(t, "model/model.joblib", "junk") }, nil, "cannot be unpickled"},
		"other metadata":      {func(t *testing.T, s sandbox) { s.write(t, "model/metadata.json", `{"a": 1}`) }, nil, "not this program's metadata"},
		"crash variant":       {nil, []string{"CHURN_VARIANT=crash"}, "CHURN_VARIANT=crash asks for this failure"},
		"unknown variant":     {nil, []string{"CHURN_VARIANT=bad"}, "CHURN_VARIANT is 'bad'; known are good, wrong, slow, failing, crash"},
		"port is a word":      {nil, []string{"SAGEMAKER_BIND_TO_PORT=http"}, "SAGEMAKER_BIND_TO_PORT is 'http'"},
		"share over 100":      {nil, []string{"CHURN_FAIL_PERCENT=101"}, "from 0 to 100"},
		"half a worker":       {nil, []string{"SAGEMAKER_MODEL_SERVER_WORKERS=1.5"}, "whole number"},
		"unknown answer type": {nil, []string{"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT=text/html"}, "known are application/json"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := trained(t)
			if tc.spoil != nil {
				tc.spoil(t, s)
			}
			status, out := s.run(t, tc.env, "serve")
			if status != 1 || !strings.Contains(out, tc.want) || strings.Count(out, "\n") != 1 {
				t.Errorf("exit status %d, output %q; want 1 and one line that says %q", status, out, tc.want)
			}
		})
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
}

func labels(t *testing.T, body string) []string {
	t.Helper()
	var got struct {
		Predictions []struct {
			Label       string
			Probability float64
		}
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("answer %q: %v", body, err)
	}
	var all []string
	for _, p := range got.Predictions {
		if p.Probability < 0.5 || p.Probability > 1 {
			t.Errorf("label %s has the probability %v; of two classes the chosen one has at least half", p.Label, p.Probability)
		}
		all = append(all, p.Label)
	}
	return all
}
