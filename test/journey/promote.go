package journey

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
)

// requestsPerSecond is the steady load of a run: enough that one percent of it
// is a request a second, little enough for two cores that serve both sides.
const requestsPerSecond = 60

// promote moves the endpoint into the cluster under load, while the operator,
// a model pod and a router are taken away one after another.
func (j *Journey) promote(ctx context.Context) error {
	load := StartLoad(j.caller, endpointName, j.rows, requestsPerSecond)
	python := j.startPythonCaller(ctx)
	outcome, err := j.promoteUnderLoad(ctx)
	samples := load.Stop()
	j.checkPythonCaller(python)
	if err != nil {
		return err
	}
	j.report.Checkf("promoted", outcome.Stage == v1alpha1.StagePromoted, "%s in %.0f s: %s", outcome.Stage,
		time.Since(outcome.StartTime.Time).Seconds(), outcome.Message)
	j.report.Checkf("the answers are equal", outcome.ComparedRequests > 0 && outcome.EqualRequests == outcome.ComparedRequests,
		"%d of %d compared", outcome.EqualRequests, outcome.ComparedRequests)
	failed := Failed(samples)
	j.report.Checkf("zero failed requests", len(failed) == 0 && len(samples) > 0, "%d of %d failed%s; answered by %v",
		len(failed), len(samples), firstError(failed), ByVariant(samples))
	last := samples[max(0, len(samples)-20):]
	j.report.Checkf("all traffic is in the cluster", ByVariant(last)[clusterVariant] == len(last), "last 20 answered by %v", ByVariant(last))
	return nil
}

// promoteUnderLoad starts the rollout and disturbs it as it goes.
func (j *Journey) promoteUnderLoad(ctx context.Context) (*v1alpha1.RolloutStatus, error) {
	if _, err := j.landfall(ctx, "rollout", "start", endpointObject, "--namespace", modelsNamespace, "--to", clusterVariant, "--yes"); err != nil {
		return nil, err
	}
	disturbances := []struct {
		step int32
		what string
		do   func(context.Context) error
	}{
		{1, "the operator is killed and starts again", j.killOperator},
		{2, "a model pod is deleted", j.deleteModelPod},
		{3, "a router restarts", j.restartRouter},
	}
	for _, d := range disturbances {
		at, err := j.waitForRollout(ctx, clusterVariant, func(r *v1alpha1.RolloutStatus) bool {
			return r.Stage == v1alpha1.StageShifting && r.Step >= d.step || r.Stage.Ended()
		})
		if err != nil {
			return nil, err
		}
		if at.Stage.Ended() {
			return nil, fmt.Errorf("the rollout ended at step %d as %s before %s: %s", at.Step, at.Stage, d.what, at.Message)
		}
		j.report.Notef("%s", d.what)
		if err := d.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", d.what, err)
		}
	}
	return j.waitForRollout(ctx, clusterVariant, ended)
}

// killOperator ends the operator without a chance to say goodbye.
func (j *Journey) killOperator(ctx context.Context) error {
	pods, err := j.pods(ctx, systemNamespace, "app.kubernetes.io/name=landfall-operator")
	if err != nil {
		return err
	}
	for i := range pods {
		if err := j.client.Delete(ctx, &pods[i], client.GracePeriodSeconds(0)); err != nil {
			return err
		}
	}
	return j.deploymentsReady(ctx, systemNamespace, "landfall-operator")
}

func (j *Journey) deleteModelPod(ctx context.Context) error {
	return j.deleteOnePod(ctx, modelsNamespace, "landfall.dev/endpoint="+endpointObject+",landfall.dev/variant="+clusterVariant)
}

func (j *Journey) restartRouter(ctx context.Context) error {
	return j.deleteOnePod(ctx, systemNamespace, "app.kubernetes.io/name=landfall-router")
}

func (j *Journey) deleteOnePod(ctx context.Context, namespace, selector string) error {
	pods, err := j.pods(ctx, namespace, selector)
	if err != nil {
		return err
	}
	return j.client.Delete(ctx, &pods[0])
}

// pods lists the pods of a selector; none is an error.
func (j *Journey) pods(ctx context.Context, namespace, selector string) ([]corev1.Pod, error) {
	var list corev1.PodList
	raw := client.ListOptions{Namespace: namespace, Raw: nil}
	labels, err := parseSelector(selector)
	if err != nil {
		return nil, err
	}
	raw.LabelSelector = labels
	if err := j.client.List(ctx, &list, &raw); err != nil {
		return nil, err
	}
	if len(list.Items) == 0 {
		return nil, fmt.Errorf("no pod matches %s in %s", selector, namespace)
	}
	return list.Items, nil
}
