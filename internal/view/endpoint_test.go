package view_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/view"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var now = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// made is when every object of the tests was made: three hours ago.
var made = metav1.NewTime(now.Add(-3 * time.Hour))

type edit func(*v1alpha1.Endpoint)

// endpoint returns one that moves from SageMaker to pods, as its operator has
// just seen it, with the edits made.
func endpoint(edits ...edit) *v1alpha1.Endpoint {
	e := &v1alpha1.Endpoint{
		ObjectMeta: metav1.ObjectMeta{Name: "churn", Namespace: "team-a", Generation: 3, CreationTimestamp: made},
		Spec: v1alpha1.EndpointSpec{
			EndpointName: "Churn-Prod",
			Live:         "managed",
			Variants: []v1alpha1.Variant{
				{Name: "managed", SageMaker: &v1alpha1.SageMakerVariant{EndpointName: "Churn-Prod", Region: "us-east-1"}},
				{Name: "cluster", Pods: &v1alpha1.PodsVariant{ModelRef: v1alpha1.ModelReference{Name: "churn-7"}, WorkloadClassName: "online"}},
			},
		},
		Status: v1alpha1.EndpointStatus{
			ObservedGeneration: 3,
			Live:               "managed",
			Split:              "managed 100%",
			Traffic:            []v1alpha1.VariantTraffic{{Name: "managed", WeightBasisPoints: 10000}},
			Variants:           []v1alpha1.VariantStatus{{Name: "managed", Ready: true}, {Name: "cluster", Ready: true, Replicas: 2, ReadyReplicas: 2}},
			Conditions:         []metav1.Condition{{Type: "Ready", Status: "True", Reason: "Ready"}},
		},
	}
	for _, edit := range edits {
		edit(e)
	}
	return e
}

func condition(kind, status, reason, message string) edit {
	return func(e *v1alpha1.Endpoint) {
		meta.SetStatusCondition(&e.Status.Conditions, metav1.Condition{
			Type: kind, Status: metav1.ConditionStatus(status), Reason: reason, Message: message, LastTransitionTime: made,
		})
	}
}

func rollout(stage v1alpha1.RolloutStage, message string, gates ...v1alpha1.GateStatus) edit {
	return func(e *v1alpha1.Endpoint) {
		e.Spec.Live = "cluster"
		e.Status.Rollout = &v1alpha1.RolloutStatus{
			ID: "a1", From: "managed", To: "cluster", Stage: stage, Step: 2, Steps: 4,
			ComparedRequests: 12_489, EqualRequests: 12_489, Message: message, Gates: gates,
		}
	}
}

func gate(name string, verdict v1alpha1.GateVerdict, message string) v1alpha1.GateStatus {
	return v1alpha1.GateStatus{Name: name, Verdict: verdict, Message: message}
}

func traffic(managed, cluster, mirror int32, split string) edit {
	return func(e *v1alpha1.Endpoint) {
		e.Status.Split = split
		e.Status.Traffic = []v1alpha1.VariantTraffic{
			{Name: "managed", WeightBasisPoints: managed},
			{Name: "cluster", WeightBasisPoints: cluster, MirrorBasisPoints: mirror},
		}
	}
}

// scenes are the states of an Endpoint that a person meets, in the order of a
// move.
var scenes = map[string]*v1alpha1.Endpoint{
	"01-unseen": endpoint(func(e *v1alpha1.Endpoint) { e.Status = v1alpha1.EndpointStatus{} }),
	"02-loading": endpoint(
		condition("Ready", "False", "ModelLoading", "cluster: fetching the model: 40% of 12Mi"),
		condition("Reconciling", "True", "ModelLoading", "cluster: fetching the model: 40% of 12Mi"),
		func(e *v1alpha1.Endpoint) {
			e.Status.Variants[1] = v1alpha1.VariantStatus{Name: "cluster", Replicas: 2, Message: "fetching the model: 40% of 12Mi"}
		}),
	"03-stalled": endpoint(
		condition("Ready", "False", "ModelNotFound", "there is no Model churn-7"),
		condition("Stalled", "True", "ModelNotFound", "there is no Model churn-7: create it, or correct spec.variants[1].pods.modelRef"),
		func(e *v1alpha1.Endpoint) { e.Status.Variants = e.Status.Variants[:1] }),
	"04-ready": endpoint(),
	"05-shadowing": endpoint(traffic(10000, 0, 10000, "managed 100%"),
		condition("Reconciling", "True", "Shadowing", ""), condition("Ready", "True", "Shadowing", ""),
		rollout(v1alpha1.StageShadowing, "shadow: 80 of 200 requests compared",
			gate("Errors", v1alpha1.VerdictEquivalent, "0 of 80 failed, against 0 of 80"),
			gate("Latency", v1alpha1.VerdictNotEnoughEvidence, "80 of 200 requests"))),
	"06-shifting": endpoint(traffic(9000, 1000, 0, "managed 90%, cluster 10%"),
		rollout(v1alpha1.StageShifting, "step 2 of 4: holds 10% for 40 s more", gate("Errors", v1alpha1.VerdictEquivalent, "0 of 1200 failed"))),
	"07-paused": endpoint(traffic(9000, 1000, 0, "managed 90%, cluster 10%"),
		rollout(v1alpha1.StageShifting, "paused at step 2 of 4"),
		func(e *v1alpha1.Endpoint) {
			e.Spec.Rollout.State = v1alpha1.RolloutPaused
			e.Status.Rollout.Paused = "spec.rollout.state is Paused"
		}),
	"08-paused-by-gate": endpoint(traffic(9000, 1000, 0, "managed 90%, cluster 10%"),
		rollout(v1alpha1.StageShifting, "paused", gate("Errors", v1alpha1.VerdictRegressed, "31 of 120 failed")),
		func(e *v1alpha1.Endpoint) { e.Status.Rollout.Paused = "gate Errors regressed at step 2" }),
	"09-rolled-back": endpoint(
		rollout(v1alpha1.StageRolledBack, "gate Errors regressed: 31 of 120 failed; managed has all the traffic again",
			gate("Errors", v1alpha1.VerdictRegressed, "31 of 120 failed"))),
	"10-promoted": endpoint(traffic(0, 10000, 0, "cluster 100%"),
		rollout(v1alpha1.StagePromoted, "cluster is live after 24m"),
		func(e *v1alpha1.Endpoint) {
			e.Status.Live = "cluster"
			e.Status.Findings = []string{"cluster: the container runs as root, because it needs Root"}
		}),
	"11-taken-back": endpoint(
		rollout(v1alpha1.StageRolledBack, "spec.live was set back to managed: it has all the traffic again"),
		func(e *v1alpha1.Endpoint) { e.Spec.Live = "managed" }),
	"12-deleting": endpoint(func(e *v1alpha1.Endpoint) { e.DeletionTimestamp = &made }),
}

