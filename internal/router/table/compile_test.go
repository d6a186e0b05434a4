package table

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
)

func endpoint(name string, change ...func(*v1alpha1.Endpoint)) *v1alpha1.Endpoint {
	e := &v1alpha1.Endpoint{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: name, UID: types.UID("uid-" + name),
			CreationTimestamp: metav1.NewTime(time.Unix(1000, 0)),
		},
		Spec: v1alpha1.EndpointSpec{
			Live: "managed",
			Variants: []v1alpha1.Variant{
				{Name: "managed", SageMaker: &v1alpha1.SageMakerVariant{EndpointName: "Churn-Prod", Region: "eu-west-1"}},
				{Name: "cluster", Pods: &v1alpha1.PodsVariant{InvocationTimeoutSeconds: 5}},
			},
		},
		Status: v1alpha1.EndpointStatus{
			Live: "managed", TrafficRevision: 3,
			Traffic: []v1alpha1.VariantTraffic{
				{Name: "managed", WeightBasisPoints: 9900},
				{Name: "cluster", WeightBasisPoints: 100, MirrorBasisPoints: 10000},
			},
		},
	}
	for _, c := range change {
		c(e)
	}
	return e
}

type podState struct {
	address                     string
	ready, serving, terminating *bool
}

func sliceOf(endpointName, variant string, pods ...podState) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Labels: map[string]string{
			naming.LabelServiceName: naming.ChildName(endpointName, variant),
			naming.LabelEndpoint:    endpointName, naming.LabelVariant: variant,
		}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: ptr.To(naming.PortHTTP), Port: ptr.To[int32](8080)}},
	}
	for _, p := range pods {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{
			Addresses:  []string{p.address},
			Conditions: discoveryv1.EndpointConditions{Ready: p.ready, Serving: p.serving, Terminating: p.terminating},
		})
	}
	return s
}

func TestCompilePods(t *testing.T) {
	yes, no := ptr.To(true), ptr.To(false)
	cases := map[string]struct {
		reason string
		slices []*discoveryv1.EndpointSlice
		want   Pods
	}{
		"Ready": {
			reason: "Ready pods of all slices are used, sorted, once each; an unset condition means ready.",
			slices: []*discoveryv1.EndpointSlice{
				sliceOf("churn", "cluster", podState{address: "10.0.0.2", ready: yes}),
				sliceOf("churn", "cluster", podState{address: "10.0.0.1"}, podState{address: "10.0.0.2", ready: yes}),
			},
			want: Pods{Addresses: []string{"10.0.0.1:8080", "10.0.0.2:8080"}},
		},
		"Terminating": {
			reason: "A pod that is shutting down gets no new requests while another is ready.",
			slices: []*discoveryv1.EndpointSlice{sliceOf("churn", "cluster",
				podState{"10.0.0.1", no, yes, yes}, podState{"10.0.0.2", yes, yes, no})},
			want: Pods{Addresses: []string{"10.0.0.2:8080"}},
		},
		"LastResort": {
			reason: "When every pod is shutting down, those that still serve are better than none.",
			slices: []*discoveryv1.EndpointSlice{sliceOf("churn", "cluster",
				podState{"10.0.0.1", no, yes, yes}, podState{"10.0.0.2", no, no, yes})},
			want: Pods{Addresses: []string{"10.0.0.1:8080"}},
		},
		"Loading": {
			reason: "Pods that are not ready and not shutting down are loading.",
			slices: []*discoveryv1.EndpointSlice{sliceOf("churn", "cluster", podState{"10.0.0.1", no, no, no})},
			want:   Pods{Addresses: nil, Loading: true},
		},
		"Foreign": {
			reason: "A Service of the same name that belongs to another Endpoint is not this variant's.",
			slices: []*discoveryv1.EndpointSlice{func() *discoveryv1.EndpointSlice {
				s := sliceOf("churn", "cluster", podState{address: "10.0.0.1"})
				s.Labels[naming.LabelEndpoint] = "chu"
				return s
			}()},
			want: Pods{},
		},
		"OtherPort": {
			reason: "Only the port named http is where models answer.",
			slices: []*discoveryv1.EndpointSlice{func() *discoveryv1.EndpointSlice {
				s := sliceOf("churn", "cluster", podState{address: "10.0.0.1"})
				s.Ports[0].Name = ptr.To("metrics")
				return s
			}()},
			want: Pods{},
		},
		"IPv6": {
			reason: "IPv6 addresses are bracketed.",
			slices: []*discoveryv1.EndpointSlice{sliceOf("churn", "cluster", podState{address: "fd00::1"})},
			want:   Pods{Addresses: []string{"[fd00::1]:8080"}},
		},
		"NoAddress": {
			reason: "An entry without addresses is passed over.",
			slices: []*discoveryv1.EndpointSlice{func() *discoveryv1.EndpointSlice {
				s := sliceOf("churn", "cluster", podState{address: "10.0.0.1"})
				s.Endpoints[0].Addresses = nil
				return s
			}()},
			want: Pods{},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := Compile([]*v1alpha1.Endpoint{endpoint("churn")}, tc.slices)
			route := got.Routes[Key{"shop", "churn"}]
			if diff := cmp.Diff(tc.want, *route.Find("cluster").Pods); diff != "" {
				t.Errorf("%s\nCompile(...): -want, +got:\n%s", tc.reason, diff)
			}
			if route.Find("cluster").Timeout != 5*time.Second {
				t.Errorf("timeout is %s; want the 5 s of the spec", route.Find("cluster").Timeout)
			}
			if route.Find("managed").Timeout != SageMakerTimeout {
				t.Errorf("SageMaker's timeout is %s; want %s", route.Find("managed").Timeout, SageMakerTimeout)
			}
		})
	}
}

