package view

import (
	"fmt"

	"landfall.dev/landfall/api/v1alpha1"
)

// stage says how far a rollout has come: Shifting 2/4.
func stage(rollout *v1alpha1.RolloutStatus) string {
	if rollout == nil {
		return none
	}
	words := string(rollout.Stage)
	if rollout.Stage == v1alpha1.StageShifting && rollout.Steps > 0 {
		words = fmt.Sprintf("%s %d/%d", words, rollout.Step, rollout.Steps)
	}
	if rollout.Paused != "" && !rollout.Stage.Ended() {
		words += " (paused)"
	}
	return words
}

func compared(rollout *v1alpha1.RolloutStatus) string {
	if rollout == nil {
		return none
	}
	return Count(rollout.ComparedRequests)
}

// Verdict is what a rollout's gates come to: the outcome of one that ended, and
// the worst verdict of one that goes on.
func Verdict(rollout *v1alpha1.RolloutStatus) Cell {
	if rollout == nil {
		return Text(none)
	}
	switch rollout.Stage {
	case v1alpha1.StagePromoted:
		return Cell{string(rollout.Stage), Good}
	case v1alpha1.StageRolledBack:
		return Cell{string(rollout.Stage), Bad}
	case v1alpha1.StageAborted:
		return Cell{string(rollout.Stage), Warn}
	case v1alpha1.StagePreparing, v1alpha1.StageShadowing, v1alpha1.StageShifting:
	}
	if len(rollout.Gates) == 0 {
		return Text(none)
	}
	worst := v1alpha1.VerdictEquivalent
	for _, gate := range rollout.Gates {
		if severity(gate.Verdict) > severity(worst) {
			worst = gate.Verdict
		}
	}
	return verdictCell(worst)
}

func severity(verdict v1alpha1.GateVerdict) int {
	switch verdict {
	case v1alpha1.VerdictEquivalent:
		return 0
	case v1alpha1.VerdictNotEnoughEvidence:
		return 1
	case v1alpha1.VerdictRegressed:
		return 2
	}
	return 1
}

func verdictCell(verdict v1alpha1.GateVerdict) Cell {
	switch verdict {
	case v1alpha1.VerdictEquivalent:
		return Cell{string(verdict), Good}
	case v1alpha1.VerdictRegressed:
		return Cell{string(verdict), Bad}
	case v1alpha1.VerdictNotEnoughEvidence:
		return Cell{string(verdict), Busy}
	}
	return Text(orNone(string(verdict)))
}

// Next says what comes next.
type Next struct {
	// Message is a sentence: what happens by itself, or what may be done.
	Message string
	// Command is what to type for it after the program's name; empty when
	// there is nothing to do but wait.
	Command []string
}

// NextOf says what comes next for an Endpoint.
func NextOf(endpoint *v1alpha1.Endpoint) Next {
	rollout := endpoint.Status.Rollout
	switch {
	case endpoint.DeletionTimestamp != nil:
		return Next{}
	case endpoint.Status.ObservedGeneration < endpoint.Generation:
		return Next{Message: "the operator has not seen the latest change yet"}
	case rollout == nil || rollout.Stage.Ended() && endpoint.Spec.Live != rollout.To && endpoint.Spec.Live == endpoint.Status.Live:
		return nextAtRest(endpoint)
	case rollout.Stage.Ended():
		return nextAfter(endpoint)
	case endpoint.Spec.Rollout.State == v1alpha1.RolloutPaused:
		return Next{Message: rollout.Message + "; to go on", Command: []string{"rollout", "resume", endpoint.Name}}
	case rollout.Paused != "":
		return Next{Message: rollout.Paused + "; to give it up", Command: []string{"rollout", "abort", endpoint.Name}}
	default:
		return Next{Message: rollout.Message}
	}
}

// nextAtRest looks for a variant that is ready to take over from SageMaker.
func nextAtRest(endpoint *v1alpha1.Endpoint) Next {
	live := endpoint.Spec.FindVariant(endpoint.Spec.Live)
	if live == nil || live.SageMaker == nil {
		return Next{}
	}
	for _, status := range endpoint.Status.Variants {
		variant := endpoint.Spec.FindVariant(status.Name)
		if variant != nil && variant.Pods != nil && status.Ready {
			return Next{
				Message: fmt.Sprintf("%s is ready beside %s; to prove it and move the traffic", variant.Name, live.Name),
				Command: []string{"rollout", "start", endpoint.Name, "--to", variant.Name},
			}
		}
	}
	return Next{}
}

func nextAfter(endpoint *v1alpha1.Endpoint) Next {
	rollout := endpoint.Status.Rollout
	if rollout.Stage == v1alpha1.StagePromoted {
		return Next{
			Message: rollout.From + " stays as it is until you remove it; to return the traffic to it",
			Command: []string{"rollout", "undo", endpoint.Name},
		}
	}
	return Next{
		Message: "once the cause is mended",
		Command: []string{"rollout", "retry", endpoint.Name},
	}
}

// Settled says whether a rollout has come to its end, and how: nothing is left
// to happen by itself to the traffic the spec asks for. A status that describes
// an older spec is never settled.
func Settled(endpoint *v1alpha1.Endpoint) (stage v1alpha1.RolloutStage, settled bool) {
	if endpoint.Status.ObservedGeneration < endpoint.Generation {
		return "", false
	}
	rollout := endpoint.Status.Rollout
	if rollout == nil {
		return "", endpoint.Status.Live == endpoint.Spec.Live
	}
	if !rollout.Stage.Ended() {
		return rollout.Stage, false
	}
	arrived := endpoint.Status.Live == endpoint.Spec.Live
	refused := rollout.Stage != v1alpha1.StagePromoted && rollout.To == endpoint.Spec.Live
	return rollout.Stage, arrived || refused
}
