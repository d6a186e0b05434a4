// Command landfall-demo plays the move of an endpoint off SageMaker on the
// cluster of the current kubeconfig and prints what was checked.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"landfall.dev/landfall/test/journey"
)

func main() {
	ctrllog.SetLogger(logr.Discard())
	os.Exit(run(os.Getenv("KEEP") == "1"))
}

func run(keep bool) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	config, err := journey.ConfigFromEnvironment()
	if err != nil {
		fmt.Fprintf(os.Stderr, "landfall-demo: %v\nRun it through `make demo`, which sets these.\n", err)
		return 2
	}
	report := journey.NewReport(os.Stdout)
	j, err := journey.New(config, report)
	if err != nil {
		fmt.Fprintln(os.Stderr, "landfall-demo:", err)
		return 1
	}
	err = j.Run(ctx, keep)
	ok := report.Summarize()
	if keep {
		j.TellHowToLookAround(os.Stdout)
	} else if removed := j.RemoveFiles(); removed != nil {
		fmt.Fprintln(os.Stderr, "landfall-demo:", removed)
	}
	if err != nil || !ok {
		return 1
	}
	return 0
}
