package traffic_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/traffic"
)

// wildWorld is a world in which anything may happen between two decisions, as a
// machine for rapid: it drives Step and checks each decision against the one
// before.
type wildWorld struct {
	*world
}

var wildNames = []string{"managed", "cluster", "other"}

func drawPercent(t *rapid.T, label string) v1alpha1.Percent {
	points := rapid.IntRange(1, 10000).Draw(t, label)
	return v1alpha1.PercentFromString(v1alpha1.FormatBasisPoints(int64(points)))
}

// changeSpec lets a person do something.
func (w *wildWorld) changeSpec(t *rapid.T) {
	rollout := &w.spec.Rollout
	switch rapid.IntRange(0, 7).Draw(t, "change") {
	case 0, 1:
		w.spec.Live = rapid.SampledFrom(wildNames).Draw(t, "live")
	case 2:
		rollout.State = rapid.SampledFrom([]v1alpha1.RolloutState{"", v1alpha1.RolloutRunning, v1alpha1.RolloutPaused, v1alpha1.RolloutAborted}).Draw(t, "state")
	case 3:
		rollout.Attempt++
	case 4:
		rollout.Shadow = nil
		if rapid.Bool().Draw(t, "shadow") {
			rollout.Shadow = &v1alpha1.ShadowSpec{Percent: drawPercent(t, "shadowPercent"), MinRequests: 100}
		}
	case 5:
		rollout.OnFailure = rapid.SampledFrom([]v1alpha1.FailureAction{v1alpha1.OnFailureRollback, v1alpha1.OnFailurePause}).Draw(t, "onFailure")
	case 6:
		rollout.Steps = drawSteps(t)
	case 7:
		w.spec.Variants = nil
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(wildNames), 1, 3, rapid.ID).Draw(t, "variants") {
			w.spec.Variants = append(w.spec.Variants, v1alpha1.Variant{Name: name})
		}
	}
}

func drawSteps(t *rapid.T) []v1alpha1.RolloutStep {
	var steps []v1alpha1.RolloutStep
	points := 0
	for points < 10000 {
		points = min(10000, points+rapid.IntRange(1, 6000).Draw(t, "step"))
		hold := rapid.Int32Range(0, 5).Draw(t, "hold")
		steps = append(steps, v1alpha1.RolloutStep{
			Percent: v1alpha1.PercentFromString(v1alpha1.FormatBasisPoints(int64(points))), HoldSeconds: &hold, MinRequests: 100,
		})
	}
	return steps
}

// changeCluster lets pods, contents and routers come and go.
func (w *wildWorld) changeCluster(t *rapid.T) {
	name := rapid.SampledFrom(wildNames).Draw(t, "variant")
	switch rapid.IntRange(0, 4).Draw(t, "cluster") {
	case 0:
		w.ready[name] = traffic.Readiness{Ready: rapid.IntRange(0, 3).Draw(t, "ready") > 0}
	case 1:
		w.hash[name] = rapid.SampledFrom([]string{"", "v1", "v2"}).Draw(t, "content")
	case 2:
		w.routers = rapid.IntRange(0, 3).Draw(t, "routers")
		w.applied = rapid.IntRange(-1, 3).Draw(t, "applied")
	case 3:
		w.age = time.Duration(rapid.IntRange(-15, 15).Draw(t, "age")) * time.Second
	case 4:
		w.ready = map[string]traffic.Readiness{"managed": {Ready: true}, "cluster": {Ready: true}, "other": {Ready: true}}
		w.routers, w.applied, w.age = 2, -1, 0
	}
}

// measureSomething gives the routers figures, good or bad.
func (w *wildWorld) measureSomething(t *rapid.T) {
	r := w.status.Rollout
	if r == nil {
		return
	}
	outcomes := func(name string, n, failed int64, latency float64) evidence.Outcomes {
		o := evidence.Outcomes{Requests: n, Errors: min(failed, n)}
		for range o.Requests - o.Errors {
			o.LatencySeconds.Add(latency)
		}
		return o
	}
	n := rapid.SampledFrom([]int64{0, 20, 200}).Draw(t, "requests")
	failed := rapid.SampledFrom([]int64{0, 0, 0, 3, 150}).Draw(t, "failed")
	latency := rapid.SampledFrom([]float64{0.010, 0.010, 0.014, 0.500}).Draw(t, "latency")
	equal := n - rapid.SampledFrom([]int64{0, 0, 0, min(n, 20)}).Draw(t, "different")
	w.measured = evidence.EndpointReport{
		Variants: []evidence.VariantReport{
			{Name: r.From, Live: outcomes("from", n, 0, 0.010)},
			{Name: r.To, Live: outcomes("to", n, failed, latency), Mirror: outcomes("mirror", n, failed, latency)},
		},
		Comparisons: []evidence.Comparison{{Reference: r.From, Candidate: r.To, Compared: n, Equal: equal, Different: n - equal}},
	}
	if rapid.IntRange(0, 9).Draw(t, "trip") == 0 {
		w.measured.Trips = []evidence.Trip{{Variant: r.To, Reason: "Errors", Message: "it fails", Time: w.now}}
	}
}

