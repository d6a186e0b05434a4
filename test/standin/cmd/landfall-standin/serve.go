package main

import (
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/test/standin"
)

func serve() *cobra.Command {
	var file, listen, admin string
	cmd := &cobra.Command{
		Use: "serve --account FILE", Short: "Answer AWS APIs from an account file until interrupted",
		Example: "  landfall-standin serve --account demo.yaml --listen 127.0.0.1:9090 --admin-listen 127.0.0.1:9091",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
			account, err := standin.Load(file, os.LookupEnv)
			if err != nil {
				return err
			}
			server, err := standin.New(account, standin.Options{Logger: logger})
			if err != nil {
				return err
			}
			on, err := standin.Listen(cmd.Context(), listen, admin)
			if err != nil {
				return err
			}
			logger.Info("serving", "account", account.AccountID, "api", on.API.Addr(), "admin", on.Admin.Addr())
			return server.Serve(cmd.Context(), on)
		},
	}
	cmd.Flags().StringVar(&file, "account", "", "account file (YAML); ${NAME} in it is taken from the environment")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:9090", "address for all AWS APIs")
	cmd.Flags().StringVar(&admin, "admin-listen", "127.0.0.1:9091", "address for knobs, counters and health; has no authentication")
	cobra.CheckErr(cmd.MarkFlagRequired("account"))
	return cmd
}
