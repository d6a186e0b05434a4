package journey

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"landfall.dev/landfall/api/v1alpha1"
)

// rollBackByHand reverts live to SageMaker under load, as reverting the commit
// would, and measures how long the cluster still got requests.
func (j *Journey) rollBackByHand(ctx context.Context) error {
	load := StartLoad(j.caller, endpointName, j.rows, requestsPerSecond)
	reverted := time.Now()
	err := j.change(ctx, func(e *v1alpha1.Endpoint) error {
		e.Spec.Live = managedVariant
		return nil
	})
	var late int
	if err == nil {
		late, err = servedAfterLeaving(ctx, load, clusterVariant, reverted)
	}
	samples := load.Stop()
	if err != nil {
		return err
	}
	exit := MeasureExit(samples, clusterVariant, func(s Sample) bool { return s.Start.After(reverted) })
	var last time.Time
	for _, s := range samples {
		if s.Variant == clusterVariant && s.Start.After(last) {
			last = s.Start
		}
	}
	took := max(0, last.Sub(reverted))
	j.report.Checkf("reverting live is a rollback", late == 0, "%.2f s from the edit to the last request sent to the cluster; %d requests in between, %d later", took.Seconds(), exit.BadAnswers, late)
	j.report.Aim("from the edit to the last request sent to the cluster", took, exitAim)
	failed := Failed(samples)
	j.report.Checkf("zero failed requests while rolling back", len(failed) == 0, "%d of %d failed%s", len(failed), len(samples), firstError(failed))
	return nil
}

// servedAfterLeaving waits until 20 requests in a row since a moment were
// answered by others than a variant, and then counts how many of those sent in
// the next seconds it answered all the same.
func servedAfterLeaving(ctx context.Context, load *Load, variant string, since time.Time) (served int, err error) {
	err = waitFor(ctx, "20 answers in a row that are not by "+variant, func(context.Context) (bool, error) {
		samples := load.Since(since)
		last := samples[max(0, len(samples)-20):]
		return len(last) == 20 && ByVariant(last)[variant] == 0, nil
	})
	if err != nil {
		return 0, err
	}
	left := time.Now()
	err = waitFor(ctx, "a few seconds more of load", func(context.Context) (bool, error) {
		return len(load.Since(left)) >= 3*requestsPerSecond, nil
	})
	return ByVariant(load.Since(left))[variant], err
}

// ignoreConflict lets a lost race be tried again.
func ignoreConflict(err error) error {
	if apierrors.IsConflict(err) {
		return nil
	}
	return err
}
