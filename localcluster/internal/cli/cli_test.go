package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/localcluster/internal/state"
	"landfall.dev/landfall/localcluster/internal/topology"
)

// execute runs a command line in a state directory and returns all it gives.
func execute(t *testing.T, dir state.Dir, args ...string) (code int, out, messages string) {
	t.Helper()
	t.Setenv(state.Variable, string(dir))
	var stdout, stderr bytes.Buffer
	code = Run(t.Context(), args, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// started is a state directory in which a cluster was started once.
func started(t *testing.T) state.Dir {
	t.Helper()
	dir := state.Dir(t.TempDir())
	if err := dir.WritePlan(state.Plan{Topology: topology.Topology{Nodes: 1}}); err != nil {
		t.Fatal(err)
	}
	if err := state.WriteFile(dir.Log("etcd"), []byte("a line\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWrongUsageAndMissingCluster(t *testing.T) {
	tests := map[string]struct {
		args []string
		code int
		want string
	}{
		"unknown verb":               {args: []string{"start"}, code: exitUsage, want: `unknown command "start"`},
		"unknown flag":               {args: []string{"up", "--node", "1"}, code: exitUsage, want: "--node"},
		"too many nodes":             {args: []string{"up", "--nodes", "99"}, code: exitUsage, want: "use 1 to 20"},
		"bad instance":               {args: []string{"up", "--instance", "-1"}, code: exitUsage, want: "use 0 to 9"},
		"surplus argument":           {args: []string{"down", "now"}, code: exitUsage, want: "localcluster down --help"},
		"load lacks the name":        {args: []string{"load", "x"}, code: exitUsage, want: "accepts 2 arg(s)"},
		"unknown format":             {args: []string{"env", "-o", "xml"}, code: exitUsage, want: `"xml" is unknown`},
		"load without a cluster":     {args: []string{"load", "x", "app:1"}, code: exitFailed, want: "localcluster up"},
		"kubectl without a cluster":  {args: []string{"kubectl", "get", "pods"}, code: exitFailed, want: "localcluster up"},
		"kubeconfig without cluster": {args: []string{"kubeconfig"}, code: exitFailed, want: "localcluster up"},
		"logs without a cluster":     {args: []string{"logs"}, code: exitFailed, want: "no cluster was started"},
		"supervise outside":          {args: []string{"supervise"}, code: exitFailed, want: "localcluster up"},
		"node outside":               {args: []string{"node", "--number", "1"}, code: exitFailed, want: "localcluster up"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, out, messages := execute(t, state.Dir(t.TempDir()), tt.args...)
			if code != tt.code || !strings.Contains(messages, tt.want) {
				t.Errorf("%v: code %d, %q; want code %d and %q", tt.args, code, messages, tt.code, tt.want)
			}
			if out != "" {
				t.Errorf("%v: an error is no result, but standard output got %q", tt.args, out)
			}
		})
	}
}

func TestStoppedClusterAnswers(t *testing.T) {
	dir := started(t)
	tests := map[string]struct {
		args []string
		code int
		out  string
		errs string
	}{
		"kubeconfig":   {args: []string{"kubeconfig"}, out: dir.Kubeconfig() + "\n"},
		"list of logs": {args: []string{"logs"}, out: "etcd\n"},
		"a log":        {args: []string{"logs", "etcd"}, out: "a line\n"},
		"unknown log":  {args: []string{"logs", "etc"}, code: exitUsage, errs: "the names are etcd"},
		"climbing out": {args: []string{"logs", "../run/plan"}, code: exitUsage, errs: "the names are etcd"},
		"bad name":     {args: []string{"load", "x", "A:1"}, code: exitUsage, errs: `"A:1" is not valid`},
		"no image":     {args: []string{"load", "/does/not/exist", "a:1"}, code: exitFailed, errs: "open the image"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, out, messages := execute(t, dir, tt.args...)
			if code != tt.code || out != tt.out || !strings.Contains(messages, tt.errs) {
				t.Errorf("%v: code %d, output %q, messages %q; want %d, %q, %q", tt.args, code, out, messages, tt.code, tt.out, tt.errs)
			}
		})
	}
}

func TestEnv(t *testing.T) {
	dir := started(t)
	code, out, messages := execute(t, dir, "env", "-o", "json")
	var got map[string]string
	if err := json.Unmarshal([]byte(out), &got); code != 0 || err != nil {
		t.Fatalf("env: code %d, %s, %v", code, messages, err)
	}
	want := map[string]string{
		"state": string(dir), "kubeconfig": dir.Kubeconfig(), "kubebuilderAssets": dir.Envtest(),
		"registry": "10.199.0.1:5000", "hostAddress": "10.199.0.254", "nodeAddress": "10.199.0.1", "dnsAddress": "10.199.0.1",
		"serviceCIDR": "10.96.0.0/16", "podCIDR": "10.244.0.0/16",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("env (-want +got):\n%s", diff)
	}
	t.Run("before the first start", func(t *testing.T) {
		empty := state.Dir(t.TempDir())
		if code, out, _ := execute(t, empty, "env"); code != 0 || out != "export KUBEBUILDER_ASSETS='"+empty.Envtest()+"'\n" {
			t.Errorf("env: code %d, %q", code, out)
		}
	})
}

// A shell must read back exactly what was quoted.
func TestQuote(t *testing.T) {
	for _, value := range []string{"", "plain", "two words", "it's", `$HOME "x" \ ;`, "'"} {
		out, err := exec.Command("/bin/sh", "-c", "printf %s "+quote(value)).Output()
		if err != nil || string(out) != value {
			t.Errorf("a shell reads %s as %q, %v; want %q", quote(value), out, err, value)
		}
	}
}

func TestExitCode(t *testing.T) {
	tests := map[string]struct {
		err  error
		want int
	}{
		"plain":     {err: errors.New("x"), want: exitFailed},
		"usage":     {err: fmt.Errorf("deeper: %w", usage(errors.New("x"))), want: exitUsage},
		"no":        {err: no(errors.New("x")), want: exitNo},
		"timed out": {err: fmt.Errorf("start: %w", context.DeadlineExceeded), want: exitTimedOut},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := exitCode(tt.err); got != tt.want {
				t.Errorf("exit code %d, want %d", got, tt.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out}
	r := report{}
	r.Cluster.Topology = &topology.Topology{Nodes: 1}
	r.Cluster.Components = []state.Component{{Name: "etcd", PID: 3}, {Name: "coredns", Restarts: 2, LastExit: "exited with status 1"}}
	if err := a.table(r); err != nil {
		t.Fatal(err)
	}
	want := "COMPONENT   RUNNING   RESTARTS   LAST EXIT\netcd        true      0          \ncoredns     false     2          exited with status 1\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}
