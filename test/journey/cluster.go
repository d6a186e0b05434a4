package journey

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
)

// Namespaces of a run.
const (
	systemNamespace  = "landfall-system"
	standInNamespace = "aws-standin"
	modelsNamespace  = "shop"
)

// program runs a command to its end and returns its standard output. The error
// holds what the command wrote to standard error.
func (j *Journey) program(ctx context.Context, input, name string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(os.Environ(), j.environment...)
	command.Stdin = strings.NewReader(input)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

func (j *Journey) kubectl(ctx context.Context, args ...string) (string, error) {
	return j.program(ctx, "", j.config.Kubectl, args...)
}

// apply gives manifests to the cluster as a user does.
func (j *Journey) apply(ctx context.Context, manifests string) error {
	_, err := j.program(ctx, manifests, j.config.Kubectl, "apply", "--server-side", "--force-conflicts", "-f", "-")
	return err
}

func (j *Journey) landfall(ctx context.Context, args ...string) (string, error) {
	return j.program(ctx, "", j.config.Landfall, args...)
}

// newClient returns a client for what kubectl's text would only obscure.
func newClient(kubeconfig string) (client.WithWatch, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 50, 100
	scheme := clientgoscheme.Scheme
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	return client.NewWithWatch(config, client.Options{Scheme: scheme})
}

// patience is how long a run waits for what must come. It is many times of what
// a busy machine needs: only what never comes ends the wait.
const patience = 4 * time.Minute

// waitFor polls until condition holds, and names what was waited for when it
// does not.
func waitFor(ctx context.Context, what string, condition func(context.Context) (bool, error)) error {
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, patience, true, condition)
	if err != nil {
		return fmt.Errorf("waited up to %s for %s: %w", patience, what, err)
	}
	return nil
}

// endpoint reads the endpoint of the run.
func (j *Journey) endpoint(ctx context.Context) (*v1alpha1.Endpoint, error) {
	var e v1alpha1.Endpoint
	err := j.client.Get(ctx, client.ObjectKey{Namespace: modelsNamespace, Name: endpointObject}, &e)
	return &e, err
}

// waitForRollout waits until the rollout to a variant is in one of the stages.
func (j *Journey) waitForRollout(ctx context.Context, to string, reached func(*v1alpha1.RolloutStatus) bool) (*v1alpha1.RolloutStatus, error) {
	var last *v1alpha1.RolloutStatus
	err := waitFor(ctx, "the rollout to "+to, func(ctx context.Context) (bool, error) {
		e, err := j.endpoint(ctx)
		if err != nil {
			return false, client.IgnoreNotFound(err)
		}
		if r := e.Status.Rollout; r != nil && r.To == to {
			j.tell(last, r)
			last = r
			return reached(r), nil
		}
		return false, nil
	})
	if err != nil && last != nil {
		err = fmt.Errorf("%w; it stands at %s step %d/%d: %s", err, last.Stage, last.Step, last.Steps, last.Message)
	}
	return last, err
}

// tell prints each change of a rollout once.
func (j *Journey) tell(before, now *v1alpha1.RolloutStatus) {
	if before == nil || before.Stage != now.Stage || before.Step != now.Step || before.Paused != now.Paused {
		j.report.Notef("rollout to %s: %s %d/%d  %s", now.To, now.Stage, now.Step, now.Steps, now.Message)
	}
}

func ended(r *v1alpha1.RolloutStatus) bool { return r.Stage.Ended() }
