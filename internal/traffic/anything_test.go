package traffic_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/traffic"
)

// Whatever stands in an object, Step answers.
func TestStepTakesAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"", "a", "b", "c"})
		percent := rapid.Custom(func(t *rapid.T) v1alpha1.Percent {
			if rapid.Bool().Draw(t, "whole") {
				return v1alpha1.PercentOf(rapid.Int32().Draw(t, "percent"))
			}
			return v1alpha1.PercentFromString(rapid.SampledFrom([]string{"", "x", "0", "0.01", "50", "100", "101", "-3", "9999.99"}).Draw(t, "text"))
		})
		in := traffic.Input{
			Ready: map[string]traffic.Readiness{}, TargetHash: map[string]string{},
			RoutersExpected: rapid.IntRange(-1, 3).Draw(t, "routers"),
			Now:             dawn,
		}
		if rapid.IntRange(0, 9).Draw(t, "spec") > 0 {
			in.Spec = drawAnySpec(t, name, percent)
		}
		in.Status = drawAnyStatus(t, name)
		for range rapid.IntRange(0, 3).Draw(t, "known") {
			n := name.Draw(t, "name")
			in.Ready[n] = traffic.Readiness{Ready: rapid.Bool().Draw(t, "ready")}
			in.TargetHash[n] = rapid.SampledFrom([]string{"", "h"}).Draw(t, "hash")
		}
		in.Evidence = evidence.Merged{
			Applied: rapid.IntRange(0, 3).Draw(t, "applied"), Revision: in.Status.TrafficRevision, OldestTime: dawn, NewestTime: dawn,
			Variants: map[string]evidence.VariantReport{"a": {Live: evidence.Outcomes{Requests: 1000, Errors: rapid.Int64Range(0, 1000).Draw(t, "errors")}}},
		}
		out := traffic.Step(in)
		if diff := cmp.Diff(out, traffic.Step(in)); diff != "" {
			t.Fatalf("the same input gave something else:\n%s", diff)
		}
		if out.NextLook < 0 {
			t.Fatalf("next look in %s", out.NextLook)
		}
	})
}

func drawAnySpec(t *rapid.T, name *rapid.Generator[string], percent *rapid.Generator[v1alpha1.Percent]) *v1alpha1.EndpointSpec {
	spec := &v1alpha1.EndpointSpec{Live: name.Draw(t, "live")}
	for range rapid.IntRange(0, 3).Draw(t, "variants") {
		spec.Variants = append(spec.Variants, v1alpha1.Variant{Name: name.Draw(t, "variant")})
	}
	r := &spec.Rollout
	r.State = rapid.SampledFrom([]v1alpha1.RolloutState{"", v1alpha1.RolloutRunning, v1alpha1.RolloutPaused, v1alpha1.RolloutAborted, "x"}).Draw(t, "state")
	r.Attempt = rapid.Int32().Draw(t, "attempt")
	if rapid.Bool().Draw(t, "shadow") {
		r.Shadow = &v1alpha1.ShadowSpec{Percent: percent.Draw(t, "shadowPercent"), MinRequests: rapid.Int64().Draw(t, "min")}
	}
	for range rapid.IntRange(0, 3).Draw(t, "steps") {
		hold := rapid.Int32().Draw(t, "hold")
		r.Steps = append(r.Steps, v1alpha1.RolloutStep{Percent: percent.Draw(t, "step"), HoldSeconds: &hold, MinRequests: rapid.Int64().Draw(t, "stepMin")})
	}
	tolerance := rapid.Int32().Draw(t, "tolerance")
	r.Gates = v1alpha1.RolloutGates{
		Errors:    v1alpha1.ErrorGate{MaxIncreasePercent: percent.Draw(t, "increase")},
		Latency:   v1alpha1.LatencyGate{Percentile: rapid.Int32().Draw(t, "percentile"), MaxRatioPercent: rapid.Int32().Draw(t, "ratio"), ToleranceMilliseconds: &tolerance},
		Agreement: v1alpha1.AgreementGate{MinPercent: percent.Draw(t, "agreement")},
	}
	return spec
}

func drawAnyStatus(t *rapid.T, name *rapid.Generator[string]) v1alpha1.EndpointStatus {
	status := v1alpha1.EndpointStatus{Live: name.Draw(t, "statusLive"), TrafficRevision: rapid.Int64().Draw(t, "revision")}
	for range rapid.IntRange(0, 3).Draw(t, "traffic") {
		status.Traffic = append(status.Traffic, share(name.Draw(t, "t"), rapid.Int32().Draw(t, "weight"), rapid.Int32().Draw(t, "mirror")))
	}
	if rapid.Bool().Draw(t, "rollout") {
		status.Rollout = &v1alpha1.RolloutStatus{
			ID: rapid.SampledFrom([]string{"", "x", traffic.RolloutID("a", "h", 1)}).Draw(t, "id"), From: name.Draw(t, "from"), To: name.Draw(t, "to"),
			Stage:          rapid.SampledFrom([]v1alpha1.RolloutStage{"", "x", v1alpha1.StagePreparing, v1alpha1.StageShadowing, v1alpha1.StageShifting, v1alpha1.StagePromoted, v1alpha1.StageRolledBack, v1alpha1.StageAborted}).Draw(t, "stage"),
			Step:           rapid.Int32().Draw(t, "step"),
			StageStartTime: metav1.NewMicroTime(dawn.Add(time.Duration(rapid.Int64().Draw(t, "stageStart")))),
			Paused:         rapid.SampledFrom([]string{"", "a gate", traffic.PausedBySpec}).Draw(t, "paused"),
		}
	}
	return status
}
