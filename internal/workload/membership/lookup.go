package membership

import (
	"slices"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/reference"
)

// ownerBut is the owner of one resource on behalf of another, which it must
// not be.
func (a *assignment) ownerBut(at, i int) (inventory.WorkloadKey, bool) {
	if at == i {
		return inventory.WorkloadKey{}, false
	}
	return a.owner(at), true
}

// ownerOfName finds the owner of what bears a name: an endpoint, a domain by
// its id, or a resource.
func (a *assignment) ownerOfName(n name, i int) (inventory.WorkloadKey, bool) {
	if key, found := a.endpoints[n]; found {
		return key, true
	}
	if at, found := a.domains[n]; found && n.text != "" {
		return a.ownerBut(at, i)
	}
	if at, found := a.byName[n]; found {
		return a.ownerBut(at, i)
	}
	return inventory.WorkloadKey{}, false
}

// ownerOfARN is the owner of what an ARN names. What the document does not
// hold stands for itself under the name that the ARN gives, except endpoints:
// those that exist are in the document.
func (a *assignment) ownerOfARN(arn reference.ARN, i int) (inventory.WorkloadKey, bool) {
	if key, found := a.ownerOfName(nameOfARN(arn), i); found {
		return key, true
	}
	switch arn.Kind {
	case inventory.KindPipelineExecution:
		if arn.Scope != "" {
			return a.pipeline(nameOf(arn.Place, inventory.KindPipeline, arn.Scope), i), true
		}
	case inventory.KindEndpoint, inventory.KindDomain:
		return inventory.WorkloadKey{}, false
	default:
	}
	if arn.Place != a.resources[i].Place {
		return inventory.WorkloadKey{}, false
	}
	return standing(arn.Place, arn.Kind, arn.Name), true
}

// pipeline is the workload of a pipeline, whether the document holds it or
// not.
func (a *assignment) pipeline(n name, i int) inventory.WorkloadKey {
	if key, found := a.ownerOfName(n, i); found {
		return key
	}
	return standing(n.place, inventory.KindPipeline, n.text)
}

// referrer is the owner of the first resource of some kinds whose description
// names another.
func (a *assignment) referrer(i int, kinds []inventory.ResourceKind) (inventory.WorkloadKey, bool) {
	if len(kinds) == 0 {
		return inventory.WorkloadKey{}, false
	}
	r := &a.resources[i]
	names := []name{nameOf(r.Place, r.Kind, r.Name)}
	if arn, ok := reference.ParseARN(r.ARN); ok {
		names = append(names, nameOfARN(arn))
	}
	for _, n := range names {
		for _, at := range a.referrers[n] {
			if at != i && slices.Contains(kinds, a.resources[at].Kind) {
				return a.owner(at), true
			}
		}
	}
	return inventory.WorkloadKey{}, false
}

// ParentKinds are the kinds of what may have started a resource of a kind, or
// of what it is a part of.
func ParentKinds(child inventory.ResourceKind) []inventory.ResourceKind { return parentKinds[child] }

// MayBeParent says that a resource of one kind may have been started by one of
// another, or be a part of it.
func MayBeParent(child, parent inventory.ResourceKind) bool {
	return slices.Contains(parentKinds[child], parent)
}
