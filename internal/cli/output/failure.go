package output

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// Exit codes. 1 is kept for "could not answer", so that 3 can mean that the
// answer is no: unlike diff and kubectl diff, which use 1 for it.
const (
	// ExitDone: yes, or done.
	ExitDone = 0
	// ExitFailed: the question could not be answered.
	ExitFailed = 1
	// ExitUsage: the command was typed wrongly.
	ExitUsage = 2
	// ExitNo: the answer is no: rolled back, a failed check, refused.
	ExitNo = 3
	// ExitTimeout: the answer did not come in time.
	ExitTimeout = 4
)

// Failure is an error as a person reads it.
type Failure struct { //nolint:errname // it is a text for people that travels as an error
	// What failed, as an attempted act: cannot read the plan.
	What string
	// Why, in plain words.
	Why string
	// Next is what to do about it: a command or a sentence.
	Next string
	// Code is the exit code; 0 stands for ExitFailed.
	Code int
	// Cause is the error behind it, shown with -v. It may be nil.
	Cause error
}

// Error returns what failed and why in one line.
func (f *Failure) Error() string {
	if f.Why == "" {
		return f.What
	}
	return f.What + ": " + f.Why
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// ExitCode returns the code that the program ends with.
func (f *Failure) ExitCode() int {
	if f.Code == ExitDone {
		return ExitFailed
	}
	return f.Code
}

// Usage returns a failure for a command typed wrongly.
func Usage(next, format string, args ...any) *Failure {
	return &Failure{What: fmt.Sprintf(format, args...), Next: next, Code: ExitUsage}
}

// AsFailure returns the failure in an error's chain, or makes one of it.
func AsFailure(err error) *Failure {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	return &Failure{What: err.Error(), Cause: err}
}

// ExitError is an error that ends the program with a code and says nothing more:
// what there was to say is on the screen already.
type ExitError struct{ Code int }

// Error names the code, for those who look at the error in spite of its name.
func (e ExitError) Error() string { return fmt.Sprintf("exit code %d", e.Code) }

// PrintFailure writes a failure in up to three parts: what failed and why, what
// to do, and with verbose the chain of causes.
func PrintFailure(w io.Writer, palette Palette, failure *Failure, verbose bool) {
	fmt.Fprintf(w, "%s %s\n", palette.Paint(failed, "error:"), failure.What)
	if failure.Why != "" {
		fmt.Fprintf(w, "%s %s\n", palette.Paint(heading, "  why:"), indent(failure.Why))
	}
	if failure.Next != "" {
		fmt.Fprintf(w, "%s %s\n", palette.Paint(heading, "  try:"), indent(failure.Next))
	}
	if !verbose {
		return
	}
	for err := failure.Cause; err != nil; err = errors.Unwrap(err) {
		// Whatever is below may repeat what it was given: a signed request, the
		// output of a credential process.
		text, _ := inventory.MaskText(err.Error())
		fmt.Fprintf(w, "%s %s\n", palette.Paint(faint, "cause:"), indent(text))
	}
}

// indent keeps the lines after the first under the text of the first.
func indent(text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n       ")
}