// draw writes a view plainly: the CLI's own golden files hold its final form.
func draw(v view.Endpoint) string {
	var text strings.Builder
	line := func(cells []view.Cell) {
		words := make([]string, len(cells))
		for i, cell := range cells {
			words[i] = cell.String()
		}
		text.WriteString(strings.Join(words, " | ") + "\n")
	}
	for _, row := range v.Summary.Rows {
		line(row)
	}
	for _, branch := range v.Branches {
		line(branch)
	}
	for _, note := range v.Notes {
		text.WriteString("note: " + note.String() + "\n")
	}
	text.WriteString("next: " + v.Next.Message + " > " + strings.Join(v.Next.Command, " ") + "\n")
	return text.String()
}

func TestEndpointOf(t *testing.T) {
	for name, scene := range scenes {
		t.Run(name, func(t *testing.T) {
			v := view.EndpointOf(scene, now)
			for _, branch := range v.Branches {
				if len(branch) != len(v.Branches[0]) {
					t.Errorf("branch %v has %d cells, want %d as the first has", branch, len(branch), len(v.Branches[0]))
				}
			}
			golden(t, name, draw(v))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run go test with -update)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

func TestSettled(t *testing.T) {
	cases := map[string]struct {
		endpoint *v1alpha1.Endpoint
		stage    v1alpha1.RolloutStage
		settled  bool
		reason   string
	}{
		"at rest":      {scenes["04-ready"], "", true, "nothing was asked for"},
		"unseen":       {scenes["01-unseen"], "", false, "the status describes nothing yet"},
		"shadowing":    {scenes["05-shadowing"], v1alpha1.StageShadowing, false, "the stage is not final"},
		"paused":       {scenes["07-paused"], v1alpha1.StageShifting, false, "a paused rollout may go on"},
		"rolled back":  {scenes["09-rolled-back"], v1alpha1.StageRolledBack, true, "the same rollout does not start again"},
		"promoted":     {scenes["10-promoted"], v1alpha1.StagePromoted, true, "the target is live"},
		"taken back":   {scenes["11-taken-back"], v1alpha1.StageRolledBack, true, "spec and status agree"},
		"asked afresh": {endpoint(rollout(v1alpha1.StageRolledBack, ""), func(e *v1alpha1.Endpoint) { e.Generation = 4 }), "", false, "the operator has not seen the new attempt"},
		"way back waits": {endpoint(rollout(v1alpha1.StagePromoted, ""), func(e *v1alpha1.Endpoint) { e.Spec.Live, e.Status.Live = "managed", "cluster" }),
			v1alpha1.StagePromoted, false, "the traffic has still to go back"},
		"first live waits": {endpoint(func(e *v1alpha1.Endpoint) { e.Status.Live = "" }), "", false, "no variant has the traffic"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			stage, settled := view.Settled(c.endpoint)
			if settled != c.settled || stage != c.stage {
				t.Errorf("Settled() = %q, %v, want %q, %v: %s", stage, settled, c.stage, c.settled, c.reason)
			}
		})
	}
}

func TestChangeKeyIgnoresCounters(t *testing.T) {
	before := endpoint(rollout(v1alpha1.StageShadowing, "shadow: 80 of 200 requests compared"))
	counted := endpoint(rollout(v1alpha1.StageShadowing, "shadow: 95 of 200 requests compared"))
	counted.Status.Rollout.ComparedRequests = 95
	moved := endpoint(rollout(v1alpha1.StageShifting, "shadow: 80 of 200 requests compared"))
	if view.ChangeOf(before).Key != view.ChangeOf(counted).Key {
		t.Error("counters alone changed the key: a log would get a line a second")
	}
	if view.ChangeOf(before).Key == view.ChangeOf(moved).Key {
		t.Error("another stage did not change the key: a log would miss it")
	}
	if got, want := len(view.ChangeOf(before).Cells), len(view.ChangeColumns()); got != want {
		t.Errorf("a change has %d cells under %d columns", got, want)
	}
}
