package cli

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/localcluster/internal/node"
	"landfall.dev/landfall/localcluster/internal/probe"
	"landfall.dev/landfall/localcluster/internal/registry"
	"landfall.dev/landfall/localcluster/internal/supervise"
)

// The hidden verbs of this file are how the program starts itself again inside
// new namespaces.

func (a *app) superviseCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "supervise",
		Short:  "Be the first process of a cluster",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := a.dir()
			if err != nil {
				return err
			}
			return supervise.Run(cmd.Context(), dir)
		},
	}
}

func (a *app) nodeCommand() *cobra.Command {
	var number int
	cmd := &cobra.Command{
		Use:    "node",
		Short:  "Be the first process of a node",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := a.dir()
			if err != nil {
				return err
			}
			return node.Run(cmd.Context(), dir, number)
		},
	}
	cmd.Flags().IntVar(&number, "number", 0, "number of the node, from 1")
	return cmd
}

// headerTimeout drops clients that connect and say nothing. Bodies have no
// limit: a layer of many gigabytes may take minutes.
const headerTimeout = 10 * time.Second

func (a *app) registryCommand() *cobra.Command {
	var address string
	cmd := &cobra.Command{
		Use:    "serve-registry",
		Short:  "Serve the image registry",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := a.dir()
			if err != nil {
				return err
			}
			handler, err := registry.Open(dir.Registry())
			if err != nil {
				return err
			}
			listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", address)
			if err != nil {
				return fmt.Errorf("listen for image pulls: %w", err)
			}
			server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout}
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve images: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&address, "address", "", "address to listen on")
	return cmd
}

func (a *app) insideCommand() *cobra.Command {
	return &cobra.Command{
		Use:    probe.Argument,
		Short:  "Try what a cluster needs, in namespaces of its own",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE:   func(cmd *cobra.Command, _ []string) error { return probe.Inside(cmd.Context()) },
	}
}
