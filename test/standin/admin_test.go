package standin_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

func admin(t *testing.T, method, address, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestAdminKnobs(t *testing.T) {
	account := start(t, head, standin.Options{})
	knobs := account.AdminURL + "/_standin/knobs"
	if status, text := admin(t, "PUT", knobs, `{"operations": {"sagemaker:ListModels": {"deny": true}}, "endpoints": {"e": {"v": {"errorRate": 0.5}}}}`); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	if status, text := admin(t, "PATCH", knobs, `{"operations": {"sagemaker:ListModels": null}, "endpoints": {"e": {"v": {"extraLatencyMillis": 250}}}}`); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	want := standin.Knobs{Endpoints: map[string]map[string]standin.VariantKnobs{"e": {"v": {ErrorRate: 0.5, ExtraLatencyMillis: 250}}}}
	var got standin.Knobs
	_, text := admin(t, "GET", knobs, "")
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after PUT and PATCH (-want +got):\n%s", diff)
	}
	for name, tc := range map[string]struct{ method, body, want string }{
		"NotJSON":     {"PUT", "{", "not knobs"},
		"Unknown":     {"PUT", `{"operation": {}}`, `unknown field \"operation\"`},
		"OutOfRange":  {"PUT", `{"endpoints": {"e": {"v": {"errorRate": 1.5}}}}`, "knobs.endpoints.e.v.errorRate"},
		"ErrorType":   {"PATCH", `{"endpoints": {"e": {"v": {"errorType": "Oops"}}}}`, "errorType"},
		"PatchSyntax": {"PATCH", `[`, "merge patch"},
	} {
		t.Run(name, func(t *testing.T) {
			if status, text := admin(t, tc.method, knobs, tc.body); status != 400 || !strings.Contains(text, tc.want) {
				t.Errorf("%d %s, want 400 with %s", status, text, tc.want)
			}
		})
	}
	if diff := cmp.Diff(want, account.Server.Knobs(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("a refused change must change nothing:\n%s", diff)
	}
}

func TestAdminRequests(t *testing.T) {
	account := start(t, head, standin.Options{})
	resp, err := http.Get(account.URL + "/bucket/key")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	status, text := admin(t, "GET", account.AdminURL+"/_standin/requests", "")
	if status != 200 || text != `{"operations":{"s3:GET":{"calls":1,"rejected":1}},"invocations":{}}` {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := admin(t, "DELETE", account.AdminURL+"/_standin/requests", ""); status != 204 {
		t.Errorf("reset gave %d", status)
	}
	if _, text := admin(t, "GET", account.AdminURL+"/_standin/requests", ""); text != `{"operations":{},"invocations":{}}` {
		t.Errorf("after a reset: %s", text)
	}
	if status, text := admin(t, "GET", account.AdminURL+"/healthz", ""); status != 200 || text != "ok\n" {
		t.Errorf("%d %q", status, text)
	}
}

func TestServeAndStop(t *testing.T) {
	server, err := standin.New(standintest.Parse(t, head, nil), standin.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	on, err := standin.Listen(ctx, "127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, on) }()
	if status, _ := admin(t, "GET", "http://"+on.Admin.Addr().String()+"/healthz", ""); status != 200 {
		t.Errorf("health gave %d", status)
	}
	if status, _ := admin(t, "GET", "http://"+on.API.Addr().String()+"/", ""); status != 403 {
		t.Errorf("an unsigned call gave %d", status)
	}
	if _, err := standin.Listen(ctx, on.API.Addr().String(), "127.0.0.1:0"); err == nil {
		t.Error("a taken address was taken again")
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("a stop is no error: %v", err)
	}
	if _, err := on.API.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is still open: %v", err)
	}
}
