// Command landfall-standin runs the stand-in AWS account of package
// standin. It only wires flags and signals.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{
		Use: "landfall-standin", Short: "A stand-in AWS account for tests and demonstrations",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.AddCommand(serve(), merge())
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "landfall-standin:", err)
		os.Exit(1) //nolint:gocritic // the signal handler need not be undone at exit
	}
}
