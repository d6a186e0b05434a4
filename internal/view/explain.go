package view

import (
	"fmt"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// Section is a title with sentences below it.
type Section struct {
	Title string
	Lines []string
}

// PlanExplanation puts a decision into sections, the verdict first. Sections
// without anything to say are left out.
func PlanExplanation(e plan.Explanation) []Section {
	w := e.Workload
	all := []Section{
		{headline(e), w.Reasons},
		{"What stands in the way", blockerLines(w.Blockers)},
		{"What the scan saw", factLines(e.Evidence)},
		{"When it moves", phaseLines(e)},
		{"What it relies on", dependencyLines(e)},
		{"What its pods get", sizeLines(w)},
		{"Where it runs", placementLines(e)},
		{"How the number of pods changes", scalingLines(w)},
		{"What it costs a month", costLines(w)},
		{"What SageMaker does and the cluster will not do by itself", gapLines(w)},
		{"What a person edited", editLines(e)},
	}
	sections := all[:1]
	for _, s := range all[1:] {
		if len(s.Lines) > 0 {
			sections = append(sections, s)
		}
	}
	return sections
}

func headline(e plan.Explanation) string {
	w := e.Workload
	text := w.String() + ": " + decision(w.Decision).String()
	if w.Phase > 0 {
		text += fmt.Sprintf(", in phase %d", w.Phase)
	}
	if w.Cluster != "" {
		text += ", to the cluster " + w.Cluster
	}
	if w.Region != "" {
		text += fmt.Sprintf(" (account %s, %s)", orNone(w.AccountID), w.Region)
	}
	return text
}

func blockerLines(blockers []plan.Blocker) []string {
	var lines []string
	for _, b := range blockers {
		lines = append(lines, b.Thing+": "+b.Why)
		if b.Do != "" {
			lines = append(lines, "to unblock: "+b.Do)
		}
	}
	return lines
}

func factLines(facts []plan.Fact) []string {
	var lines []string
	for _, f := range facts {
		lines = append(lines, f.Name+": "+f.Value)
	}
	return lines
}

func phaseLines(e plan.Explanation) []string {
	w := e.Workload
	if w.Phase == 0 {
		return nil
	}
	lines := []string{fmt.Sprintf("phase %d, %s: %s", w.Phase, orNone(e.PhaseTitle), orNone(w.PhaseReason))}
	if e.Before != "" {
		lines = append(lines, "after "+e.Before)
	}
	if e.After != "" {
		lines = append(lines, "before "+e.After)
	}
	return lines
}

func dependencyLines(e plan.Explanation) []string {
	var lines []string
	for _, on := range e.Workload.DependsOn {
		lines = append(lines, "it depends on "+on)
	}
	for _, by := range e.Workload.BuiltBy {
		lines = append(lines, "it serves from files that "+by+" made; those are there, so that it does not wait for it")
	}
	for _, by := range e.DependedOnBy {
		lines = append(lines, by+" depends on it")
	}
	return lines
}

func sizeLines(w plan.Workload) []string {
	if w.Resources == (plan.Resources{}) {
		return w.Sizing
	}
	lines := []string{fmt.Sprintf("%s × (request %s, limit %s)", replicas(w.Replicas), amounts(w.Resources.Requests), amounts(w.Resources.Limits))}
	return append(lines, w.Sizing...)
}

// amounts are in one text: 2, 4Gi, 1 nvidia.com/gpu.
func amounts(a plan.Amounts) string {
	var parts []string
	for _, part := range []string{a.CPU, a.Memory} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if a.GPU > 0 {
		resource := a.GPUResource
		if resource == "" {
			resource = plan.DefaultGPUResource
		}
		parts = append(parts, fmt.Sprintf("%d %s", a.GPU, resource))
	}
	return orNone(strings.Join(parts, " "))
}

func placementLines(e plan.Explanation) []string {
	var lines []string
	if e.NodePool != "" {
		lines = append(lines, "node pool "+e.NodePool)
	}
	return append(lines, e.Workload.Placement...)
}

func scalingLines(w plan.Workload) []string {
	s := w.Autoscaling
	if s == nil {
		return nil
	}
	lines := []string{fmt.Sprintf("%s changes it between %d and %d", s.Engine, w.Replicas.Min, max(w.Replicas.Max, w.Replicas.Min))}
	for _, m := range s.Metrics {
		line := fmt.Sprintf("%s of %s for each pod", m.Type, m.TargetValue)
		if m.Total {
			line = fmt.Sprintf("%s of %s for all pods together", m.Type, m.TargetValue)
		}
		if m.From != "" {
			line += ", in place of " + m.From
		}
		lines = append(lines, line)
	}
	for _, schedule := range s.Schedules {
		line := fmt.Sprintf("at least %d from %q to %q", schedule.Replicas, schedule.Start, schedule.End)
		if schedule.TimeZone != "" {
			line += " " + schedule.TimeZone
		}
		if schedule.From != "" {
			line += ", in place of " + schedule.From
		}
		lines = append(lines, line)
	}
	if s.ScaleDownDisabled {
		return append(lines, "it never goes down by itself")
	}
	return append(lines, fmt.Sprintf("it goes down after %d seconds in which fewer pods were enough", s.ScaleDownStabilizationSeconds))
}

func costLines(w plan.Workload) []string {
	var lines []string
	if w.SageMakerCost != nil {
		lines = append(lines, "on SageMaker "+Cost(*w.SageMakerCost)+": "+w.SageMakerCost.Basis)
	}
	if w.ClusterCost != nil {
		lines = append(lines, "in the cluster "+Cost(*w.ClusterCost)+": "+w.ClusterCost.Basis)
	}
	if usd := w.MoreReplicasUSD(); usd > 0 {
		lines = append(lines, fmt.Sprintf("%.2f USD of that are for more pods (%d) than there are instances now (%d): lower replicas.min if fewer will do", usd, w.Replicas.Min, w.Room.Instances))
	}
	if w.ClusterCost != nil && w.Room != nil && !w.Room.Measured {
		lines = append(lines, "its pods are as large as the instance, since no use was measured: landfall verify tells what they need")
	}
	if len(w.Unpriced) > 0 {
		lines = append(lines, "no price is known on SageMaker of: "+strings.Join(w.Unpriced, "; "))
	}
	return lines
}

// Cost writes an amount with the date of its prices, and says when it is an
// estimate.
func Cost(c inventory.Cost) string {
	text := fmt.Sprintf("%.2f USD", c.USD)
	if c.Estimate {
		text += ", an estimate"
	}
	if c.PricesOf != "" {
		text += ", at prices of " + c.PricesOf
	}
	if c.PriceTable != "" {
		text += " (" + c.PriceTable + ")"
	}
	return text
}

func gapLines(w plan.Workload) []string {
	var lines []string
	for _, g := range w.Gaps {
		lines = append(lines, g.Thing+": "+g.Why)
		if g.Do != "" {
			lines = append(lines, "instead: "+g.Do)
		}
	}
	return lines
}

func editLines(e plan.Explanation) []string {
	if !e.ComputedKnown {
		return []string{"the plan does not tell what Landfall itself would write about it"}
	}
	var lines []string
	for _, change := range e.Edited {
		lines = append(lines, fmt.Sprintf("%s is %s; Landfall would say %s", change.Field, orNone(change.Kept), orNone(change.Computed)))
	}
	return lines
}
