// Command landfall-router answers SageMaker Runtime requests from SageMaker and
// from pods of this cluster.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"landfall.dev/landfall/internal/router"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	err := router.Command(os.Stderr).ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "landfall-router:", err)
		if errors.Is(err, router.ErrUsage) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}
