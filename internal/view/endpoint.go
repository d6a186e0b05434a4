package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"landfall.dev/landfall/api/v1alpha1"
)

// Endpoints returns the table of Endpoints. Its first column is NAMESPACE when
// they come from more than one.
func Endpoints(items []v1alpha1.Endpoint, namespaced bool, now time.Time) Table {
	table := Table{Columns: columns("NAME", "READY", "STATUS", "LIVE", "TRAFFIC", "ROLLOUT")}
	table.Columns = append(table.Columns, wide("ENDPOINT-NAME", "COMPARED", "MESSAGE")...)
	table.Columns = append(table.Columns, columns("AGE")...)
	for i := range items {
		endpoint := &items[i]
		state := judge(endpoint.ObjectMeta, endpoint.Status.ObservedGeneration, endpoint.Status.Conditions)
		table.Rows = append(table.Rows, []Cell{
			Text(endpoint.Name), Text(state.ready), state.state,
			Text(orNone(endpoint.Status.Live)), Text(orNone(endpoint.Status.Split)), Text(stage(endpoint.Status.Rollout)),
			Text(endpoint.GetEndpointName()), Text(compared(endpoint.Status.Rollout)), Text(orNone(state.message)),
			Text(Age(endpoint.CreationTimestamp, now)),
		})
	}
	return withNamespace(table, namespaced, func(row int) string { return items[row].Namespace })
}

// Endpoint is one Endpoint as a person looks at it.
type Endpoint struct {
	// Summary has one row.
	Summary Table
	// Branches are the variants and the gates, with the same number of cells
	// each: name, what it is, its state, its share, a note.
	Branches [][]Cell
	// Notes are sentences that need a reader: what is wrong, what was found.
	Notes []Cell
	// Next says what comes by itself, or what a person may do.
	Next Next
}

// EndpointOf returns the view of one Endpoint at a moment.
func EndpointOf(endpoint *v1alpha1.Endpoint, now time.Time) Endpoint {
	state := judge(endpoint.ObjectMeta, endpoint.Status.ObservedGeneration, endpoint.Status.Conditions)
	rollout := endpoint.Status.Rollout
	summary := Table{
		Columns: columns("NAME", "STATUS", "STEP", "TRAFFIC", "COMPARED", "VERDICT", "AGE"),
		Rows: [][]Cell{{
			Text(endpoint.Name), state.state, Text(stage(rollout)), Text(orNone(endpoint.Status.Split)),
			Text(compared(rollout)), Verdict(rollout), Text(Age(endpoint.CreationTimestamp, now)),
		}},
	}
	answer := Endpoint{Summary: summary, Next: NextOf(endpoint)}
	for i := range endpoint.Spec.Variants {
		answer.Branches = append(answer.Branches, variantBranch(endpoint, &endpoint.Spec.Variants[i]))
	}
	if rollout != nil {
		for _, gate := range rollout.Gates {
			answer.Branches = append(answer.Branches, []Cell{
				Text(gate.Name), Text("gate"), verdictCell(gate.Verdict), Text(""), Text(gate.Message),
			})
		}
	}
	if state.message != "" && !saidByVariant(endpoint, state.message) {
		answer.Notes = append(answer.Notes, Cell{state.message, state.state.Tone})
	}
	if rollout != nil && rollout.Stage.Ended() && rollout.Stage != v1alpha1.StagePromoted && rollout.Message != "" {
		answer.Notes = append(answer.Notes, Cell{rollout.Message, Verdict(rollout).Tone})
	}
	for _, finding := range endpoint.Status.Findings {
		answer.Notes = append(answer.Notes, Cell{finding, Warn})
	}
	return answer
}

// saidByVariant says that a variant's own branch tells the same already.
func saidByVariant(endpoint *v1alpha1.Endpoint, message string) bool {
	return slices.ContainsFunc(endpoint.Status.Variants, func(status v1alpha1.VariantStatus) bool {
		return !status.Ready && status.Message != "" && strings.Contains(message, status.Message)
	})
}

func variantBranch(endpoint *v1alpha1.Endpoint, variant *v1alpha1.Variant) []Cell {
	share, note := traffic(endpoint, variant.Name)
	state := variantState(endpoint, variant)
	if message := variantMessage(endpoint, variant.Name); message != "" {
		note = join(note, message)
	}
	return []Cell{Text(variant.Name), Text(place(variant)), state, Text(share), Text(note)}
}

// place says where a variant answers.
func place(variant *v1alpha1.Variant) string {
	switch {
	case variant.SageMaker != nil:
		words := "SageMaker " + variant.SageMaker.Region + "/" + variant.SageMaker.EndpointName
		if variant.SageMaker.VariantName != "" {
			words += "/" + variant.SageMaker.VariantName
		}
		if variant.SageMaker.InferenceComponentName != "" {
			words += " component " + variant.SageMaker.InferenceComponentName
		}
		return words
	case variant.Pods != nil:
		words := "pods of model/" + variant.Pods.ModelRef.Name
		if variant.Pods.WorkloadClassName != "" {
			words += " on class/" + variant.Pods.WorkloadClassName
		}
		return words
	}
	return none
}

func variantState(endpoint *v1alpha1.Endpoint, variant *v1alpha1.Variant) Cell {
	for _, status := range endpoint.Status.Variants {
		if status.Name != variant.Name {
			continue
		}
		pods := ""
		if variant.Pods != nil {
			pods = fmt.Sprintf(" %d/%d", status.ReadyReplicas, status.Replicas)
		}
		if status.Ready {
			return Cell{"Ready" + pods, Good}
		}
		return Cell{"NotReady" + pods, Busy}
	}
	return Cell{wordPending, Busy}
}

func variantMessage(endpoint *v1alpha1.Endpoint, name string) string {
	for _, status := range endpoint.Status.Variants {
		if status.Name == name && !status.Ready {
			return status.Message
		}
	}
	return ""
}

// traffic returns a variant's share and its part in the rollout in words.
func traffic(endpoint *v1alpha1.Endpoint, name string) (share, note string) {
	share = "0%"
	for _, part := range endpoint.Status.Traffic {
		if part.Name != name {
			continue
		}
		share = Share(part.WeightBasisPoints)
		if part.MirrorBasisPoints > 0 {
			note = "mirror " + Share(part.MirrorBasisPoints)
		}
	}
	rollout := endpoint.Status.Rollout
	switch {
	case rollout != nil && !rollout.Stage.Ended() && rollout.To == name:
		note = join("target", note)
	case endpoint.Status.Live == name:
		note = join("live", note)
	}
	return share, note
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}
