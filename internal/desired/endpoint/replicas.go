package endpoint

// Autoscaled says that the number of pods moves by itself: the variant has a
// range and nobody fixed the number.
func (v Variant) Autoscaled() bool {
	return v.FixedReplicas == 0 && v.Pods.Replicas.MaxReplicas() > v.minReplicas()
}

// Replicas returns how many pods the Deployment should ask for when it asks for
// current ones at present: the fixed number, or current kept within the range.
//
// The number is not part of the Deployment's apply configuration. Server-side
// apply resets a field that its only owner stops to mention, so handing the
// number to an autoscaler would scale the variant to one pod on the way.
func (v Variant) Replicas(current int32) int32 {
	if v.FixedReplicas > 0 {
		return v.FixedReplicas
	}
	return min(max(current, v.minReplicas()), max(v.Pods.Replicas.MaxReplicas(), v.minReplicas()))
}

// RequiredReplicas is the number of ready pods that the variant must have
// before it is trusted with traffic.
func (v Variant) RequiredReplicas() int32 {
	if v.FixedReplicas > 0 {
		return v.FixedReplicas
	}
	return v.minReplicas()
}

func (v Variant) minReplicas() int32 { return max(v.Pods.Replicas.Min, 1) }