// goWell lets the rollout gather good figures, so that rollouts come to their
// end as well.
func (w *wildWorld) goWell(t *rapid.T) {
	w.routers, w.applied, w.age = 2, -1, 0
	if r := w.status.Rollout; r != nil {
		w.ready[r.To] = traffic.Readiness{Ready: true}
	}
	w.now = w.now.Add(5 * time.Second)
	w.serve(2000)
	w.decide(t)
}

// decide steps, and checks the move.
func (w *wildWorld) decide(t *rapid.T) {
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 6).Draw(t, "seconds")) * time.Second)
	in := w.input()
	before := *in.Status.DeepCopy()
	out := traffic.Step(in)
	if diff := cmp.Diff(before, in.Status); diff != "" {
		t.Fatalf("Step changed its input:\n%s", diff)
	}
	w.checkSums(t, in, out)
	w.checkProof(t, in, out)
	w.checkEnded(t, before, out)
	w.write(out)
}

func (w *wildWorld) checkSums(t *rapid.T, in traffic.Input, out traffic.Output) {
	var sum int32
	for _, v := range out.Traffic {
		sum += v.WeightBasisPoints
	}
	if len(out.Traffic) > 0 && sum != traffic.Cycle {
		t.Fatalf("weights add up to %d: %v", sum, out.Traffic)
	}
	if diff := cmp.Diff(out, traffic.Step(in)); diff != "" {
		t.Fatalf("the same input gave something else:\n%s", diff)
	}
}

// checkProof: a target's share rises only from one step to the next, only when
// every gate is proved, and never with a gate regressed.
func (w *wildWorld) checkProof(t *rapid.T, in traffic.Input, out traffic.Output) {
	r := out.Rollout
	if r == nil || in.Status.Rollout == nil || in.Status.Rollout.ID != r.ID || in.Status.Live != r.From {
		return
	}
	was, is := traffic.Weight(in.Status.Traffic, r.To), traffic.Weight(out.Traffic, r.To)
	promoted := r.Stage == v1alpha1.StagePromoted && out.Live == r.To
	if is <= was && !promoted {
		return
	}
	lost := in.Spec.FindVariant(in.Status.Live) == nil
	if lost {
		return // the variant that had the traffic is gone: see lostLive
	}
	e := in.Evidence
	if in.RoutersExpected == 0 || e.Applied < in.RoutersExpected || e.Revision != in.Status.TrafficRevision || in.Now.Sub(e.OldestTime).Abs() > traffic.MaxEvidenceAge {
		t.Fatalf("the share of %s rose from %d to %d without all routers", r.To, was, is)
	}
	if in.Status.Rollout.Stage != v1alpha1.StagePreparing {
		for _, gate := range r.Gates {
			if gate.Verdict != v1alpha1.VerdictEquivalent {
				t.Fatalf("the share of %s rose from %d to %d while gate %s was %s", r.To, was, is, gate.Name, gate.Verdict)
			}
		}
	}
	if in.Spec.Rollout.Shadow != nil && was == 0 && in.Status.Rollout.Stage != v1alpha1.StageShadowing {
		t.Fatalf("%s got traffic without a shadow, from stage %s", r.To, in.Status.Rollout.Stage)
	}
	if promoted {
		if was != traffic.Cycle {
			t.Fatalf("%s was promoted at %d", r.To, was)
		}
		return
	}
	if next := nextStep(in.Spec.Rollout.Steps, was); is != next {
		t.Fatalf("the share of %s rose from %d to %d, and the next step is %d", r.To, was, is, next)
	}
}

func nextStep(steps []v1alpha1.RolloutStep, weight int32) int32 {
	if len(steps) == 0 {
		for _, percent := range []int32{100, 1000, 5000, 10000} {
			if percent > weight {
				return percent
			}
		}
	}
	for _, s := range steps {
		if points, err := s.Percent.BasisPoints(); err == nil && int32(points) > weight {
			return int32(points)
		}
	}
	return traffic.Cycle
}

