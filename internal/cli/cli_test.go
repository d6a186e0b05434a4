package cli_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"landfall.dev/landfall/internal/cli"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
)

var update = flag.Bool("update", false, "rewrite docs/reference/cli")

// each calls a function with every command of Landfall's own.
func each(command *cobra.Command, visit func(*cobra.Command)) {
	visit(command)
	for _, below := range command.Commands() {
		if below.Name() != "help" && below.Name() != "completion" {
			each(below, visit)
		}
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	each(cli.New(session.New("landfall")), func(command *cobra.Command) {
		path := command.CommandPath()
		switch {
		case command.Short == "" || command.Long == "":
			t.Errorf("%s has no short or long text", path)
		case command.Example == "":
			t.Errorf("%s has no example", path)
		case !strings.Contains(command.Example, path) && command.HasParent():
			t.Errorf("the examples of %s do not call it:\n%s", path, command.Example)
		case strings.HasSuffix(command.Short, "."):
			t.Errorf("the short text of %s ends in a full stop", path)
		}
		for line := range strings.Lines(command.Long) {
			if len(strings.TrimSpace(line)) > 88 {
				t.Errorf("%s: line %q is too long for a terminal", path, line)
			}
		}
		command.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s has no text", path, f.Name)
			}
		})
	})
}

// A plugin's texts speak of kubectl landfall wherever they call the program.
func TestPluginSpeaksOfItself(t *testing.T) {
	each(cli.New(session.New("/usr/local/bin/kubectl-landfall")), func(command *cobra.Command) {
		for line := range strings.Lines(command.Example) {
			call := strings.TrimSpace(line)
			if strings.HasPrefix(call, "landfall ") {
				t.Errorf("%s has the example %q, want kubectl landfall", command.CommandPath(), call)
			}
		}
	})
}

func TestProgramName(t *testing.T) {
	for invoked, want := range map[string]string{
		"landfall":                             "landfall",
		"/usr/bin/landfall":                    "landfall",
		"/home/ada/.krew/bin/kubectl-landfall": "kubectl landfall",
		"kubectl-landfall.exe":                 "kubectl landfall",
		"/tmp/go-build/cli.test":               "landfall",
		"/tmp/landfall-1.2-linux/landfall.v2":  "landfall",
	} {
		if got := session.ProgramName(invoked); got != want {
			t.Errorf("ProgramName(%s) = %s, want %s", invoked, got, want)
		}
	}
}

func TestRunReportsUsage(t *testing.T) {
	var out, errOut bytes.Buffer
	s := session.New("landfall")
	s.Out, s.ErrOut, s.In = &out, &errOut, strings.NewReader("")
	if code := cli.Run(context.Background(), s, []string{"get", "endpoints", "--nonsense"}); code != output.ExitUsage {
		t.Errorf("exit code = %d, want %d", code, output.ExitUsage)
	}
	want := "error: unknown flag: --nonsense\n  try: landfall get --help\n"
	if diff := cmp.Diff(want, errOut.String()); diff != "" || out.Len() > 0 {
		t.Errorf("stdout %q, stderr differs (-want +got):\n%s", out.String(), diff)
	}
}

// The reference of the commands is what the commands say of themselves. Run
// go generate to write it again.
func TestReferenceIsFresh(t *testing.T) {
	fresh := t.TempDir()
	root := cli.New(session.New("landfall"))
	root.InitDefaultCompletionCmd()
	each(root, func(command *cobra.Command) { command.DisableAutoGenTag = true })
	if err := doc.GenMarkdownTree(root, fresh); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join("..", "..", "docs", "reference", "cli")
	if *update {
		if err := os.RemoveAll(want); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(want, os.DirFS(fresh)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, want), read(t, fresh)); diff != "" {
		t.Errorf("docs/reference/cli is stale: run go generate ./internal/cli (-have +want):\n%s", diff)
	}
}

func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[entry.Name()] = string(data)
	}
	return texts
}
