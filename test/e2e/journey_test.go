// Package e2e runs the main job on a real cluster and asserts every check of it.
package e2e

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"landfall.dev/landfall/test/journey"
)

// TestJourney plays the whole move. `make test` prepares the cluster and names
// it in the environment.
func TestJourney(t *testing.T) {
	if reason := os.Getenv("LANDFALL_NO_CONTAINERS"); reason != "" {
		t.Skipf("containers cannot run here: %s", reason)
	}
	config, err := journey.ConfigFromEnvironment()
	if err != nil {
		t.Skipf("no cluster was prepared; run `make test`: %v", err)
	}
	ctrllog.SetLogger(logr.Discard())
	config.WorkDir = t.TempDir()
	report := journey.NewReport(os.Stdout)
	j, err := journey.New(config, report)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	if err := j.Run(ctx, false); err != nil {
		t.Error(err)
	}
	for _, check := range report.Checks() {
		t.Run(check.Stage+"/"+check.Name, func(t *testing.T) {
			if !check.Passed {
				t.Error(check.Detail)
			}
		})
	}
	if !report.Summarize() {
		t.Error("the journey did not keep every promise")
	}
}
