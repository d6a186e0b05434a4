package verify

import (
	"context"
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var createOptions = metav1.CreateOptions{FieldManager: fieldManager}

const fieldManager = "landfall-cli"

// cleanUpTime bounds the taking away: nobody waits for ever after Ctrl-C.
const cleanUpTime = 30 * time.Second

// made is an object of the run.
type made struct{ kind, name string }

func (r *run) remember(kind, name string) { r.made = append(r.made, made{kind, name}) }

// rememberUnless remembers an object that the API server may have made: also
// when nobody heard its answer, as after an interrupt. It was not made when the
// API server says so.
func (r *run) rememberUnless(err error, kind, name string) {
	var answer apierrors.APIStatus
	if err == nil || !errors.As(err, &answer) || answer.Status().Code >= http.StatusInternalServerError {
		r.remember(kind, name)
	}
}

// cleanUp deletes everything, also when the run was interrupted. What cannot be
// deleted is told with the command that does.
func (r *run) cleanUp(ctx context.Context) {
	if r.usage != nil {
		r.usage.stop()
	}
	command := "kubectl delete pods,secrets,networkpolicies,configmaps -n " + r.trial.Namespace + " -l " + r.trial.Selector()
	if r.keep {
		r.session.Notef("Everything was left in the cluster; to delete it: %s", command)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	var failure error
	for i := len(r.made) - 1; i >= 0; i-- {
		if err := r.patiently(ctx, func() error { return r.remove(ctx, r.made[i]) }); err != nil && !apierrors.IsNotFound(err) {
			failure = err
		}
	}
	if failure == nil {
		failure = r.podsGone(ctx)
	}
	if failure != nil {
		r.session.Warnf("not everything could be deleted: %s; delete it with: %s", r.session.Why(failure), command)
	}
}

func (r *run) remove(ctx context.Context, m made) error {
	namespace := r.trial.Namespace
	switch m.kind {
	case "pod":
		return r.cluster.CoreV1().Pods(namespace).Delete(ctx, m.name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(1))})
	case "secret":
		return r.cluster.CoreV1().Secrets(namespace).Delete(ctx, m.name, metav1.DeleteOptions{})
	case "networkpolicy":
		return r.cluster.NetworkingV1().NetworkPolicies(namespace).Delete(ctx, m.name, metav1.DeleteOptions{})
	default:
		return r.cluster.CoreV1().ConfigMaps(namespace).Delete(ctx, m.name, metav1.DeleteOptions{})
	}
}

// podsGone waits until no pod of the run is left.
func (r *run) podsGone(ctx context.Context) error {
	for _, m := range r.made {
		if m.kind != "pod" {
			continue
		}
		if _, err := r.follow(ctx, m.name, func(pod) (bool, error) { return false, nil }); err != nil {
			return err
		}
	}
	return nil
}
