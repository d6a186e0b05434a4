package rollout

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/output"
)

// world is an Endpoint in some state of its move.
type world struct {
	// asked is spec.live, state spec.rollout.state, attempt spec.rollout.attempt.
	asked   string
	state   v1alpha1.RolloutState
	attempt int32
	// live is status.live; stage and paused are of a rollout from managed to
	// cluster, none without a stage.
	live   string
	stage  v1alpha1.RolloutStage
	paused string
	// unseen says that the status describes an older spec.
	unseen bool
	// triedThird says that the last rollout was another one, to a third variant.
	triedThird bool
}

func (w world) endpoint() *v1alpha1.Endpoint {
	e := &v1alpha1.Endpoint{
		ObjectMeta: metav1.ObjectMeta{Name: "churn", Generation: 2},
		Spec: v1alpha1.EndpointSpec{
			Live:     w.asked,
			Variants: []v1alpha1.Variant{{Name: "managed"}, {Name: "cluster"}, {Name: "third"}},
			Rollout:  v1alpha1.RolloutSpec{State: w.state, Attempt: w.attempt},
		},
		Status: v1alpha1.EndpointStatus{ObservedGeneration: 2, Live: w.live, Split: w.live + " 100%"},
	}
	if w.unseen {
		e.Status.ObservedGeneration = 1
	}
	if w.stage != "" {
		e.Status.Rollout = &v1alpha1.RolloutStatus{From: "managed", To: "cluster", Stage: w.stage, Paused: w.paused}
	}
	if w.stage == v1alpha1.StagePromoted {
		e.Status.Previous = &v1alpha1.PreviousVariant{Name: "managed", ContentHash: "1f2e3d4c"}
	}
	if w.triedThird {
		e.Status.Rollout = &v1alpha1.RolloutStatus{From: "cluster", To: "third", Stage: v1alpha1.StageRolledBack}
	}
	return e
}

const (
	running = v1alpha1.RolloutRunning
	paused  = v1alpha1.RolloutPaused
	aborted = v1alpha1.RolloutAborted
)

// The states of a move, as the operator leaves them.
var (
	atRest       = world{asked: "managed", state: running, attempt: 1, live: "managed"}
	justAsked    = world{asked: "cluster", state: running, attempt: 1, live: "managed", unseen: true}
	shifting     = world{asked: "cluster", state: running, attempt: 1, live: "managed", stage: v1alpha1.StageShifting}
	held         = world{asked: "cluster", state: paused, attempt: 1, live: "managed", stage: v1alpha1.StageShifting, paused: "by a person"}
	heldByGate   = world{asked: "cluster", state: running, attempt: 1, live: "managed", stage: v1alpha1.StageShifting, paused: "gate Errors regressed"}
	rolledBack   = world{asked: "cluster", state: running, attempt: 1, live: "managed", stage: v1alpha1.StageRolledBack}
	givenUp      = world{asked: "cluster", state: aborted, attempt: 1, live: "managed", stage: v1alpha1.StageAborted}
	promoted     = world{asked: "cluster", state: running, attempt: 1, live: "cluster", stage: v1alpha1.StagePromoted}
	triedAnother = world{asked: "cluster", state: running, attempt: 1, live: "cluster", stage: v1alpha1.StagePromoted, triedThird: true}
	takenBack    = world{asked: "managed", state: running, attempt: 1, live: "managed", stage: v1alpha1.StageRolledBack}
	askedAgain   = world{asked: "cluster", state: running, attempt: 2, live: "managed", stage: v1alpha1.StageRolledBack, unseen: true}
	backInHands  = world{asked: "managed", state: running, attempt: 1, live: "cluster", stage: v1alpha1.StagePromoted, unseen: true}
)

