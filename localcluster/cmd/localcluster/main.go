// Command localcluster runs a real Kubernetes cluster on this machine, built
// from Go modules, in namespaces of its own.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"landfall.dev/landfall/localcluster/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
