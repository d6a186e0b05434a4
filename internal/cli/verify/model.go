package verify

import (
	"context"
	"fmt"
	"regexp"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"landfall.dev/landfall/internal/naming"
	core "landfall.dev/landfall/internal/verify"
)

func (r *run) modelName() string { return r.trial.ModelPodName() }

// tryModel starts the model's pod and waits for its first answer. It returns why
// the pod will never answer, or nil when it did.
func (r *run) tryModel(ctx context.Context) (*stuckError, error) {
	wanted, err := r.trial.ModelPod()
	if err != nil {
		return nil, err
	}
	err = r.create(ctx, wanted)
	if admissionDenied(err) && len(r.trial.Needs) > 0 {
		return &stuckError{
			why: "the namespace takes no pod with them: " + short(r.session.Why(err)),
			do:  "name another namespace with -n whose Pod Security level allows them",
		}, nil
	}
	if err != nil {
		return nil, err
	}
	r.session.Notef("Starting the model in pod %s/%s", r.trial.Namespace, wanted.Name)
	denied := len(wanted.Spec.InitContainers) == 0
	last, err := r.follow(ctx, wanted.Name, func(p pod) (bool, error) {
		if !denied && p.container(naming.ContainerFetch).State.Terminated != nil {
			denied = true
			if err := r.denyEgress(ctx, wanted.Name); err != nil {
				return false, err
			}
		}
		return p.isReady(), p.check()
	})
	if stuck, is := isStuck(err); is {
		if ended := last.ended(); ended != nil {
			r.explain(ctx, wanted.Name, stuck, ended.ExitCode)
		}
		r.subject.conceal(stuck)
		return stuck, nil
	}
	if err != nil {
		if words := last.lastWords(); words != "" {
			err = fmt.Errorf("the model did not answer (%s): %w", words, err)
		}
		return nil, err
	}
	if last.Pod == nil || !last.isReady() {
		return nil, fmt.Errorf("the pod %s was deleted by somebody: %w", wanted.Name, errEnded)
	}
	r.tookUp(ctx, last)
	return nil, nil //nolint:nilnil // nothing keeps it from running, and nothing went wrong
}

// denyEgress labels the model's pod so that the policy holds for it.
func (r *run) denyEgress(ctx context.Context, name string) error {
	patch := fmt.Sprintf(`{"metadata":{"labels":{%q:%q}}}`, naming.LabelVerifyEgress, naming.EgressDenied)
	err := r.patiently(ctx, func() error {
		_, err := r.cluster.CoreV1().Pods(r.trial.Namespace).Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: fieldManager})
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot label the pod %s: %w", name, err)
	}
	return nil
}

// tookUp takes down how long the start took. Kubernetes keeps whole seconds.
func (r *run) tookUp(ctx context.Context, p pod) {
	c := &r.report.Conditions
	model := p.container(naming.ContainerModel)
	c.Node, c.ImageID = p.Spec.NodeName, model.ImageID
	r.ready = p.condition(corev1.PodReady).LastTransitionTime.Time
	figures := &core.ReadyFigures{ImagePullSeconds: r.pullSeconds(ctx, p.Name)}
	if s := p.condition(corev1.PodScheduled); s != nil {
		figures.Seconds = r.ready.Sub(s.LastTransitionTime.Time).Seconds()
	}
	if model.State.Running != nil {
		figures.LoadSeconds = r.ready.Sub(model.State.Running.StartedAt.Time).Seconds()
	}
	if fetch := p.container(naming.ContainerFetch).State.Terminated; fetch != nil {
		figures.FetchSeconds = new(fetch.FinishedAt.Sub(fetch.StartedAt.Time).Seconds())
	}
	r.found.Figures.Ready = figures
	r.warm = r.ready
	r.watchThrottling(ctx)
	r.usage = watchUsage(ctx, r.cluster, r.trial.Namespace, p.Name, p.Spec.NodeName)
	r.watchGPU(ctx)
	r.session.Notef("Ready after %.0f s on node %s", figures.Seconds, p.Spec.NodeName)
}

var pulledForm = regexp.MustCompile(`in ([0-9][0-9a-zµ.]*)`)

// pullSeconds is how long pulling the model's image took, by the kubelet's
// event; nil where events cannot be read or do not tell.
func (r *run) pullSeconds(ctx context.Context, name string) *float64 {
	events, err := r.cluster.CoreV1().Events(r.trial.Namespace).List(ctx, metav1.ListOptions{
		FieldSelector: "involvedObject.kind=Pod,involvedObject.name=" + name + ",reason=Pulled",
	})
	if err != nil {
		return nil
	}
	for _, event := range events.Items {
		if event.InvolvedObject.FieldPath != "spec.containers{"+naming.ContainerModel+"}" {
			continue
		}
		match := pulledForm.FindStringSubmatch(event.Message)
		if match == nil {
			return new(0.0) // already present on machine
		}
		if took, err := time.ParseDuration(match[1]); err == nil {
			return new(took.Seconds())
		}
	}
	return nil
}
