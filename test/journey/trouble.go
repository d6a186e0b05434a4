package journey

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
)

// exitAim is how soon a bad variant should be out of the traffic, on a machine
// that is not busy with other work.
const exitAim = 2 * time.Second

// slowAnswer is what callers of the quick model call slow.
const slowAnswer = 800 * time.Millisecond

// trouble tries models that go wrong, one after another, against the good one
// that is live in the cluster.
func (j *Journey) trouble(ctx context.Context) error {
	load := StartLoad(j.caller, endpointName, j.rows, requestsPerSecond)
	defer load.Stop()
	for _, try := range []func(context.Context, *Load) error{j.tryWrong, j.trySlow, j.tryFailing, j.tryCrashing} {
		if err := try(ctx, load); err != nil {
			return err
		}
	}
	return nil
}

// tryWrong offers a model that flips a few percent of the labels.
func (j *Journey) tryWrong(ctx context.Context, load *Load) error {
	began := time.Now()
	if err := j.offer(ctx, "wrong", quickRollout(true), map[string]string{"CHURN_VARIANT": "wrong"}); err != nil {
		return err
	}
	outcome, err := j.waitForRollout(ctx, "wrong", ended)
	if err != nil {
		return err
	}
	served := ByVariant(load.Since(began))["wrong"]
	j.report.Checkf("the wrong model is never promoted", outcome.Stage == v1alpha1.StageRolledBack && served == 0,
		"%s after %d compared, %d equal; it served %d requests: %s", outcome.Stage, outcome.ComparedRequests, outcome.EqualRequests, served, outcome.Message)
	return j.withdraw(ctx, "wrong")
}

// trySlow offers a model that turns slow once it serves.
func (j *Journey) trySlow(ctx context.Context, load *Load) error {
	// A second more is slow even beside a good model on a busy machine.
	return j.tryGoingBad(ctx, load, "slow", latencyGate(150, 150), map[string]string{"CHURN_VARIANT": "slow", "CHURN_SLOW_MS": "1000", "CHURN_TROUBLE_AFTER": "60"},
		func(s Sample) bool { return s.Err == nil && s.Latency() > slowAnswer })
}

// tryFailing offers a model that fails now and then once it serves.
func (j *Journey) tryFailing(ctx context.Context, load *Load) error {
	return j.tryGoingBad(ctx, load, "failing", quickRollout(false).Gates.Latency, map[string]string{"CHURN_VARIANT": "failing", "CHURN_FAIL_PERCENT": "50", "CHURN_TROUBLE_AFTER": "60"},
		func(s Sample) bool { return s.Err != nil })
}

// tryGoingBad gives a model traffic without a shadow, lets it go bad while it
// serves, and measures how long it kept the traffic.
func (j *Journey) tryGoingBad(ctx context.Context, load *Load, name string, latency v1alpha1.LatencyGate, env map[string]string, bad func(Sample) bool) error {
	rollout := quickRollout(false)
	rollout.Gates.Latency = latency
	rollout.Steps = rollout.Steps[1:]
	began := time.Now()
	if err := j.offer(ctx, name, rollout, env); err != nil {
		return err
	}
	outcome, err := j.waitForRollout(ctx, name, ended)
	if err != nil {
		return err
	}
	late, err := servedAfterLeaving(ctx, load, name, began)
	if err != nil {
		return err
	}
	exit := MeasureExit(load.Since(began), name, bad)
	j.report.Checkf("the "+name+" model is rolled back", outcome.Stage == v1alpha1.StageRolledBack && exit.BadAnswers > 0,
		"%s at %d/%d: %s", outcome.Stage, outcome.Step, outcome.Steps, outcome.Message)
	j.report.Checkf("the "+name+" model leaves the traffic", exit.BadAnswers > 0 && late == 0,
		"%.2f s from its first bad answer to the last request it served; %d bad answers among %d, %d requests served later", exit.Took.Seconds(), exit.BadAnswers, exit.Served, late)
	j.report.Aim("from the first bad answer of the "+name+" model to its last request", exit.Took, exitAim)
	return j.withdraw(ctx, name)
}

