package session

import (
	"bufio"
	"fmt"
	"strings"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/view"
)

// Note writes a line that is not a result: progress, a hint.
func (s *Session) Note(format string, args ...any) {
	fmt.Fprintf(s.ErrOut, format+"\n", args...)
}

// Warn writes a warning.
func (s *Session) Warn(format string, args ...any) {
	cell := view.Cell{Text: output.Sanitize(fmt.Sprintf(format, args...)), Tone: view.Warn}
	fmt.Fprintln(s.ErrOut, s.Palette(s.ErrOut).Cell(cell))
}

// Suggest writes what to do next.
func (s *Session) Suggest(next view.Next) {
	if line := output.Next(s.Palette(s.ErrOut), next, s.Program, s.Scope()); line != "" {
		fmt.Fprintln(s.ErrOut, line)
	}
}

// Confirm asks before something is changed. It returns at once when the user
// agreed beforehand, and refuses when there is nobody to ask.
func (s *Session) Confirm(agreed bool, act string) error {
	if agreed {
		return nil
	}
	if !s.Interactive() {
		return output.Usage("look at the difference above, then repeat the command with --yes",
			"will not %s without a confirmation: there is no terminal to ask on", act)
	}
	fmt.Fprintf(s.ErrOut, "%s? [y/N] ", strings.ToUpper(act[:1])+act[1:])
	answer, err := bufio.NewReader(s.In).ReadString('\n')
	if err != nil && answer == "" {
		fmt.Fprintln(s.ErrOut)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return &output.Failure{What: "nothing was changed", Why: "the question was not answered with yes", Code: output.ExitNo}
}

// Scope returns the flags that name the same cluster and namespace again, for
// commands that are suggested to the reader.
func (s *Session) Scope() string {
	var words string
	for _, flag := range []struct {
		name  string
		value *string
	}{{"--kubeconfig", s.Kube.KubeConfig}, {"--context", s.Kube.Context}, {"-n", s.Kube.Namespace}} {
		if flag.value != nil && *flag.value != "" {
			words += " " + flag.name + " " + *flag.value
		}
	}
	return words
}
