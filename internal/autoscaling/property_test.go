package autoscaling

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/inventory"
)

// Every policy and every scheduled action is named in the spec, in a note or in
// a gap, whatever the account holds.
func TestNothingIsLost(t *testing.T) {
	metrics := []string{"", "InvocationsPerInstance", "CPUUtilization", "GPUUtilization", "ModelLatency", "ApproximateBacklogSizePerInstance", "Odd"}
	predefined := []string{"", invocationsPerInstance, concurrentPerModel, provisionedUtilization, "Odd"}
	rapid.Check(t, func(t *rapid.T) {
		scaling := target(rapid.Int32Range(0, 3).Draw(t, "min"), rapid.Int32Range(0, 9).Draw(t, "max"))
		scaling.Suspended = rapid.SliceOfDistinct(rapid.SampledFrom([]string{"ScaleIn", "ScaleOut", "Scheduled"}), rapid.ID[string]).Draw(t, "suspended")
		var alarms []inventory.Alarm
		for i := range rapid.IntRange(0, 4).Draw(t, "policies") {
			name := fmt.Sprintf("policy%d", i)
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				scaling.Policies = append(scaling.Policies, tracking(name, rapid.SampledFrom(predefined).Draw(t, "predefined"), rapid.Float64Range(-1, 900).Draw(t, "value")))
			case 1:
				scaling.Policies = append(scaling.Policies, custom(name, rapid.SampledFrom([]string{namespaceRequests, namespaceInstances, "X"}).Draw(t, "namespace"),
					rapid.SampledFrom(metrics).Draw(t, "metric"), rapid.SampledFrom([]string{"", "Sum", "Average"}).Draw(t, "statistic"), 10))
			case 2:
				comparison := rapid.SampledFrom([]string{"GreaterThanThreshold", "LessThanThreshold"}).Draw(t, "comparison")
				alarms = append(alarms, alarm("alarm"+name, rapid.SampledFrom(append(metrics, backlogWithoutCapacity)).Draw(t, "metric"), "Sum", comparison, rapid.Float64Range(-1, 50).Draw(t, "threshold")))
				scaling.Policies = append(scaling.Policies, step(name, "alarm"+name, 60, rapid.SliceOfN(rapid.Int32Range(-3, 3), 0, 3).Draw(t, "steps")...))
			default:
				scaling.Policies = append(scaling.Policies, inventory.Policy{Name: name, Type: "PredictiveScaling"})
			}
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "actions") {
			a := inventory.ScheduledAction{Name: fmt.Sprintf("action%d", i), Schedule: rapid.SampledFrom([]string{
				"cron(0 8 ? * MON-FRI *)", "cron(0 20 * * ? *)", "at(2030-01-01T00:00:00)", "rate(5 minutes)",
			}).Draw(t, "schedule")}
			if rapid.Bool().Draw(t, "has min") {
				a.Min = ptr(rapid.Int32Range(0, 5).Draw(t, "action min"))
			}
			if rapid.Bool().Draw(t, "has max") {
				a.Max = ptr(rapid.Int32Range(0, 5).Draw(t, "action max"))
			}
			scaling.ScheduledActions = append(scaling.ScheduledActions, a)
		}
		result := Translate(Source{Scaling: scaling, Alarms: alarms, Instance: large, Mode: inventory.ModeRealTime})
		text := fmt.Sprintf("%+v %+v %v", result.Spec, result.Gaps, result.Notes)
		lost := func(name string) bool { return !strings.Contains(text, name) }
		for _, p := range scaling.Policies {
			if lost(p.Name) {
				t.Fatalf("policy %s is nowhere in %s", p.Name, text)
			}
		}
		for _, a := range scaling.ScheduledActions {
			if lost(a.Name) {
				t.Fatalf("scheduled action %s is nowhere in %s", a.Name, text)
			}
		}
		if result.Spec == nil && result.Max < result.Min {
			t.Fatalf("bounds %d to %d", result.Min, result.Max)
		}
	})
}
