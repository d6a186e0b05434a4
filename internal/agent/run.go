package agent

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"landfall.dev/landfall/internal/agent/probe"
	"landfall.dev/landfall/internal/naming"
)

// Exit codes of the agent.
const (
	exitDone     = 0
	exitFailed   = 1
	exitBadUsage = 2
)

const usage = `landfall-agent runs inside Landfall's pods.

Usage:
  landfall-agent fetch --uri s3://bucket/key --dest /opt/ml/model [flags]
  landfall-agent probe --phase answers|settings|ramp|peak|twice-peak|stop|isolation --target http://host:8080 --requests FILE [flags]

Run 'landfall-agent fetch -h' or 'landfall-agent probe -h' for the flags.
`

// Run executes the agent's command line (without the program's name), writes
// what it observes to stdout and its log to stderr, and returns the exit code:
// 0 done, 1 failed, 2 bad usage.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitBadUsage
	}
	switch args[0] {
	case naming.AgentFetch:
		return runFetch(ctx, args[1:], stderr)
	case naming.AgentProbe:
		return runProbe(ctx, args[1:], stdout, stderr)
	case "help", "-h", "--help":
		fmt.Fprint(stderr, usage)
		return exitDone
	default:
		fmt.Fprintf(stderr, "landfall-agent: unknown command %q; want fetch or probe\n", args[0])
		return exitBadUsage
	}
}

func runFetch(ctx context.Context, args []string, stderr io.Writer) int {
	options, termination, err := parseFetch(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	if err != nil {
		fmt.Fprintf(stderr, "landfall-agent fetch: %v\n", err)
		writeTermination(termination, err)
		return exitBadUsage
	}
	options.Log = slog.New(slog.NewTextHandler(stderr, nil))
	if err := Fetch(ctx, options); err != nil {
		options.Log.Error("cannot fetch the model", "error", oneLine(err))
		writeTermination(termination, err)
		return exitFailed
	}
	return exitDone
}

func runProbe(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	options, err := probe.Parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	if err != nil {
		fmt.Fprintf(stderr, "landfall-agent probe: %v\n", err)
		writeTermination(terminationLog, err)
		return exitBadUsage
	}
	if err := probe.Run(ctx, options, stdout); err != nil {
		fmt.Fprintf(stderr, "landfall-agent probe: %v\n", err)
		writeTermination(terminationLog, err)
		return exitFailed
	}
	return exitDone
}

// writeTermination leaves the reason where the kubelet reads it into the
// container's status. Outside a pod there is no such file, and stderr holds
// the reason anyway.
func writeTermination(path string, err error) {
	if path == "" {
		return
	}
	file, openErr := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC|os.O_CREATE, 0o644)
	if openErr != nil {
		return
	}
	defer file.Close()
	fmt.Fprintln(file, oneLine(err))
}

// maxLineBytes keeps the line within what the kubelet stores (4096 bytes).
const maxLineBytes = 2048

func oneLine(err error) string {
	line := strings.Join(strings.Fields(err.Error()), " ")
	if len(line) > maxLineBytes {
		line = strings.ToValidUTF8(line[:maxLineBytes], "") + "…"
	}
	return line
}
