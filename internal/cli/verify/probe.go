package verify

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"landfall.dev/landfall/internal/desired/trial"
	"landfall.dev/landfall/internal/naming"
	core "landfall.dev/landfall/internal/verify"
)

// maxLogLine bounds a line of a probe's log.
const maxLogLine = 128 << 10

// probe runs one phase against a model's pod, in a pod of its own, and shows each
// observation.
func (r *run) probe(ctx context.Context, model string, l trial.Load, show func(core.Observation) error) error {
	address, err := r.modelAddress(ctx, model)
	if err != nil {
		return err
	}
	l.Target = "http://" + address
	l.MostConcurrency, l.LatencyFloorMilliseconds = r.limits.MostConcurrency, r.limits.LatencyFloorMilliseconds
	wanted := r.trial.ProbePod(l)
	if err := r.startProbe(ctx, wanted); err != nil {
		return err
	}
	return r.listen(ctx, wanted.Name, l.Phase, show)
}

// startProbe starts a pod of Landfall's agent and waits until it runs.
func (r *run) startProbe(ctx context.Context, wanted *corev1.Pod) error {
	if err := r.create(ctx, wanted); err != nil {
		return err
	}
	last, err := r.follow(ctx, wanted.Name, func(p pod) (bool, error) {
		status := p.container(trial.ContainerProbe)
		if status.State.Running != nil || status.State.Terminated != nil {
			return true, nil
		}
		return false, p.check()
	})
	if err != nil {
		if reason, is := isStuck(err); is {
			return fmt.Errorf("the probe does not start: %s; %s", reason.why, reason.do)
		}
		return fmt.Errorf("the probe did not start (%s): %w", last.lastWords(), err)
	}
	if last.Pod != nil && last.Spec.NodeName == r.report.Conditions.Node && wanted.Labels[naming.LabelVerifyRole] == trial.RoleProbe {
		r.report.Conditions.ProbeOnSameNode = true
	}
	return nil
}

// listen shows the observations of a probe until it is done. A log that breaks
// off is read again from its beginning, and what was shown is not shown twice.
func (r *run) listen(ctx context.Context, name string, phase core.Phase, show func(core.Observation) error) error {
	const attempts = 3
	shown := 0
	var words string
	for range attempts {
		done, others, err := r.readLog(ctx, name, &shown, show)
		if err != nil {
			return err
		}
		if done {
			return nil
		}
		words = others
		last, err := r.follow(ctx, name, func(p pod) (bool, error) {
			return p.container(trial.ContainerProbe).State.Terminated != nil, nil
		})
		if err != nil {
			return err
		}
		if last.Pod == nil {
			return fmt.Errorf("the pod %s of the probe was deleted by somebody: %w", name, errEnded)
		}
		if ended := last.container(trial.ContainerProbe).State.Terminated; ended != nil && ended.ExitCode != 0 {
			return fmt.Errorf("the probe failed in the phase %s: %s: %w", phase, endOf(ended), errEnded)
		}
	}
	return fmt.Errorf("the probe told nothing of the phase %s: %s: %w", phase, short(words), errEnded)
}

// readLog reads a log to its end. Others are the lines that are no
// observations.
func (r *run) readLog(ctx context.Context, name string, shown *int, show func(core.Observation) error) (done bool, others string, err error) {
	stream, err := r.cluster.CoreV1().Pods(r.trial.Namespace).GetLogs(name, &corev1.PodLogOptions{Container: trial.ContainerProbe, Follow: true}).Stream(ctx)
	if err != nil {
		return false, "", fmt.Errorf("cannot read the log of the pod %s: %w", name, err)
	}
	defer stream.Close()
	scanner := bufio.NewScanner(stream)
	scanner.Buffer(make([]byte, 0, bufio.MaxScanTokenSize), maxLogLine)
	for seen := 0; scanner.Scan(); {
		observation, is, err := core.ParseObservation(scanner.Bytes())
		if err != nil {
			return false, "", err
		}
		if !is {
			others = short(others + " " + scanner.Text())
			continue
		}
		if seen++; seen <= *shown {
			continue
		}
		*shown = seen
		if err := show(observation); err != nil {
			return false, "", err
		}
		if observation.Done {
			return true, "", nil
		}
	}
	if errors.Is(scanner.Err(), bufio.ErrTooLong) {
		return false, "", fmt.Errorf("the log of the pod %s has a line of more than %d bytes", name, maxLogLine)
	}
	return false, others, ctx.Err()
}
