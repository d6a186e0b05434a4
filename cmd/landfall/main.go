// Command landfall moves machine-learning endpoints from SageMaker to
// Kubernetes, and shows how they do.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"landfall.dev/landfall/internal/cli"
	"landfall.dev/landfall/internal/cli/session"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code := cli.Run(ctx, session.New(os.Args[0]), os.Args[1:])
	os.Exit(code) //nolint:gocritic // exitAfterDefer: the process ends here, and the signal handler with it
}