func TestCompileTraffic(t *testing.T) {
	set := func(shares ...v1alpha1.VariantTraffic) func(*v1alpha1.Endpoint) {
		return func(e *v1alpha1.Endpoint) { e.Status.Traffic = shares }
	}
	cases := map[string]struct {
		reason  string
		change  func(*v1alpha1.Endpoint)
		want    []v1alpha1.VariantTraffic
		problem string
	}{
		"AsGiven": {
			reason: "Shares that add up are taken as they are.",
			change: func(*v1alpha1.Endpoint) {},
			want: []v1alpha1.VariantTraffic{
				{Name: "managed", WeightBasisPoints: 9900},
				{Name: "cluster", WeightBasisPoints: 100, MirrorBasisPoints: 10000},
			},
		},
		"Empty": {reason: "Without traffic nothing is served.", change: set(), want: nil},
		"VariantGone": {
			reason: "The share of a variant that left the spec goes to the live one.",
			change: set(v1alpha1.VariantTraffic{Name: "managed", WeightBasisPoints: 9000},
				v1alpha1.VariantTraffic{Name: "old", WeightBasisPoints: 1000}),
			want:    []v1alpha1.VariantTraffic{{Name: "managed", WeightBasisPoints: 10000}},
			problem: `names variant "old"`,
		},
		"LiveNotListed": {
			reason: "The live variant takes over even when it had no share.",
			change: set(v1alpha1.VariantTraffic{Name: "old", WeightBasisPoints: 10000}),
			want:   []v1alpha1.VariantTraffic{{Name: "managed", WeightBasisPoints: 10000}}, problem: `names variant "old"`,
		},
		"NobodyLeft": {
			reason: "Without a live variant there is nobody to take over.",
			change: func(e *v1alpha1.Endpoint) {
				e.Status.Live = "old"
				e.Status.Traffic = []v1alpha1.VariantTraffic{{Name: "old", WeightBasisPoints: 10000}}
			},
			want: nil, problem: "no live variant",
		},
		"TooMuch": {
			reason: "Shares over 100 % are refused rather than guessed at.",
			change: set(v1alpha1.VariantTraffic{Name: "managed", WeightBasisPoints: 9000},
				v1alpha1.VariantTraffic{Name: "cluster", WeightBasisPoints: 2000}),
			want: nil, problem: "add up to 11000",
		},
		"TooLittle": {
			reason: "Shares under 100 % of variants that all exist are a mistake, not a variant that left.",
			change: set(v1alpha1.VariantTraffic{Name: "managed", WeightBasisPoints: 9000}),
			want:   nil, problem: "add up to 9000",
		},
		"Negative": {
			reason: "Negative shares are refused.",
			change: set(v1alpha1.VariantTraffic{Name: "managed", WeightBasisPoints: 11000},
				v1alpha1.VariantTraffic{Name: "cluster", WeightBasisPoints: -1000}),
			want: nil, problem: "-1000",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := Compile([]*v1alpha1.Endpoint{endpoint("churn", tc.change)}, nil)
			if diff := cmp.Diff(tc.want, got.Routes[Key{"shop", "churn"}].Traffic); diff != "" {
				t.Errorf("%s\nCompile(...): -want, +got:\n%s", tc.reason, diff)
			}
			problems := strings.Join(got.Problems, "\n")
			if (tc.problem == "") != (problems == "") || !strings.Contains(problems, tc.problem) {
				t.Errorf("%s\nproblems are %q; want one about %q", tc.reason, problems, tc.problem)
			}
		})
	}
}