// checkEnded: a rollout that ended badly gives its target nothing any more.
func (w *wildWorld) checkEnded(t *rapid.T, before v1alpha1.EndpointStatus, out traffic.Output) {
	r := before.Rollout
	if r == nil || (r.Stage != v1alpha1.StageRolledBack && r.Stage != v1alpha1.StageAborted) {
		return
	}
	if out.Rollout.ID == r.ID && out.Rollout.Stage != r.Stage {
		t.Fatalf("rollout %s went on from %s to %s", r.ID, r.Stage, out.Rollout.Stage)
	}
	if out.Rollout.ID == r.ID && before.Live == r.From && traffic.Weight(out.Traffic, r.To) > traffic.Weight(before.Traffic, r.To) &&
		w.spec.FindVariant(before.Live) != nil {
		t.Fatalf("rollout %s has ended (%s), and %s got more traffic", r.ID, r.Stage, r.To)
	}
}

func TestStepInAWildWorld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wildWorld{world: newWorld()}
		w.spec.Variants = []v1alpha1.Variant{{Name: "managed"}, {Name: "cluster"}, {Name: "other"}}
		w.ready = map[string]traffic.Readiness{"managed": {Ready: true}, "cluster": {Ready: true}, "other": {Ready: true}}
		w.spec.Rollout.Steps = drawSteps(t)
		w.decide(t)
		w.spec.Live = "cluster"
		t.Repeat(map[string]func(*rapid.T){
			"person":  w.changeSpec,
			"cluster": w.changeCluster,
			"measure": w.measureSomething,
			"time":    w.decide,
			"again":   w.decide,
			"good":    w.goWell,
			"better":  w.goWell,
			"":        func(*rapid.T) {},
		})
	})
}

// A target that is good gets there, whatever the steps: the rules that hold must
// not hold for ever.
func TestAGoodTargetIsPromoted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &wildWorld{world: newWorld()}
		w.ready = map[string]traffic.Readiness{"managed": {Ready: true}, "cluster": {Ready: true}}
		w.spec.Rollout.Steps = drawSteps(t)
		if rapid.Bool().Draw(t, "shadow") {
			w.spec.Rollout.Shadow = &v1alpha1.ShadowSpec{Percent: drawPercent(t, "percent"), MinRequests: 200}
		}
		w.write(traffic.Step(w.input()))
		w.spec.Live = "cluster"
		for range 20 * (len(w.spec.Rollout.Steps) + 3) {
			w.serve(300)
			w.decide(t)
			if w.status.Rollout.Stage == v1alpha1.StagePromoted {
				return
			}
		}
		t.Fatalf("not promoted: %s: %s", w.status.Rollout.Stage, w.status.Rollout.Message)
	})
}

// serve lets routers split so many requests as the status says, and compare.
func (w *world) serve(requests int64) {
	if w.status.Rollout == nil {
		return
	}
	add := func(o *evidence.Outcomes, n int64) {
		o.Requests += n
		for range n {
			o.LatencySeconds.Add(0.010)
		}
	}
	from, to := w.status.Rollout.From, w.status.Rollout.To
	var fromServed int64
	for _, v := range w.status.Traffic {
		n := requests * int64(v.WeightBasisPoints) / traffic.Cycle
		if v.WeightBasisPoints > 0 {
			n += 20 // so that the smallest share gets its requests within the rounds
		}
		add(&w.variant(v.Name).Live, n)
		if v.Name == from {
			fromServed = n
		}
	}
	for _, v := range w.status.Traffic {
		if v.Name != to || v.MirrorBasisPoints == 0 {
			continue
		}
		copies := fromServed*int64(v.MirrorBasisPoints)/traffic.Cycle + 20
		add(&w.variant(to).Mirror, copies)
		if len(w.measured.Comparisons) == 0 {
			w.measured.Comparisons = []evidence.Comparison{{Reference: from, Candidate: to}}
		}
		w.measured.Comparisons[0].Compared += copies
		w.measured.Comparisons[0].Equal += copies
	}
}

func TestRolloutID(t *testing.T) {
	ids := map[string]string{}
	for _, c := range []struct {
		to, hash string
		attempt  int32
	}{{"a", "h", 1}, {"a", "h", 2}, {"a", "g", 1}, {"b", "h", 1}, {"a", "h1", 1}} {
		id := traffic.RolloutID(c.to, c.hash, c.attempt)
		what := fmt.Sprint(c)
		if other, taken := ids[id]; taken {
			t.Errorf("%s and %s have one id %s", what, other, id)
		}
		ids[id] = what
		if again := traffic.RolloutID(c.to, c.hash, c.attempt); again != id {
			t.Errorf("%s has two ids, %s and %s", what, id, again)
		}
	}
	// An upgrade of Landfall must not make another rollout of the one in hand.
	if got, want := traffic.RolloutID("cluster", "9cf76d45b196c232", 1), "cluster-804d457383"; got != want {
		t.Errorf("the id that earlier releases wrote is %s, and now it is %s", want, got)
	}
}
