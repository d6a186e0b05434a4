package main

import (
	"github.com/spf13/cobra"

	"landfall.dev/landfall/test/standin"
)

func merge() *cobra.Command {
	return &cobra.Command{
		Use: "merge FILE", Short: "Print an account file with all that it includes in it",
		Example: "  landfall-standin merge accounts/fleet.yaml > one.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := standin.Merged(args[0])
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
}
