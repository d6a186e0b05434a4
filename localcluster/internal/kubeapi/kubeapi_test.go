package kubeapi

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseNodes(t *testing.T) {
	tests := map[string]struct {
		body    string
		want    []Node
		wantErr bool
	}{
		"none": {body: `{"items":[]}`, want: []Node{}},
		"ready": {
			body: `{"items":[{"metadata":{"name":"n1"},"status":{"conditions":[
				{"type":"MemoryPressure","status":"False","message":"fine"},
				{"type":"Ready","status":"True","message":"kubelet is posting ready status","lastHeartbeatTime":"2030-01-01T00:00:00Z"}]}}]}`,
			want: []Node{{Name: "n1", Ready: true, Heartbeat: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}},
		},
		"not ready": {
			body: `{"items":[{"metadata":{"name":"n1"},"status":{"conditions":[{"type":"Ready","status":"False","message":"no network plugin","lastHeartbeatTime":null}]}}]}`,
			want: []Node{{Name: "n1", Reason: "no network plugin"}},
		},
		"just registered": {
			body: `{"items":[{"metadata":{"name":"n1"},"status":{}}]}`,
			want: []Node{{Name: "n1", Reason: "the kubelet has not reported yet"}},
		},
		"not JSON": {body: `<html>`, wantErr: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseNodes([]byte(tt.body))
			if (err != nil) != tt.wantErr {
				t.Fatalf("error %v, want one: %t", err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParseNodes(f *testing.F) {
	f.Add([]byte(`{"items":[{"metadata":{"name":"n1"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}]}`))
	f.Add([]byte(`{"items":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		nodes, err := ParseNodes(body)
		if err != nil && nodes != nil {
			t.Errorf("both nodes %v and the error %v", nodes, err)
		}
		for _, node := range nodes {
			if node.Ready && node.Reason != "" {
				t.Errorf("a ready node gives the reason %q for not being so", node.Reason)
			}
		}
	})
}

func TestGet(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			http.Error(w, "no", http.StatusForbidden)
		}
	}))
	defer server.Close()
	client := &Client{server: server.URL, http: server.Client()}
	if err := client.Ready(t.Context()); err != nil {
		t.Errorf("Ready: %v", err)
	}
	if err := client.DefaultAccount(t.Context()); err == nil {
		t.Error("DefaultAccount: a refusal counts as yes")
	}
}

func TestNewWithoutCredentials(t *testing.T) {
	if _, err := New("https://127.0.0.1:1", t.TempDir()); err == nil {
		t.Error("New: want an error without certificates")
	}
}
