package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/localcluster/internal/build"
	"landfall.dev/landfall/localcluster/internal/packages"
	"landfall.dev/landfall/localcluster/internal/state"
)

func (a *app) buildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "build",
		Short: "Build every program of the cluster that is not up to date",
		Long: `Build every program of the cluster that is not up to date. Needs Go, and no
special rights. runc is built too if gcc, pkg-config and libseccomp's headers are
there; otherwise the cluster uses the system's.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := a.dir()
			if err != nil {
				return err
			}
			return a.build(cmd.Context(), dir)
		},
	}
}

func (a *app) build(ctx context.Context, dir state.Dir) error {
	unlock, err := dir.Lock("build")
	if err != nil {
		return err
	}
	defer unlock()
	targets := build.Targets(packages.Probe(ctx).BuildsRunc())
	source, err := a.source()
	builder := build.Builder{Source: source, Bin: dir.Bin(), Progress: a.progress}
	if err != nil {
		// Without sources, what was built before is as good as it gets.
		if missing := builder.Missing(targets); len(missing) > 0 {
			return fmt.Errorf("%v have to be built: %w", missing, err)
		}
		return nil
	}
	_, err = builder.All(ctx, targets)
	return err
}

func (a *app) source() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the working directory: %w", err)
	}
	return build.FindSource(a.sourceFlag, here)
}
