package table

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/traffic"
)

// Compile makes a table of all Endpoints and EndpointSlices. Nothing it is
// given is changed or kept. What is wrong with one Endpoint never affects
// another.
func Compile(endpoints []*v1alpha1.Endpoint, endpointSlices []*discoveryv1.EndpointSlice) *Table {
	pods := podsByService(endpointSlices)
	t := &Table{Routes: make(map[Key]*Route, len(endpoints))}
	for _, endpoint := range byClaim(endpoints) {
		key := Key{Namespace: endpoint.Namespace, Endpoint: endpoint.GetEndpointName()}
		if holder, taken := t.Routes[key]; taken {
			t.problemf(endpoint, "the name %q belongs to Endpoint %s, which serves or is older", key.Endpoint, holder.Name)
			continue
		}
		t.Routes[key] = t.compileRoute(endpoint, pods)
	}
	slices.Sort(t.Problems)
	return t
}

// byClaim puts the Endpoint that a name belongs to before others that claim it:
// one the operator gives traffic, rather than one it does not; one that stays,
// rather than one whose pods go while it is deleted; then the older one, so that
// a newcomer never takes another's callers.
func byClaim(endpoints []*v1alpha1.Endpoint) []*v1alpha1.Endpoint {
	sorted := slices.Clone(endpoints)
	slices.SortFunc(sorted, func(a, b *v1alpha1.Endpoint) int {
		return cmp.Or(
			cmp.Compare(claim(b), claim(a)),
			a.CreationTimestamp.Compare(b.CreationTimestamp.Time),
			strings.Compare(a.Namespace, b.Namespace),
			strings.Compare(a.Name, b.Name),
		)
	})
	return sorted
}

// claim ranks an Endpoint's right to its name.
func claim(endpoint *v1alpha1.Endpoint) int {
	switch {
	case len(endpoint.Status.Traffic) == 0:
		return 0
	case endpoint.DeletionTimestamp != nil:
		return 1
	default:
		return 2
	}
}

func (t *Table) problemf(endpoint *v1alpha1.Endpoint, format string, args ...any) {
	t.Problems = append(t.Problems,
		fmt.Sprintf("Endpoint %s/%s: %s", endpoint.Namespace, endpoint.Name, fmt.Sprintf(format, args...)))
}

func (t *Table) compileRoute(endpoint *v1alpha1.Endpoint, pods map[serviceKey]*Pods) *Route {
	route := &Route{
		Namespace: endpoint.Namespace, Name: endpoint.Name, UID: string(endpoint.UID),
		EndpointName: endpoint.GetEndpointName(),
		Revision:     endpoint.Status.TrafficRevision,
		Live:         endpoint.Status.Live,
		Agreement:    endpoint.Spec.Rollout.Gates.Agreement,
	}
	if config, ok := traffic.NewBreakerConfig(&endpoint.Spec, &endpoint.Status); ok {
		route.Breaker = &config
	}
	for i := range endpoint.Spec.Variants {
		route.Variants = append(route.Variants, compileVariant(endpoint, &endpoint.Spec.Variants[i], pods))
	}
	if removed, ok := removedLive(endpoint, pods); ok && route.Find(removed.Name) == nil {
		route.Variants = append(route.Variants, removed)
		t.problemf(endpoint, "the live variant %q left the spec; its pods serve until another has its traffic", removed.Name)
	}
	shares := t.compileTraffic(endpoint, route)
	split, err := traffic.NewSplit(shares)
	if err != nil {
		t.problemf(endpoint, "status.traffic cannot be followed: %v", err)
		return route
	}
	route.Traffic, route.Split = shares, split
	return route
}

func compileVariant(endpoint *v1alpha1.Endpoint, spec *v1alpha1.Variant, pods map[serviceKey]*Pods) Variant {
	variant := Variant{Name: spec.Name}
	if spec.SageMaker != nil {
		variant.Timeout = SageMakerTimeout
		variant.SageMaker = &SageMaker{
			EndpointName: spec.SageMaker.EndpointName, Region: spec.SageMaker.Region,
			VariantName: spec.SageMaker.VariantName, InferenceComponent: spec.SageMaker.InferenceComponentName,
		}
		return variant
	}
	variant.Timeout = DefaultInvocationTimeout
	if spec.Pods != nil && spec.Pods.InvocationTimeoutSeconds > 0 {
		variant.Timeout = time.Duration(spec.Pods.InvocationTimeoutSeconds) * time.Second
	}
	variant.Pods = pods[serviceKey{
		namespace: endpoint.Namespace, endpoint: endpoint.Name, variant: spec.Name,
		service: naming.ChildName(endpoint.Name, spec.Name),
	}]
	if variant.Pods == nil {
		variant.Pods = &Pods{}
	}
	return variant
}

