package cluster

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/localcluster/internal/kubeapi"
	"landfall.dev/landfall/localcluster/internal/state"
	"landfall.dev/landfall/localcluster/internal/supervise"
)

func TestSupervisors(t *testing.T) {
	proc := t.TempDir()
	line := func(args ...string) string { return strings.Join(args, "\x00") + "\x00" }
	for path, content := range map[string]string{
		"12/cmdline":   line(supervise.Arguments("/state")...),
		"7/cmdline":    line(supervise.Arguments("/state")...),
		"13/cmdline":   line(supervise.Arguments("/state2")...),
		"14/cmdline":   line("localcluster", "node", "--state", "/state", "--number", "1"),
		"15/cmdline":   line("grep", "localcluster supervise --state /state"),
		"16/cmdline":   "",
		"self/cmdline": line(supervise.Arguments("/state")...),
		"17/status":    "no cmdline: it has just ended",
	} {
		if err := state.WriteFile(filepath.Join(proc, path), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := supervisors(proc, "/state")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{7, 12}, got); diff != "" {
		t.Errorf("supervisors (-want +got):\n%s", diff)
	}
}

func TestKill(t *testing.T) {
	command := exec.Command("/bin/sh", "-c", "while :; do sleep 60; done")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	reaped := make(chan error, 1)
	go func() { reaped <- command.Wait() }()
	if err := kill(command.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if err := <-reaped; err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("it ended with %v, want killed", err)
	}
	if err := kill(command.Process.Pid); err != nil {
		t.Errorf("killing what is gone: %v", err)
	}
}

func TestStopWithoutACluster(t *testing.T) {
	if err := Stop(state.Dir(filepath.Join(t.TempDir(), "never"))); err != nil {
		t.Errorf("Stop: %v, want none", err)
	}
}

func TestRemoveDirectories(t *testing.T) {
	root := t.TempDir()
	parent, child, used := filepath.Join(root, "a"), filepath.Join(root, "a/b"), filepath.Join(root, "used")
	for _, path := range []string{child, used} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(used, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := removeDirectories([]string{parent, child, used, filepath.Join(root, "gone")}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(parent); err == nil {
		t.Error("an empty directory that we made is left")
	}
	if _, err := os.Stat(filepath.Join(used, "file")); err != nil {
		t.Errorf("somebody's file is gone: %v", err)
	}
}

func TestWipeKeepsImages(t *testing.T) {
	dir := state.Dir(t.TempDir())
	kept := []string{dir.Bin(), dir.Registry(), dir.PKI(), dir.Node(1, "containerd")}
	doomed := []string{dir.Etcd(), dir.Volumes(), dir.Node(1, "kubelet"), dir.Node(2, "pod-logs")}
	for _, path := range append(append([]string(nil), kept...), doomed...) {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := Wipe(dir); err != nil {
		t.Fatal(err)
	}
	for _, path := range kept {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	for _, path := range doomed {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is left", path)
		}
	}
}

func TestPollGivesTheLastReason(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	err := poll(ctx, func(context.Context) error {
		if asked++; asked == 3 {
			cancel()
		}
		return errors.New("still asleep")
	})
	if err == nil || !strings.Contains(err.Error(), "still asleep") || !errors.Is(err, context.Canceled) || asked != 3 {
		t.Errorf("poll: %v after %d questions", err, asked)
	}
	if err := poll(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Errorf("poll: %v, want none", err)
	}
}

func TestNodesReady(t *testing.T) {
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	ready := func(name, at string) string {
		return `{"metadata":{"name":"` + name + `"},"status":{"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":"` + at + `"}]}}`
	}
	const fresh, stale = "2030-01-01T00:00:05Z", "2029-12-31T23:59:59Z"
	tests := map[string]struct{ items, want string }{
		"both":             {items: ready("n1", fresh) + "," + ready("n2", fresh)},
		"one too many":     {items: ready("n1", fresh) + "," + ready("n2", fresh) + "," + ready("n9", stale)},
		"one missing":      {items: ready("n2", fresh), want: "n1 has not registered"},
		"of the last run":  {items: ready("n1", stale) + "," + ready("n2", fresh), want: "n1 has not reported since the start"},
		"one is not ready": {items: ready("n1", fresh) + `,{"metadata":{"name":"n2"},"status":{"conditions":[{"type":"Ready","status":"False","message":"no network"}]}}`, want: "n2: no network"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			nodes, err := kubeapi.ParseNodes([]byte(`{"items":[` + tt.items + `]}`))
			if err != nil {
				t.Fatal(err)
			}
			err = nodesReady(nodes, 2, start)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("nodesReady: %v, want %q", err, tt.want)
			}
		})
	}
}

func TestInspectWithoutACluster(t *testing.T) {
	status, err := Inspect(t.Context(), state.Dir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	if status.Running || status.Ready || !strings.Contains(status.Reason, "localcluster up") {
		t.Errorf("Inspect: %+v, want neither running nor ready, and what to do", status)
	}
}

func TestLastLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("one\ntwo\nthree\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := lastLines(path, 2); got != "two\nthree" {
		t.Errorf("lastLines = %q", got)
	}
	if got := lastLines(path, 9); got != "one\ntwo\nthree" {
		t.Errorf("lastLines = %q", got)
	}
}

func TestAnswersOK(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ready" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	if err := answersOK(t.Context(), server.URL+"/ready"); err != nil {
		t.Errorf("answersOK: %v", err)
	}
	if err := answersOK(t.Context(), server.URL+"/not"); err == nil {
		t.Error("answersOK: a 503 counts as yes")
	}
}
