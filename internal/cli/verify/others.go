package verify

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/internal/naming"
)

// mostOthers are told of by name.
const mostOthers = 5

// tellOthers names the runs whose objects are in the namespace. A run that was
// killed could not take them away, requests of a customer among them; and nobody
// but a person knows whether another one is still under way.
func (r *run) tellOthers(ctx context.Context) {
	if r.lacks("configmaps") {
		return
	}
	anchors, err := r.cluster.CoreV1().ConfigMaps(r.trial.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: naming.LabelName + "=" + naming.NameVerify,
	})
	if err != nil {
		return // it is a hint, and nothing rests on it
	}
	for i := range anchors.Items[:min(len(anchors.Items), mostOthers)] {
		r.session.Notef("%s; to delete all of it: kubectl delete configmap %s -n %s",
			otherRun(&anchors.Items[i], r.session.Now()), anchors.Items[i].Name, r.trial.Namespace)
	}
	if more := len(anchors.Items) - mostOthers; more > 0 {
		r.session.Notef("and %d more: kubectl get configmaps -n %s -l %s=%s", more, r.trial.Namespace, naming.LabelName, naming.NameVerify)
	}
}

// otherRun says what is known of a run by the object that owns all others.
func otherRun(anchor *corev1.ConfigMap, now time.Time) string {
	until, err := time.Parse(time.RFC3339, anchor.Annotations[naming.AnnotationVerifyUntil])
	if err == nil && now.Before(until) {
		return fmt.Sprintf("Another run, %s, is under way until %s, or was killed", anchor.Name, until.Format(time.RFC3339))
	}
	return fmt.Sprintf("An earlier run, %s of %s, was killed or kept, and its objects are still there",
		anchor.Name, anchor.CreationTimestamp.UTC().Format(time.RFC3339))
}
