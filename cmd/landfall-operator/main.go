// Command landfall-operator reconciles Landfall's custom resources and judges
// rollouts. It never stands in the path of a request.
package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"landfall.dev/landfall/internal/controller"
)

func main() {
	if err := command().ExecuteContext(ctrl.SetupSignalHandler()); err != nil {
		fmt.Fprintln(os.Stderr, "landfall-operator:", err)
		os.Exit(1)
	}
}

func command() *cobra.Command {
	options := &controller.Options{}
	level := slog.LevelInfo
	command := &cobra.Command{
		Use:           "landfall-operator",
		Short:         "Reconcile Landfall's custom resources and judge rollouts",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error {
			handler := slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level})
			slog.SetDefault(slog.New(handler))
			options.Logger = logr.FromSlogHandler(handler)
			ctrl.SetLogger(options.Logger)
			klog.SetLogger(options.Logger) // client-go's own
			if err := options.Validate(); err != nil {
				return err
			}
			config, err := ctrl.GetConfig()
			if err != nil {
				return fmt.Errorf("cannot find the cluster: %w", err)
			}
			manager, err := controller.New(command.Context(), config, options)
			if err != nil {
				return err
			}
			return manager.Start(command.Context())
		},
	}
	options.AddFlags(command.Flags())
	command.Flags().TextVar(&level, "log-level", level, "least severe level to log: DEBUG, INFO, WARN or ERROR")
	return command
}
