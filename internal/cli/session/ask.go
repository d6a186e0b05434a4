package session

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/view"
)

// Notef writes a line that is not a result: progress, a hint.
func (s *Session) Notef(format string, args ...any) {
	fmt.Fprintf(s.ErrOut, format+"\n", args...)
}

// Warnf writes a warning.
func (s *Session) Warnf(format string, args ...any) {
	cell := view.Cell{Text: output.Sanitize(fmt.Sprintf(format, args...)), Tone: view.Warn}
	fmt.Fprintln(s.ErrOut, s.Palette(s.ErrOut).Cell(cell))
}

// Suggest writes what to do next.
func (s *Session) Suggest(next view.Next) {
	if line := output.Next(s.Palette(s.ErrOut), next, s.Program, s.Scope()); line != "" {
		fmt.Fprintln(s.ErrOut, line)
	}
}

// SuggestCommand writes what to do next with a command that needs no cluster.
func (s *Session) SuggestCommand(message string, words ...string) {
	next := view.Next{Message: message, Command: words}
	fmt.Fprintln(s.ErrOut, output.Next(s.Palette(s.ErrOut), next, s.Program, ""))
}

// Confirm asks before something is changed. It returns at once when the user
// agreed beforehand, and refuses when there is nobody to ask.
func (s *Session) Confirm(ctx context.Context, agreed bool, act string) error {
	if agreed {
		return nil
	}
	if !s.Interactive() {
		return output.Usage("look at the difference above, then repeat the command with --yes",
			"will not %s without a confirmation: there is no terminal to ask on", act)
	}
	fmt.Fprintf(s.ErrOut, "%s? [y/N] ", strings.ToUpper(act[:1])+act[1:])
	select {
	case <-ctx.Done():
		fmt.Fprintln(s.ErrOut)
		return output.ExitError{Code: output.ExitNo}
	case answer := <-s.readLine():
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "y", "yes":
			return nil
		}
	}
	s.Notef("Nothing was changed.")
	return output.ExitError{Code: output.ExitNo}
}

// readLine reads a line from a terminal. Reading cannot be interrupted, so it
// happens beside the caller, and goes on until the program ends when the caller
// gives up.
func (s *Session) readLine() <-chan string {
	line := make(chan string, 1)
	go func() {
		// The end of the input is an answer too: not yes.
		text, _ := bufio.NewReader(s.In).ReadString('\n')
		line <- text
	}()
	return line
}

// Scope returns the flags that name the same cluster and namespace again, for
// commands that are suggested to the reader.
func (s *Session) Scope() string {
	var words strings.Builder
	for _, flag := range []struct {
		name  string
		value *string
	}{{"--kubeconfig", s.Kube.KubeConfig}, {"--context", s.Kube.Context}, {"-n", s.Kube.Namespace}} {
		if flag.value != nil && *flag.value != "" {
			words.WriteString(" " + flag.name + " " + *flag.value)
		}
	}
	return words.String()
}