func TestCompileNameConflict(t *testing.T) {
	older := endpoint("zebra", func(e *v1alpha1.Endpoint) { e.Spec.EndpointName = "Churn" })
	younger := endpoint("ant", func(e *v1alpha1.Endpoint) {
		e.Spec.EndpointName = "Churn"
		e.CreationTimestamp = metav1.NewTime(time.Unix(2000, 0))
	})
	for _, order := range [][]*v1alpha1.Endpoint{{older, younger}, {younger, older}} {
		got := Compile(order, nil)
		if name := got.Routes[Key{"shop", "Churn"}].Name; name != "zebra" {
			t.Errorf("the name went to %s; want it kept by the older Endpoint, zebra", name)
		}
		if len(got.Problems) != 1 || !strings.Contains(got.Problems[0], "Endpoint shop/ant") {
			t.Errorf("problems are %q; want one about shop/ant", got.Problems)
		}
	}
}

// Age decides between Endpoints that serve alike. One that the operator gives no
// traffic, or that is being deleted, leaves the name to one that serves.
func TestCompileNameGoesToWhoServes(t *testing.T) {
	cases := map[string]struct {
		reason string
		older  func(*v1alpha1.Endpoint)
	}{
		"OlderHasNoTraffic": {
			"The operator gave the name to the younger one.",
			func(e *v1alpha1.Endpoint) { e.Status.Traffic = nil },
		},
		"OlderIsDeleted": {
			"The older one's pods go while its finalizers hold it.",
			func(e *v1alpha1.Endpoint) { e.DeletionTimestamp = new(metav1.NewTime(time.Unix(3000, 0))) },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			older := endpoint("zebra", func(e *v1alpha1.Endpoint) { e.Spec.EndpointName = "Churn" }, tc.older)
			younger := endpoint("ant", func(e *v1alpha1.Endpoint) {
				e.Spec.EndpointName = "Churn"
				e.CreationTimestamp = metav1.NewTime(time.Unix(2000, 0))
			})
			got := Compile([]*v1alpha1.Endpoint{older, younger}, nil)
			if name := got.Routes[Key{"shop", "Churn"}].Name; name != "ant" {
				t.Errorf("%s\nthe name went to %s; want ant", tc.reason, name)
			}
			if len(got.Problems) != 1 || !strings.Contains(got.Problems[0], "Endpoint shop/zebra") {
				t.Errorf("%s\nproblems are %q; want one about shop/zebra", tc.reason, got.Problems)
			}
		})
	}
}

func TestCompileBreaker(t *testing.T) {
	during := endpoint("churn", func(e *v1alpha1.Endpoint) {
		e.Status.Rollout = &v1alpha1.RolloutStatus{From: "managed", To: "cluster", Stage: v1alpha1.StageShifting}
	})
	after := endpoint("churn", func(e *v1alpha1.Endpoint) {
		e.Status.Rollout = &v1alpha1.RolloutStatus{From: "managed", To: "cluster", Stage: v1alpha1.StagePromoted}
	})
	config := Compile([]*v1alpha1.Endpoint{during}, nil).Routes[Key{"shop", "churn"}].Breaker
	if config == nil || config.Target != "cluster" || config.Reference != "managed" {
		t.Errorf("the breaker during a rollout is %+v; want one that watches cluster against managed", config)
	}
	if got := Compile([]*v1alpha1.Endpoint{after}, nil).Routes[Key{"shop", "churn"}].Breaker; got != nil {
		t.Errorf("the breaker after a rollout is %+v; want none", got)
	}
}

// A live variant that left the spec, as when it is renamed, is served from its
// pods, which the operator keeps until another has the traffic.
func TestCompileKeepsTheLiveVariantThatLeftTheSpec(t *testing.T) {
	renamed := endpoint("churn", func(e *v1alpha1.Endpoint) {
		e.Status.Live = "old"
		e.Status.Traffic = []v1alpha1.VariantTraffic{{Name: "old", WeightBasisPoints: 10000}}
	})
	got := Compile([]*v1alpha1.Endpoint{renamed}, []*discoveryv1.EndpointSlice{sliceOf("churn", "old", podState{address: "10.0.0.1"})})
	route := got.Routes[Key{"shop", "churn"}]
	if diff := cmp.Diff(renamed.Status.Traffic, route.Traffic); diff != "" {
		t.Errorf("traffic (-want +got):\n%s", diff)
	}
	want := &Variant{Name: "old", Timeout: DefaultInvocationTimeout, Pods: &Pods{Addresses: []string{"10.0.0.1:8080"}}}
	if diff := cmp.Diff(want, route.Find("old")); diff != "" {
		t.Errorf("the removed variant (-want +got):\n%s", diff)
	}
	if route := Compile([]*v1alpha1.Endpoint{renamed}, nil).Routes[Key{"shop", "churn"}]; len(route.Traffic) != 0 {
		t.Errorf("without pods there is nobody to serve, and the traffic is %v", route.Traffic)
	}
}
