package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"landfall.dev/landfall/localcluster/internal/kubeapi"
	"landfall.dev/landfall/localcluster/internal/state"
	"landfall.dev/landfall/localcluster/internal/topology"
)

// pollEvery is how often a readiness question is asked again.
const pollEvery = 50 * time.Millisecond

// answerTimeout bounds one such question.
const answerTimeout = 2 * time.Second

// step is one thing to wait for.
type step struct {
	what, done, log string
	check           func(context.Context) error
}

// readiness lists what must hold, in the order in which it comes true.
func (o Options) readiness() []step {
	// The API keeps times in whole seconds.
	began := time.Now().Truncate(time.Second) //nolint:forbidigo // this package starts real processes
	api, apiErr := kubeapi.New(o.Topology.APIServer(), o.Dir.PKI())
	if apiErr != nil {
		return []step{{what: "a client of the API server", log: supervisorLog, check: func(context.Context) error { return apiErr }}}
	}
	return []step{
		{"the image registry", "image registry ready", "registry", o.pushPause},
		{"the API server", "API server ready", "kube-apiserver", api.Ready},
		{"the nodes", fmt.Sprintf("%d nodes ready", o.Topology.Nodes), "kubelet-n1", func(ctx context.Context) error {
			nodes, err := api.Nodes(ctx)
			if err != nil {
				return err
			}
			return nodesReady(nodes, o.Topology.Nodes, began)
		}},
		{"the default service account", "pods can be created", "kube-controller-manager", api.DefaultAccount},
		{"the cluster's DNS", "DNS ready", "coredns", func(ctx context.Context) error {
			return answersOK(ctx, o.Topology.DNSReady())
		}},
	}
}

// poll asks until the answer is nil or ctx ends; then the last answer, which
// says why, is the error.
func poll(ctx context.Context, check func(context.Context) error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// nodesReady is nil if nodes 1 to want are ready and said so after since.
func nodesReady(nodes []kubeapi.Node, want int, since time.Time) error {
	var waiting []string
	for n := 1; n <= want; n++ {
		name := topology.NodeName(n)
		at := slices.IndexFunc(nodes, func(node kubeapi.Node) bool { return node.Name == name })
		switch {
		case at < 0:
			waiting = append(waiting, name+" has not registered")
		case !nodes[at].Ready:
			waiting = append(waiting, name+": "+nodes[at].Reason)
		case nodes[at].Heartbeat.Before(since):
			waiting = append(waiting, name+" has not reported since the start")
		}
	}
	if len(waiting) > 0 {
		return errors.New(strings.Join(waiting, "; "))
	}
	return nil
}

// answersOK is nil if url answers with status 200.
func answersOK(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, answer.Status)
	}
	return nil
}

// Status is what is known about the cluster in a state directory.
type Status struct {
	// Running tells whether the supervisor lives; Ready whether the API server
	// and every planned node are.
	Running bool `json:"running"`
	Ready   bool `json:"ready"`
	// Reason says why the cluster is not ready.
	Reason     string             `json:"reason,omitempty"`
	Topology   *topology.Topology `json:"topology,omitempty"`
	Nodes      []kubeapi.Node     `json:"nodes,omitempty"`
	Components []state.Component  `json:"components,omitempty"`
}

// Inspect looks at the cluster in dir. An error means the question could not be
// answered; a cluster that is down or broken is an answer.
func Inspect(ctx context.Context, dir state.Dir) (Status, error) {
	running, err := Running(dir)
	if err != nil {
		return Status{}, err
	}
	plan, err := dir.ReadPlan()
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !running) {
		return Status{Reason: "the cluster is not running: start it with `localcluster up`"}, nil
	}
	if err != nil {
		return Status{}, err
	}
	status := Status{Running: true, Topology: &plan.Topology}
	if status.Components, err = dir.ReadComponents(); err != nil {
		return Status{}, err
	}
	api, err := kubeapi.New(plan.Topology.APIServer(), dir.PKI())
	if err != nil {
		return Status{}, err
	}
	if err := status.look(ctx, api); err != nil {
		status.Reason = err.Error()
	}
	status.Ready = status.Reason == ""
	return status, nil
}

// look asks the API server; the error says why the cluster is not ready.
func (s *Status) look(ctx context.Context, api *kubeapi.Client) error {
	if err := api.Ready(ctx); err != nil {
		return err
	}
	nodes, err := api.Nodes(ctx)
	if err != nil {
		return err
	}
	s.Nodes = nodes
	return nodesReady(nodes, s.Topology.Nodes, time.Time{})
}
