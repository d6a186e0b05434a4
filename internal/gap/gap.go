// Package gap names what SageMaker does and the cluster will not do by itself.
//
// It owns the form in which every translation (of scaling, alarms, pipelines)
// reports what it could not translate. It refuses to translate anything.
package gap

// Gap is a setting or a step without a counterpart.
type Gap struct {
	// Thing is such as "step policy churn-steps".
	Thing string `json:"thing"`
	// Why it has no counterpart.
	Why string `json:"why"`
	// Do is what a person can do about it.
	Do string `json:"do"`
}
