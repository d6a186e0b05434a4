package rollout

import (
	"fmt"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/output"
)

// verb is a command that changes what an Endpoint asks for.
type verb struct {
	name    string
	short   string
	long    string
	example string
	// takesTarget gives the verb the flag --to.
	takesTarget bool
	// change writes the Endpoint's spec and says what will happen. It returns
	// a failure when the verb makes no sense in the Endpoint's state.
	change func(endpoint *v1alpha1.Endpoint, asked request) (effect string, err error)
}

// request is what the user gave a verb besides the Endpoint.
type request struct {
	// target is the variant of --to.
	target string
	// command writes a command line of this program that the user may type.
	command func(words ...string) string
}

var verbs = []verb{
	{
		name:  "start",
		short: "Start moving the traffic to a variant",
		long: `Ask for the traffic of an endpoint to end at the variant given with --to.

It sets spec.live. The operator then waits until the variant is ready, mirrors
requests to it, and shifts the traffic step by step, as spec.rollout says. Callers
notice nothing. When the variant is the one that the last rollout left, this is a
return: it takes effect at once, without gates.`,
		example:     "  %[1]s rollout start churn --to cluster\n  %[1]s rollout start churn --to cluster --dry-run=server",
		takesTarget: true,
		change:      start,
	},
	{
		name:    "pause",
		short:   "Keep the traffic where it is",
		long:    "Stop a rollout at its present step. The traffic stays as it is, and mirroring\ngoes on. A variant that fails hard still loses its traffic.",
		example: "  %[1]s rollout pause churn",
		change:  pause,
	},
	{
		name:    "resume",
		short:   "Go on with a paused rollout",
		long:    "Go on with a rollout that was paused, from the step it stands at.",
		example: "  %[1]s rollout resume churn",
		change:  resume,
	},
	{
		name:    "abort",
		short:   "Give a rollout up and return its traffic",
		long:    "Return the traffic to the variant it came from, at once. The rollout does not\nstart again by itself; retry starts it.",
		example: "  %[1]s rollout abort churn",
		change:  abort,
	},
	{
		name:    "retry",
		short:   "Start a rolled-back or aborted rollout again",
		long:    "Start a rollout again that was rolled back or aborted, from its first stage. It\nraises spec.rollout.attempt.",
		example: "  %[1]s rollout retry churn",
		change:  retry,
	},
	{
		name:    "undo",
		short:   "Return the traffic to the variant it came from",
		long:    "Go one move back: out of a rollout to the variant that has the traffic, and out of a\npromotion to the variant that was live before. The traffic returns at once, without\ngates, if that variant is ready and is still what it was.",
		example: "  %[1]s rollout undo churn",
		change:  undo,
	},
}

// refuse returns a failure for a verb that makes no sense now.
func refuse(what, why, next string) error {
	return &output.Failure{What: what, Why: why, Next: next, Code: output.ExitNo}
}

// inHand returns the rollout that is going on, or a refusal.
func inHand(endpoint *v1alpha1.Endpoint, asked request, act string) (*v1alpha1.RolloutStatus, error) {
	rollout := endpoint.Status.Rollout
	switch {
	case rollout == nil && endpoint.Status.Live != "" && endpoint.Spec.Live != endpoint.Status.Live:
		// Asked for, and not seen by the operator yet: as good as going on.
		return &v1alpha1.RolloutStatus{From: endpoint.Status.Live, To: endpoint.Spec.Live}, nil
	case rollout == nil:
		return nil, refuse("cannot "+act+" the rollout of "+endpoint.Name, "it has none",
			asked.command("rollout", "start", endpoint.Name, "--to", "VARIANT"))
	case rollout.Stage.Ended() && endpoint.Spec.Live != endpoint.Status.Live &&
		(endpoint.Spec.Live != rollout.To || endpoint.Status.ObservedGeneration < endpoint.Generation):
		// Another target, or another attempt, that the operator has not seen.
		return &v1alpha1.RolloutStatus{From: endpoint.Status.Live, To: endpoint.Spec.Live}, nil
	case rollout.Stage.Ended():
		return nil, refuse("cannot "+act+" the rollout of "+endpoint.Name, fmt.Sprintf("it has ended: %s", rollout.Stage), "")
	}
	return rollout, nil
}

func start(endpoint *v1alpha1.Endpoint, asked request) (string, error) {
	target := asked.target
	if endpoint.Spec.FindVariant(target) == nil {
		return "", output.Usage("name one of its variants after --to", "%s has no variant %q: it has %s", endpoint.Name, target, variantNames(endpoint))
	}
	rollout := endpoint.Status.Rollout
	if endpoint.Spec.Live == target {
		if rollout != nil && rollout.To == target && failed(rollout) {
			return "", refuse("cannot start the rollout to "+target, fmt.Sprintf("the same rollout has ended: %s", rollout.Stage),
				asked.command("rollout", "retry", endpoint.Name))
		}
		return fmt.Sprintf("%s asks for %s already.", endpoint.Name, target), nil
	}
	endpoint.Spec.Live = target
	endpoint.Spec.Rollout.State = v1alpha1.RolloutRunning
	if rollout != nil && rollout.To == target && failed(rollout) {
		// The same target would be the same rollout, which has ended.
		endpoint.Spec.Rollout.Attempt = max(endpoint.Spec.Rollout.Attempt, 1) + 1
	}
	if rollout != nil && rollout.From == target && (!rollout.Stage.Ended() || rollout.Stage == v1alpha1.StagePromoted) {
		return fmt.Sprintf("The traffic of %s returns to %s at once, without gates.", endpoint.Name, target), nil
	}
	if endpoint.Status.Live == target {
		return fmt.Sprintf("The traffic of %s stays with %s, where it is.", endpoint.Name, target), nil
	}
	if endpoint.Status.Live == "" {
		return fmt.Sprintf("The traffic of %s, which has none yet, begins at %s.", endpoint.Name, target), nil
	}
	return fmt.Sprintf("The traffic of %s moves from %s to %s, as its gates allow.", endpoint.Name, endpoint.Status.Live, target), nil
}

