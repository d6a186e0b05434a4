package script

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"landfall.dev/landfall/internal/cli"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/test/apiserver"
)

// tests runs the package's tests for testscript, which runs this binary again
// under the name of the program under test.
type tests struct{ m *testing.M }

func (t tests) Run() int { return apiserver.Main(t.m) }

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){
		"landfall":         landfall,
		"kubectl-landfall": landfall,
	})
}

// landfall is cmd/landfall's main.
func landfall() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(cli.Run(ctx, session.New(os.Args[0]), os.Args[1:])) //nolint:gocritic // exitAfterDefer: as in cmd/landfall
}

// TestOffline runs the scripts that need no cluster.
func TestOffline(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "offline"),
		Setup:               setupAccount,
		Cmds:                commands(nil),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// TestCluster runs the scripts that talk to an API server. There is no operator:
// a script writes the status that an operator would.
func TestCluster(t *testing.T) {
	cluster := newCluster(t, apiserver.Start(t))
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "cluster"),
		Setup:               cluster.setup,
		Cmds:                commands(cluster),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

type command = func(ts *testscript.TestScript, neg bool, args []string)

func commands(c *cluster) map[string]command {
	all := map[string]command{
		"exits": exits, "standin": standInKnob, "upload": upload,
		"edit": edit, "background": background, "until": until, "interrupt": interrupt, "shows": shows,
	}
	if c != nil {
		all["apply"] = c.apply
		all["status"] = c.status
		all["delete"] = c.delete
		all["kubelet"] = c.kubelet
	}
	return all
}

// edit replaces the first place where a file has a text, as a person would:
// edit FILE OLD NEW.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o600))
}

// exits runs a program and checks its exit code: exits CODE PROGRAM ARG...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		ts.Fatalf("exit code %q: %v", args[0], err)
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("cannot run %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s exits with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}
