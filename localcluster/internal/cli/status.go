package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/localcluster/internal/cluster"
	"landfall.dev/landfall/localcluster/internal/probe"
	"landfall.dev/landfall/localcluster/internal/state"
)

// report is the JSON form of status.
type report struct {
	// Containers tells whether this machine can run them, Reason why something
	// is not as it should be: no containers, or a cluster that is not ready.
	Containers bool   `json:"containers"`
	Reason     string `json:"reason,omitempty"`
	State      string `json:"state"`
	Running    bool   `json:"running"`
	Ready      bool   `json:"ready"`
	// Cluster has the details; its own reason is lifted to the top.
	Cluster cluster.Status `json:"cluster"`
}

func (a *app) statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Tell whether the cluster is ready: exit code 0 if so, 3 if not",
		Args:  cobra.NoArgs,
	}
	format := outputFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		chosen, err := format()
		if err != nil {
			return err
		}
		dir, err := a.dir()
		if err != nil {
			return err
		}
		return a.status(cmd.Context(), dir, chosen)
	}
	return cmd
}

func (a *app) status(ctx context.Context, dir state.Dir, format string) error {
	found, err := cluster.Inspect(ctx, dir)
	if err != nil {
		return err
	}
	r := report{Containers: true, Reason: found.Reason, State: string(dir), Running: found.Running, Ready: found.Ready, Cluster: found}
	r.Cluster.Reason = ""
	// A cluster that runs has proved the point, and trying costs time.
	if !found.Running {
		if err := probe.Containers(ctx); err != nil {
			r.Containers, r.Reason = false, err.Error()
		}
	}
	if format == "json" {
		err = a.writeJSON(r)
	} else {
		err = a.table(r)
	}
	if err == nil && !r.Ready {
		return no(errors.New(r.Reason))
	}
	return err
}

func (a *app) table(r report) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	if len(r.Cluster.Nodes) > 0 {
		fmt.Fprintln(w, "NODE\tREADY\tADDRESS")
		for i, node := range r.Cluster.Nodes {
			fmt.Fprintf(w, "%s\t%t\t%s\n", node.Name, node.Ready, r.Cluster.Topology.NodeAddress(i+1))
		}
		fmt.Fprintln(w)
	}
	if len(r.Cluster.Components) > 0 {
		fmt.Fprintln(w, "COMPONENT\tRUNNING\tRESTARTS\tLAST EXIT")
		for _, c := range r.Cluster.Components {
			fmt.Fprintf(w, "%s\t%t\t%d\t%s\n", c.Name, c.PID != 0, c.Restarts, c.LastExit)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

func (a *app) probeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "probe",
		Short: "Tell whether this machine can run containers: exit code 0 if so, 3 if not",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := probe.Containers(cmd.Context()); err != nil {
				return no(err)
			}
			fmt.Fprintln(a.out, "this machine can run containers")
			return nil
		},
	}
}
