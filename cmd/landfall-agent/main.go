// Command landfall-agent runs inside Landfall's pods. As init container of a
// model's pod it fetches the model's files; in a pod of its own it puts a model
// under load for landfall verify.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"landfall.dev/landfall/internal/agent"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := agent.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
