package endpoint

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
	desired "landfall.dev/landfall/internal/desired/endpoint"
	"landfall.dev/landfall/internal/status"
)

// deployed is a Deployment of generation 2 with so many pods.
func deployed(observed int64, pods, updated, ready int32) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Generation: 2},
		Status:     appsv1.DeploymentStatus{ObservedGeneration: observed, Replicas: pods, UpdatedReplicas: updated, ReadyReplicas: ready},
	}
}

func TestLook(t *testing.T) {
	unapproved := status.Stall(v1alpha1.ReasonModelNotApproved, "not approved")
	classGone := status.Stall(v1alpha1.ReasonClassNotFound, "no class")
	cases := map[string]struct {
		reason     string
		live       bool
		carries    bool
		updating   bool
		problem    *status.StallError
		deployment *appsv1.Deployment
		want       bool
	}{
		"Complete":          {"All pods of the wanted content are ready.", false, false, false, nil, deployed(2, 2, 2, 2), true},
		"TooFew":            {"A target must have the pods it asks for before traffic comes.", false, true, false, nil, deployed(2, 2, 2, 1), false},
		"OldPods":           {"Pods of the old content prove nothing about the new.", false, false, false, nil, deployed(2, 3, 1, 2), false},
		"NotObserved":       {"The Deployment has not been looked at since it changed.", false, false, false, nil, deployed(1, 2, 2, 2), false},
		"JustWritten":       {"Nor has one whose change is still on its way into the cache.", false, false, true, nil, deployed(2, 2, 2, 2), false},
		"LiveInUpdate":      {"The live variant serves from the pods it has.", true, true, true, nil, deployed(1, 3, 1, 2), true},
		"LiveWithOnePod":    {"One pod is better than none.", true, true, false, nil, deployed(2, 2, 2, 1), true},
		"LiveWithoutPods":   {"Without pods nobody serves.", true, true, false, nil, deployed(2, 2, 2, 0), false},
		"NothingThere":      {"No Deployment, no pods.", false, false, false, nil, nil, false},
		"UnapprovedNew":     {"What is not approved gets no traffic though it runs.", false, false, false, unapproved, deployed(2, 2, 2, 2), false},
		"UnapprovedLive":    {"What serves goes on serving.", true, true, false, unapproved, deployed(2, 2, 2, 2), true},
		"UnapprovedMidway":  {"An approval that is withdrawn holds the rollout where it is.", false, true, false, unapproved, deployed(2, 2, 2, 2), false},
		"ClassGoneMidway":   {"Pods that run and have a part of the traffic keep it; the rollout is judged on what they do.", false, true, false, classGone, deployed(2, 2, 2, 2), true},
		"UnapprovedMissing": {"What was never made is not there.", false, false, false, unapproved, nil, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			read := &v1alpha1.Endpoint{Spec: v1alpha1.EndpointSpec{Variants: []v1alpha1.Variant{{Name: "cluster", Pods: &v1alpha1.PodsVariant{}}}}}
			if tc.live {
				read.Status.Live = "cluster"
			}
			if tc.carries {
				read.Status.Traffic = []v1alpha1.VariantTraffic{{Name: "cluster", WeightBasisPoints: 100}}
			}
			s := newScope(read, time.Time{})
			v := s.variants[0]
			v.deployment, v.updating, v.problem = tc.deployment, tc.updating, tc.problem
			if tc.problem == nil {
				v.desired = &desired.Variant{Pods: &v1alpha1.PodsVariant{Replicas: v1alpha1.ReplicaRange{Min: 2}}}
			}
			got := s.look(v)
			if got.ready != tc.want {
				t.Errorf("%s\nready is %v, want %v (%+v)", tc.reason, got.ready, tc.want, got)
			}
			if got.message == "" || !got.ready && got.reason == "" {
				t.Errorf("%s\nnothing is said: %+v", tc.reason, got)
			}
		})
	}
}

func TestFixedReplicasNeverStrandTraffic(t *testing.T) {
	fixed := &v1alpha1.Endpoint{
		Spec: v1alpha1.EndpointSpec{Live: "new", Replicas: new(int32(5))},
		Status: v1alpha1.EndpointStatus{
			Live:    "old",
			Traffic: []v1alpha1.VariantTraffic{{Name: "old", WeightBasisPoints: 9000}, {Name: "new", WeightBasisPoints: 1000}},
		},
	}
	promoted := fixed.DeepCopy()
	promoted.Status.Previous = &v1alpha1.PreviousVariant{Name: "old"}
	promoted.Status.Live, promoted.Status.Traffic = "new", []v1alpha1.VariantTraffic{{Name: "new", WeightBasisPoints: 10000}}
	cases := map[string]struct {
		reason   string
		endpoint *v1alpha1.Endpoint
		variant  string
		want     int32
	}{
		"Target":  {"What becomes live gets the number.", fixed, "new", 5},
		"Leaving": {"What still has the traffic keeps it.", fixed, "old", 5},
		"WayBack": {"After the promotion the way back stays as wide.", promoted, "old", 5},
		"Spare":   {"A variant that takes no part has its own range.", fixed, "spare", 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := newScope(tc.endpoint, time.Time{}).fixedReplicas(tc.variant); got != tc.want {
				t.Errorf("%s\nfixedReplicas(%s) = %d, want %d", tc.reason, tc.variant, got, tc.want)
			}
		})
	}
}
