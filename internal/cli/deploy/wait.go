package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/follow"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/view"
)

// finish waits for the Endpoints, if asked to, and says what comes next.
func (o *options) finish(ctx context.Context, cluster client.WithWatch, plans []*planned, namespace string) error {
	var names []string
	for _, p := range plans {
		if p.object.GetKind() == "Endpoint" {
			names = append(names, p.object.GetName())
		}
	}
	waiting := ctx
	if o.timeout > 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	for _, name := range names {
		if !o.wait {
			o.session.Suggest(view.Next{Message: "watch its pods become ready", Command: []string{"get", "endpoint", name, "-w"}})
			continue
		}
		endpoint, err := o.await(waiting, cluster, namespace, name)
		if err != nil {
			return err
		}
		o.session.Notef("endpoint %s is ready; its traffic is where it was: %s", name, endpoint.Status.Split)
		o.session.Suggest(view.NextOf(endpoint))
	}
	return nil
}

// await follows an Endpoint until every variant that runs here is ready.
func (o *options) await(ctx context.Context, cluster client.WithWatch, namespace, name string) (*v1alpha1.Endpoint, error) {
	var last *v1alpha1.Endpoint
	log := output.NewLog(o.session.ErrOut, o.session.Palette(o.session.ErrOut), o.session.Now)
	follower := &follow.Follower{
		Client:  cluster,
		Lost:    o.session.WarnLost,
		List:    func() client.ObjectList { return &v1alpha1.EndpointList{} },
		Options: []client.ListOption{client.InNamespace(namespace), client.MatchingFields{metav1.ObjectNameField: name}},
	}
	previous := ""
	err := follower.Run(ctx, func(event follow.Event) error {
		endpoint, ok := event.Object.(*v1alpha1.Endpoint)
		if !ok {
			return nil
		}
		if event.Deleted {
			return &output.Failure{What: "endpoint " + name + " is not ready", Why: "it was deleted", Code: output.ExitNo}
		}
		last = endpoint
		if ready(endpoint) {
			return follow.ErrStop
		}
		if key := waitsFor(endpoint); key != previous {
			previous = key
			log.Head([]view.Column{{Name: "ENDPOINT"}, {Name: "WAITS FOR"}})
			if err := log.Line([]view.Cell{view.Text(name), view.Text(key)}); err != nil {
				return err
			}
		}
		return stalled(endpoint)
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, o.tooLate(last, name)
	}
	return last, o.session.Explain("cannot follow the endpoint "+name, err)
}

func (o *options) tooLate(last *v1alpha1.Endpoint, name string) error {
	why := "the operator has not looked at it"
	if last != nil {
		why = "it waits for " + waitsFor(last)
	}
	return &output.Failure{
		What: fmt.Sprintf("endpoint %s is not ready after %s", name, o.timeout), Why: why,
		Next: fmt.Sprintf("%s get endpoint %s -w%s, or raise --timeout", o.session.Program, name, o.session.Scope()),
		Code: output.ExitTimeout,
	}
}

// ready says that the operator has seen the spec and that every variant which
// runs in the cluster can take requests.
func ready(endpoint *v1alpha1.Endpoint) bool {
	return endpoint.Status.ObservedGeneration >= endpoint.Generation && endpoint.Status.Live != "" && len(unready(endpoint)) == 0
}

// unready names the pods variants that cannot take requests yet, each with why.
func unready(endpoint *v1alpha1.Endpoint) []string {
	var words []string
	for i := range endpoint.Spec.Variants {
		variant := &endpoint.Spec.Variants[i]
		if variant.Pods == nil {
			continue
		}
		word := variant.Name + ": not started"
		for _, status := range endpoint.Status.Variants {
			if status.Name != variant.Name {
				continue
			}
			if status.Ready {
				word = ""
				break
			}
			word = fmt.Sprintf("%s: %d of %d pods ready", variant.Name, status.ReadyReplicas, status.Replicas)
			if status.Message != "" {
				word += ", " + status.Message
			}
		}
		if word != "" {
			words = append(words, word)
		}
	}
	return words
}

func waitsFor(endpoint *v1alpha1.Endpoint) string {
	if endpoint.Status.ObservedGeneration < endpoint.Generation {
		return "the operator to look at it"
	}
	if words := unready(endpoint); len(words) > 0 {
		return strings.Join(words, "; ")
	}
	return "traffic on " + endpoint.Spec.Live
}

// stalled returns a failure when only a person can help.
func stalled(endpoint *v1alpha1.Endpoint) error {
	condition := meta.FindStatusCondition(endpoint.Status.Conditions, v1alpha1.ConditionStalled)
	if endpoint.Status.ObservedGeneration < endpoint.Generation || condition == nil || condition.Status != metav1.ConditionTrue {
		return nil
	}
	return &output.Failure{
		What: "endpoint " + endpoint.Name + " cannot become ready", Why: condition.Reason + ": " + condition.Message,
		Next: "mend the cause; the operator goes on by itself", Code: output.ExitNo,
	}
}