func TestVerbs(t *testing.T) {
	cases := map[string]struct {
		verb   string
		in     world
		target string
		// want is the spec afterwards, as live/state/attempt; refused is the
		// reason of a refusal; says is part of what the user reads.
		want, refused, says string
	}{
		"start from rest":                 {verb: "start", in: atRest, target: "cluster", want: "cluster/Running/1", says: "moves from managed to cluster"},
		"start what is asked for":         {verb: "start", in: justAsked, target: "cluster", want: "cluster/Running/1", says: "asks for cluster already"},
		"start back midway":               {verb: "start", in: shifting, target: "managed", want: "managed/Running/1", says: "returns to managed at once"},
		"start back after promotion":      {verb: "start", in: promoted, target: "managed", want: "managed/Running/1", says: "returns to managed at once"},
		"start elsewhere midway":          {verb: "start", in: shifting, target: "third", want: "third/Running/1", says: "moves from managed to third"},
		"start what was rolled back":      {verb: "start", in: rolledBack, target: "cluster", refused: "the same rollout has ended: RolledBack"},
		"start again after taking back":   {verb: "start", in: takenBack, target: "cluster", want: "cluster/Running/2", says: "moves from managed to cluster"},
		"start after an abort":            {verb: "start", in: world{asked: "managed", state: aborted, attempt: 1, live: "managed"}, target: "cluster", want: "cluster/Running/1"},
		"start where the traffic is":      {verb: "start", in: backInHands, target: "cluster", want: "cluster/Running/1", says: "stays with cluster"},
		"start a variant that is not":     {verb: "start", in: atRest, target: "moon", refused: ""},
		"pause midway":                    {verb: "pause", in: shifting, want: "cluster/Paused/1", says: "stays as it is: managed 100%"},
		"pause what was only asked":       {verb: "pause", in: justAsked, want: "cluster/Paused/1"},
		"pause at rest":                   {verb: "pause", in: atRest, refused: "it has none"},
		"pause what has ended":            {verb: "pause", in: promoted, refused: "it has ended: Promoted"},
		"pause an attempt not yet seen":   {verb: "pause", in: askedAgain, want: "cluster/Paused/2"},
		"make a gate's pause one's own":   {verb: "pause", in: heldByGate, want: "cluster/Paused/1"},
		"resume":                          {verb: "resume", in: held, want: "cluster/Running/1", says: "goes on"},
		"resume what a gate paused":       {verb: "resume", in: heldByGate, refused: "it was not paused by a person: gate Errors regressed"},
		"abort midway":                    {verb: "abort", in: shifting, want: "cluster/Aborted/1", says: "returns to managed at once"},
		"abort a paused one":              {verb: "abort", in: held, want: "cluster/Aborted/1"},
		"abort what has ended":            {verb: "abort", in: rolledBack, refused: "it has ended: RolledBack"},
		"retry after a rollback":          {verb: "retry", in: rolledBack, want: "cluster/Running/2", says: "attempt 2"},
		"retry after an abort":            {verb: "retry", in: givenUp, want: "cluster/Running/2"},
		"retry after taking back":         {verb: "retry", in: takenBack, want: "cluster/Running/2"},
		"retry midway":                    {verb: "retry", in: shifting, refused: "it is still going on: Shifting"},
		"retry a success":                 {verb: "retry", in: promoted, refused: "it succeeded: cluster is live"},
		"retry without a rollout":         {verb: "retry", in: atRest, refused: "it has had none"},
		"undo after promotion":            {verb: "undo", in: promoted, want: "managed/Running/1", says: "returns to managed at once, without gates"},
		"undo midway":                     {verb: "undo", in: shifting, want: "managed/Running/1", says: "returns to managed at once"},
		"undo after a rollback":           {verb: "undo", in: rolledBack, want: "managed/Running/1", says: "is with managed already"},
		"undo twice":                      {verb: "undo", in: takenBack, want: "managed/Running/1", says: "nothing to undo"},
		"undo after another try":          {verb: "undo", in: triedAnother, want: "managed/Running/1", says: "returns to managed at once"},
		"undo without a rollout":          {verb: "undo", in: atRest, refused: "it has had none"},
		"resume what has not been paused": {verb: "resume", in: shifting, want: "cluster/Running/1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			endpoint := c.in.endpoint()
			effect, err := find(t, c.verb).change(endpoint, request{target: c.target, command: func(words ...string) string {
				return "landfall " + strings.Join(words, " ")
			}})
			if c.want == "" {
				checkRefusal(t, err, c.refused)
				return
			}
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			spec := endpoint.Spec
			got := fmt.Sprintf("%s/%s/%d", spec.Live, spec.Rollout.State, spec.Rollout.Attempt)
			if got != c.want || !strings.Contains(effect, c.says) {
				t.Errorf("spec = %s (%s), want %s (%s)", got, effect, c.want, c.says)
			}
		})
	}
}

func checkRefusal(t *testing.T, err error, why string) {
	t.Helper()
	if err == nil {
		t.Fatal("accepted, want a refusal")
	}
	failure := output.AsFailure(err)
	if failure.Why != why {
		t.Errorf("why = %q, want %q", failure.Why, why)
	}
	if code := failure.ExitCode(); code != output.ExitNo && code != output.ExitUsage {
		t.Errorf("exit code = %d, want %d or %d", code, output.ExitNo, output.ExitUsage)
	}
}

func find(t *testing.T, name string) verb {
	t.Helper()
	for _, v := range verbs {
		if v.name == name {
			return v
		}
	}
	t.Fatalf("no verb %s", name)
	return verb{}
}

func TestUndoOfARemovedVariant(t *testing.T) {
	endpoint := promoted.endpoint()
	endpoint.Spec.Variants = endpoint.Spec.Variants[1:]
	_, err := find(t, "undo").change(endpoint, request{command: func(...string) string { return "" }})
	checkRefusal(t, err, "the variant managed that it left was removed")
}