// removedLive is the live variant as its pods alone tell of it. The operator
// keeps the pods of a variant that left the spec for as long as it has traffic,
// so a live variant that was removed or renamed is served until another is ready.
func removedLive(endpoint *v1alpha1.Endpoint, pods map[serviceKey]*Pods) (Variant, bool) {
	name := endpoint.Status.Live
	found := pods[serviceKey{
		namespace: endpoint.Namespace, endpoint: endpoint.Name, variant: name,
		service: naming.ChildName(endpoint.Name, name),
	}]
	if name == "" || found == nil {
		return Variant{}, false
	}
	return Variant{Name: name, Timeout: DefaultInvocationTimeout, Pods: found}, true
}

// compileTraffic keeps the shares of variants that exist. What is missing to
// 100 %, because a variant left the spec, goes to the live variant.
func (t *Table) compileTraffic(endpoint *v1alpha1.Endpoint, route *Route) []v1alpha1.VariantTraffic {
	var kept []v1alpha1.VariantTraffic
	var total int64
	for _, share := range endpoint.Status.Traffic {
		if route.Find(share.Name) == nil {
			t.problemf(endpoint, "status.traffic names variant %q, which the spec does not have", share.Name)
			continue
		}
		total += int64(share.WeightBasisPoints)
		kept = append(kept, share)
	}
	switch missing := v1alpha1.FullBasisPoints - total; {
	case len(endpoint.Status.Traffic) == 0 || missing == 0:
		return kept
	case missing < 0 || len(kept) == len(endpoint.Status.Traffic):
		return kept // for NewSplit to refuse
	default:
		return t.giveToLive(endpoint, route, kept, int32(missing))
	}
}

func (t *Table) giveToLive(
	endpoint *v1alpha1.Endpoint, route *Route, kept []v1alpha1.VariantTraffic, missingBasisPoints int32,
) []v1alpha1.VariantTraffic {
	if route.Find(route.Live) == nil {
		t.problemf(endpoint, "status.traffic lacks %d basis points and there is no live variant to take them", missingBasisPoints)
		return nil
	}
	for i := range kept {
		if kept[i].Name == route.Live {
			kept[i].WeightBasisPoints += missingBasisPoints
			return kept
		}
	}
	return append(kept, v1alpha1.VariantTraffic{Name: route.Live, WeightBasisPoints: missingBasisPoints})
}

// serviceKey names a Service and whom it belongs to: two Endpoints can arrive
// at one Service name (a-b with c, a with b-c), and the labels tell them apart.
type serviceKey struct{ namespace, service, endpoint, variant string }

// found collects a Service's pods from its slices.
type found struct{ ready, terminating, loading []string }

func podsByService(endpointSlices []*discoveryv1.EndpointSlice) map[serviceKey]*Pods {
	byService := map[serviceKey]*found{}
	for _, slice := range endpointSlices {
		port, ok := servingPort(slice)
		if !ok || slice.AddressType == discoveryv1.AddressTypeFQDN {
			continue
		}
		key := serviceKey{
			namespace: slice.Namespace, service: slice.Labels[naming.LabelServiceName],
			endpoint: slice.Labels[naming.LabelEndpoint], variant: slice.Labels[naming.LabelVariant],
		}
		if byService[key] == nil {
			byService[key] = &found{}
		}
		byService[key].add(slice.Endpoints, port)
	}
	pods := make(map[serviceKey]*Pods, len(byService))
	for key, f := range byService {
		pods[key] = f.pods()
	}
	return pods
}

func servingPort(slice *discoveryv1.EndpointSlice) (string, bool) {
	for _, port := range slice.Ports {
		if port.Port != nil && port.Name != nil && *port.Name == naming.PortHTTP {
			return strconv.Itoa(int(*port.Port)), true
		}
	}
	return "", false
}

// add classes pods by their conditions. An unset condition reads as the
// EndpointSlice API says: ready and serving as true, terminating as false.
func (f *found) add(endpoints []discoveryv1.Endpoint, port string) {
	for _, endpoint := range endpoints {
		if len(endpoint.Addresses) == 0 {
			continue
		}
		// All addresses of an entry are the same pod; the API says to use
		// the first.
		address := net.JoinHostPort(endpoint.Addresses[0], port)
		conditions := endpoint.Conditions
		switch {
		case is(conditions.Terminating, false) && is(conditions.Serving, true):
			f.terminating = append(f.terminating, address)
		case is(conditions.Terminating, false):
		case is(conditions.Ready, true):
			f.ready = append(f.ready, address)
		default:
			f.loading = append(f.loading, address)
		}
	}
}

func is(condition *bool, unset bool) bool {
	if condition == nil {
		return unset
	}
	return *condition
}

// pods takes the ready pods. Pods that are shutting down but still serve are
// the last resort, as they are for kube-proxy (KEP-1669): better one of them
// than no answer.
func (f *found) pods() *Pods {
	addresses := f.ready
	if len(addresses) == 0 {
		addresses = f.terminating
	}
	slices.Sort(addresses)
	return &Pods{Addresses: slices.Compact(addresses), Loading: len(f.loading) > 0}
}