// tryCrashing offers a model that dies while it loads.
func (j *Journey) tryCrashing(ctx context.Context, load *Load) error {
	began := time.Now()
	if err := j.offer(ctx, "crash", quickRollout(true), map[string]string{"CHURN_VARIANT": "crash"}); err != nil {
		return err
	}
	var message string
	err := waitFor(ctx, "the crash to be reported", func(ctx context.Context) (bool, error) {
		e, err := j.endpoint(ctx)
		if err != nil {
			return false, err
		}
		for _, v := range e.Status.Variants {
			if v.Name == "crash" {
				message = v.Message
			}
		}
		c := metaCondition(e, v1alpha1.ReasonContainerCrashing)
		return c != nil && message != "", nil
	})
	served := ByVariant(load.Since(began))["crash"]
	j.report.Checkf("the crashing model gets no request and says why", err == nil && served == 0, "served %d; status: %s", served, oneLine(message))
	if err != nil {
		return err
	}
	return j.withdraw(ctx, "crash")
}

// metaCondition returns the condition that gives a reason, if one does.
func metaCondition(e *v1alpha1.Endpoint, reason string) *metav1.Condition {
	for i := range e.Status.Conditions {
		if e.Status.Conditions[i].Reason == reason {
			return &e.Status.Conditions[i]
		}
	}
	return nil
}

// offer adds a variant that serves the same artifact with another environment,
// and asks for the traffic to move to it.
func (j *Journey) offer(ctx context.Context, name string, rollout v1alpha1.RolloutSpec, env map[string]string) error {
	if err := j.copyModel(ctx, name, env); err != nil {
		return err
	}
	return j.change(ctx, func(e *v1alpha1.Endpoint) error {
		good := e.Spec.FindVariant(clusterVariant)
		if good == nil {
			return fmt.Errorf("endpoint %s has no variant %s", e.Name, clusterVariant)
		}
		variant := good.DeepCopy()
		variant.Name = name
		variant.Pods.ModelRef.Name = modelName(name)
		variant.Pods.Replicas = v1alpha1.ReplicaRange{Min: 1}
		e.Spec.Variants = append(e.Spec.Variants, *variant)
		e.Spec.Live = name
		e.Spec.Rollout = rollout
		return nil
	})
}

// withdraw takes a variant away again; by then it has no traffic.
func (j *Journey) withdraw(ctx context.Context, name string) error {
	err := j.change(ctx, func(e *v1alpha1.Endpoint) error {
		e.Spec.Live = clusterVariant
		var rest []v1alpha1.Variant
		for _, v := range e.Spec.Variants {
			if v.Name != name {
				rest = append(rest, v)
			}
		}
		e.Spec.Variants = rest
		return nil
	})
	if err != nil {
		return err
	}
	if err := j.client.Delete(ctx, &v1alpha1.Model{ObjectMeta: metav1.ObjectMeta{Namespace: modelsNamespace, Name: modelName(name)}}); err != nil {
		return err
	}
	return waitFor(ctx, "the pods of "+name+" to go", func(ctx context.Context) (bool, error) {
		var pods corev1.PodList
		err := j.client.List(ctx, &pods, client.InNamespace(modelsNamespace),
			client.MatchingLabels{"landfall.dev/endpoint": endpointObject, "landfall.dev/variant": name})
		return err == nil && len(pods.Items) == 0, err
	})
}

// change edits the endpoint's spec, again when someone else was faster.
func (j *Journey) change(ctx context.Context, edit func(*v1alpha1.Endpoint) error) error {
	return waitFor(ctx, "an edit of the endpoint to be accepted", func(ctx context.Context) (bool, error) {
		e, err := j.endpoint(ctx)
		if err != nil {
			return false, err
		}
		if err := edit(e); err != nil {
			return false, err
		}
		err = j.client.Update(ctx, e)
		return err == nil, ignoreConflict(err)
	})
}

func modelName(variant string) string { return "churn-" + variant }

// copyModel registers the good model's files and image with another environment.
func (j *Journey) copyModel(ctx context.Context, name string, env map[string]string) error {
	e, err := j.endpoint(ctx)
	if err != nil {
		return err
	}
	var good v1alpha1.Model
	goodName := e.Spec.FindVariant(clusterVariant).Pods.ModelRef.Name
	if err := j.client.Get(ctx, client.ObjectKey{Namespace: modelsNamespace, Name: goodName}, &good); err != nil {
		return err
	}
	bad := v1alpha1.Model{ObjectMeta: metav1.ObjectMeta{Namespace: modelsNamespace, Name: modelName(name)}, Spec: *good.Spec.DeepCopy()}
	for key, value := range env {
		bad.Spec.Container.Env = append(bad.Spec.Container.Env, corev1.EnvVar{Name: key, Value: value})
	}
	return j.client.Create(ctx, &bad)
}