// failed says that a rollout ended without its target getting the traffic.
func failed(rollout *v1alpha1.RolloutStatus) bool {
	return rollout.Stage == v1alpha1.StageRolledBack || rollout.Stage == v1alpha1.StageAborted
}

func pause(endpoint *v1alpha1.Endpoint, asked request) (string, error) {
	if _, err := inHand(endpoint, asked, "pause"); err != nil {
		return "", err
	}
	endpoint.Spec.Rollout.State = v1alpha1.RolloutPaused
	return fmt.Sprintf("The traffic of %s stays as it is: %s.", endpoint.Name, split(endpoint)), nil
}

func resume(endpoint *v1alpha1.Endpoint, asked request) (string, error) {
	rollout, err := inHand(endpoint, asked, "resume")
	if err != nil {
		return "", err
	}
	if endpoint.Spec.Rollout.State == v1alpha1.RolloutRunning && rollout.Paused != "" {
		return "", refuse("cannot resume the rollout of "+endpoint.Name, "it was not paused by a person: "+rollout.Paused,
			"to give it up: "+asked.command("rollout", "abort", endpoint.Name)+
				"\nto go on all the same, make the pause your own first: "+asked.command("rollout", "pause", endpoint.Name))
	}
	endpoint.Spec.Rollout.State = v1alpha1.RolloutRunning
	return fmt.Sprintf("The rollout of %s to %s goes on.", endpoint.Name, rollout.To), nil
}

func abort(endpoint *v1alpha1.Endpoint, asked request) (string, error) {
	rollout, err := inHand(endpoint, asked, "abort")
	if err != nil {
		return "", err
	}
	endpoint.Spec.Rollout.State = v1alpha1.RolloutAborted
	return fmt.Sprintf("The traffic of %s returns to %s at once.", endpoint.Name, rollout.From), nil
}

func retry(endpoint *v1alpha1.Endpoint, asked request) (string, error) {
	rollout := endpoint.Status.Rollout
	switch {
	case rollout == nil:
		return "", refuse("cannot retry a rollout of "+endpoint.Name, "it has had none",
			asked.command("rollout", "start", endpoint.Name, "--to", "VARIANT"))
	case !rollout.Stage.Ended():
		return "", refuse("cannot retry the rollout of "+endpoint.Name, fmt.Sprintf("it is still going on: %s", rollout.Stage),
			asked.command("get", "endpoint", endpoint.Name, "-w"))
	case rollout.Stage == v1alpha1.StagePromoted:
		return "", refuse("cannot retry the rollout of "+endpoint.Name, "it succeeded: "+rollout.To+" is live", "")
	}
	endpoint.Spec.Live = rollout.To
	endpoint.Spec.Rollout.State = v1alpha1.RolloutRunning
	endpoint.Spec.Rollout.Attempt = max(endpoint.Spec.Rollout.Attempt, 1) + 1
	return fmt.Sprintf("The rollout of %s to %s starts again, attempt %d.", endpoint.Name, rollout.To, endpoint.Spec.Rollout.Attempt), nil
}

// undo goes one move back: a rollout that has not ended well is given up for the
// variant that has the traffic, and a promotion is taken back.
func undo(endpoint *v1alpha1.Endpoint, asked request) (string, error) {
	status := &endpoint.Status
	if status.Rollout == nil {
		return "", refuse("cannot undo a rollout of "+endpoint.Name, "it has had none", "")
	}
	back := status.Live
	if endpoint.Spec.Live == status.Live {
		if status.Previous == nil {
			return fmt.Sprintf("%s rests on %s, and nothing was live before it: there is nothing to undo.", endpoint.Name, status.Live), nil
		}
		back = status.Previous.Name
	}
	if endpoint.Spec.FindVariant(back) == nil {
		return "", refuse("cannot undo the rollout of "+endpoint.Name, "the variant "+back+" that it left was removed",
			"add the variant again, then: "+asked.command("rollout", "start", endpoint.Name, "--to", back))
	}
	settled := failed(status.Rollout) && endpoint.Spec.Live != status.Live
	endpoint.Spec.Live = back
	endpoint.Spec.Rollout.State = v1alpha1.RolloutRunning
	if settled {
		return fmt.Sprintf("The traffic of %s is with %s already; the spec will say so too.", endpoint.Name, back), nil
	}
	return fmt.Sprintf("The traffic of %s returns to %s at once, without gates.", endpoint.Name, back), nil
}

func split(endpoint *v1alpha1.Endpoint) string {
	if endpoint.Status.Split == "" {
		return "none yet"
	}
	return endpoint.Status.Split
}
