// Package session is what every command of the CLI shares: its streams, how the
// user wants them to look, and the way to the cluster.
//
// It owns the flags that all commands take and the client built from them, and
// puts the cluster's refusals into plain words. It refuses to hold anything
// that belongs to one command.
package session

import (
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"landfall.dev/landfall/internal/cli/output"
)

// FieldOwner is the name under which the CLI changes objects.
const FieldOwner = "landfall-cli"

// Session is one call of the program.
type Session struct {
	// Program is how the user called it: landfall, or kubectl landfall.
	Program string
	In      io.Reader
	Out     io.Writer
	ErrOut  io.Writer
	// Now is the clock.
	Now func() time.Time
	// Getenv reads the environment.
	Getenv func(string) string
	// Version of the program, Commit it was built from.
	Version, Commit string

	// Color and Verbose are flags of every command.
	Color   output.ColorMode
	Verbose bool
	// Kube are kubectl's flags, on commands that talk to a cluster.
	Kube *genericclioptions.ConfigFlags

	// stdinRead says that a file came from the standard input.
	stdinRead bool
}

// New returns a session on the process's own streams, clock and environment.
func New(invoked string) *Session {
	version, commit := build()
	return &Session{
		Program: ProgramName(invoked),
		In:      os.Stdin,
		Out:     os.Stdout,
		ErrOut:  os.Stderr,
		Now:     time.Now,
		Getenv:  os.Getenv,
		Color:   output.ColorAuto,
		Version: version,
		Commit:  commit,
		Kube:    genericclioptions.NewConfigFlags(true),
	}
}

// build returns the version and commit that the Go tool stamped into the
// program, from the source's tag and revision.
func build() (version, commit string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			commit = setting.Value
		}
	}
	return info.Main.Version, commit
}

// ProgramName turns the path a program was called by into what its user typed:
// kubectl runs a plugin under the name kubectl-landfall.
func ProgramName(invoked string) string {
	name := strings.TrimSuffix(filepath.Base(invoked), ".exe")
	if plugin, ok := strings.CutPrefix(name, "kubectl-"); ok {
		return "kubectl " + plugin
	}
	return "landfall"
}

// hiddenKubeFlags work as kubectl's do and are left out of help texts, where
// they would bury the command's own.
var hiddenKubeFlags = []string{
	"as", "as-group", "as-uid", "as-user-extra", "cache-dir", "certificate-authority", "client-certificate",
	"client-key", "cluster", "disable-compression", "insecure-skip-tls-verify", "server", "tls-server-name",
	"token", "user",
}

// AddKubeFlags gives a command, and those below it, kubectl's flags.
func (s *Session) AddKubeFlags(command *cobra.Command) {
	flags := command.PersistentFlags()
	s.Kube.AddFlags(flags)
	for _, name := range hiddenKubeFlags {
		if flag := flags.Lookup(name); flag != nil {
			flag.Hidden = true
		}
	}
}

// NoSuchCommand is the argument check of commands that only hold others: any
// word is one too many. It names the nearest command there is.
func (s *Session) NoSuchCommand(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	const nearEnough = 2 // edits, as cobra's own suggestions
	command.SuggestionsMinimumDistance = nearEnough
	next := command.CommandPath() + " --help"
	if near := command.SuggestionsFor(args[0]); len(near) > 0 {
		next = command.CommandPath() + " " + near[0]
	}
	return output.Usage(next, "unknown command %q", args[0])
}

// NoArguments is the argument check of commands that take flags only.
func (s *Session) NoArguments(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return output.Usage(command.CommandPath()+" --help", "%s takes no arguments, but was given %q", command.Name(), args[0])
}

// Palette returns the colours for a stream of the session.
func (s *Session) Palette(w io.Writer) output.Palette {
	return output.NewPalette(s.Color, isTerminal(w), s.Getenv)
}

// Interactive says that someone can be asked: both what they type and what they
// read are a terminal.
func (s *Session) Interactive() bool { return isTerminal(s.In) && isTerminal(s.ErrOut) }

// Redraws says that results may be redrawn in place.
func (s *Session) Redraws() bool { return isTerminal(s.Out) && s.Getenv("TERM") != "dumb" }

// Draws says that progress may be redrawn in place.
func (s *Session) Draws() bool { return isTerminal(s.ErrOut) && s.Getenv("TERM") != "dumb" }

// Size returns the columns and rows of the terminal that results go to, and
// zeros where there is none.
func (s *Session) Size() (columns, rows int) {
	file, ok := s.Out.(*os.File)
	if !ok {
		return 0, 0
	}
	columns, rows, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, rows
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
