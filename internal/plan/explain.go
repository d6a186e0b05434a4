package plan

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/document"
	"landfall.dev/landfall/internal/graph"
	"landfall.dev/landfall/internal/inventory"
)

// ExplanationKind is the kind in the header of an Explanation.
const ExplanationKind = "PlanExplanation"

// Explanation is everything about one decision.
type Explanation struct {
	document.Header `json:",inline"`
	// Workload as it stands in the plan.
	Workload Workload `json:"workload"`
	// Evidence is what the inventory knows of it; empty without an inventory
	// that has it.
	Evidence []Fact `json:"evidence,omitempty"`
	// PhaseTitle is that of its phase, Before and After the workloads that
	// move right before and after it there.
	PhaseTitle string `json:"phaseTitle,omitempty"`
	Before     string `json:"before,omitempty"`
	After      string `json:"after,omitempty"`
	// DependedOnBy are the short keys of the workloads that rely on it.
	DependedOnBy []string `json:"dependedOnBy,omitempty"`
	// NodePool is the pool it runs on, in a sentence.
	NodePool string `json:"nodePool,omitempty"`
	// Edited are the fields that a person set to something else than Landfall
	// would. ComputedKnown is false when the plan does not tell.
	Edited        []Change `json:"edited,omitempty"`
	ComputedKnown bool     `json:"computedKnown"`
}

// Fact is a piece of evidence.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Explain tells everything about a workload of the plan. The inventory may be
// nil; without it there is no evidence.
func (d *Document) Explain(w *Workload, inv *inventory.Document) (Explanation, error) {
	e := Explanation{
		Header: document.Header{APIVersion: APIVersion, Kind: ExplanationKind}, Workload: *w,
		NodePool: d.poolWords(w.Cluster, w.NodePoolName),
	}
	labels := d.Labels()
	label := labels[w.Full()]
	for _, phase := range d.Phases {
		if at := slices.Index(phase.Workloads, label); at >= 0 {
			e.PhaseTitle = phase.Title
			e.Before, e.After = neighbour(phase.Workloads, at-1), neighbour(phase.Workloads, at+1)
		}
	}
	for i := range d.Workloads {
		if slices.Contains(d.Workloads[i].DependsOn, label) {
			e.DependedOnBy = append(e.DependedOnBy, labels[d.Workloads[i].Full()])
		}
	}
	if inv != nil {
		e.Evidence = evidenceOf(w.WorkloadKey, *inv)
	}
	computed, known := d.Computed[w.Full()]
	e.ComputedKnown = known
	if !known {
		return e, nil
	}
	var err error
	e.Edited, err = edits(label, w.Settings, computed)
	return e, err
}

func neighbour(labels []string, at int) string {
	if at < 0 || at >= len(labels) {
		return ""
	}
	return labels[at]
}

func (d *Document) poolWords(cluster, name string) string {
	for i := range d.NodePools {
		p := &d.NodePools[i]
		if p.Name != name || p.Cluster != cluster {
			continue
		}
		words := ""
		if len(d.Clusters) > 0 {
			words = fmt.Sprintf("of the cluster %s, ", cmp.Or(cluster, DefaultCluster))
		}
		words += fmt.Sprintf("%s: %d to %d × %s (%s)", p.Name, p.MinNodes, p.Nodes, p.InstanceType, p.Architecture)
		if p.GPU != nil {
			words += fmt.Sprintf(", each with %d × %s, pods ask for %s", p.GPU.Count, p.GPU.Model, p.GPU.Resource)
		}
		if p.Spot {
			words += ", spot"
		}
		return words
	}
	return ""
}

// edits are the fields in which settings differ from what was computed.
func edits(label string, file, computed Settings) ([]Change, error) {
	fileFields, err := fields(file)
	if err != nil {
		return nil, err
	}
	ownFields, err := fields(computed)
	if err != nil {
		return nil, err
	}
	var changes []Change
	for _, path := range pathsOf(fileFields, ownFields) {
		is, own := fileFields[path], ownFields[path]
		if !reflect.DeepEqual(is, own) {
			changes = append(changes, Change{Workload: label, Kind: EditKept, Field: path, Computed: show(own), Kept: show(is)})
		}
	}
	return changes, nil
}

// evidenceOf tells what an inventory knows of a workload.
func evidenceOf(key inventory.WorkloadKey, inv inventory.Document) []Fact {
	inv.Workloads = workloadsOf(inv)
	w := inv.FindWorkload(key)
	if w == nil {
		return nil
	}
	facts := facts{}
	facts.add("status", w.Status)
	facts.add("serving mode", string(w.ServingMode))
	if w.Framework != nil {
		facts.add("framework", fmt.Sprintf("%s %s (%s)", w.Framework.Name, w.Framework.Version, w.Framework.Basis))
	}
	if w.TrainingPath != nil {
		facts.add("trained by", fmt.Sprintf("%s %s (%s)", w.TrainingPath.Kind, w.TrainingPath.By, w.TrainingPath.Basis))
	}
	facts.hardware(*w)
	if e := inv.FindEndpoint(key.Place, key.Name); e != nil && key.Kind == inventory.WorkloadEndpoint {
		facts.endpoint(*e, inv.LookbackDays)
	}
	facts.runs(w.Runs, inv.LookbackDays)
	facts.around(*w)
	needs, neededBy := graph.Of(inv).Beside(key.Full())
	facts.beside("needs", needs)
	facts.beside("is needed by", neededBy)
	return facts
}

type facts []Fact

func (f *facts) add(name, value string) {
	if value = strings.Join(strings.Fields(strings.ReplaceAll(value, " ()", "")), " "); value != "" {
		*f = append(*f, Fact{Name: name, Value: value})
	}
}

func (f *facts) hardware(w inventory.Workload) {
	if w.Hardware.Needs == "" || w.Hardware.Needs == inventory.NeedsNone {
		return
	}
	f.add("hardware", fmt.Sprintf("%s (%s)", w.Hardware.Needs, w.Hardware.Basis))
}

func (f *facts) endpoint(e inventory.Endpoint, days int) {
	for _, v := range e.Variants {
		name := "variant " + v.Name
		if v.InstanceType != "" {
			f.add(name+" runs on", fmt.Sprintf("%d × %s", instances(v), v.InstanceType))
		}
		if t := v.Traffic; t != nil {
			f.add(name+" traffic", fmt.Sprintf("%.0f requests a day over %d days, at most %d in a minute, in %d of the %d hours of a week, %.2g %% errors of callers, %.2g %% of the model",
				t.RequestsPerDay, days, t.PeakRequestsPerMinute, busyHours(t), hoursPerWeek, t.ClientErrorShare*fullPercent, t.ServerErrorShare*fullPercent))
			if l := t.LatencyMilliseconds; l != nil {
				f.add(name+" latency", fmt.Sprintf("p50 %g ms, p95 %g ms, p99 %g ms in the container", l.P50, l.P95, l.P99))
			}
		}
		f.usage(name, v.Usage)
	}
}

func (f *facts) usage(name string, u *inventory.Usage) {
	if u == nil {
		return
	}
	for _, each := range []struct {
		what string
		use  *inventory.Use
	}{{"CPU", u.CPU}, {"memory", u.Memory}, {"GPU", u.GPU}, {"GPU memory", u.GPUMemory}} {
		if each.use != nil {
			f.add(name+" "+each.what, fmt.Sprintf("median %g %%, highest %g %%", each.use.Median, each.use.Max))
		}
	}
}

func (f *facts) runs(r *inventory.Runs, days int) {
	if r == nil {
		return
	}
	f.add("runs", fmt.Sprintf("%d, of which %d failed and %d began in the last %d days; the last on %s", r.Count, r.Failed, r.InLookback, days, day(r.LastRunAt)))
	if r.InstanceType != "" {
		f.add("a run takes", fmt.Sprintf("%d × %s for %.3g hours (median), %.4g instance hours a month", max(r.InstanceCount, 1), r.InstanceType, r.MedianHours, r.InstanceHoursPerMonth))
	}
	f.add("started by", r.StartedBy)
}

// mostBeside is how many things of one kind are named before they are counted.
const mostBeside = 4

// beside names what the graph has around a workload, by kind: its images, files,
// roles and networks, and what refers to it.
func (f *facts) beside(how string, nodes []graph.Node) {
	byKind := map[graph.Kind][]string{}
	for _, n := range nodes {
		name := n.Name
		if n.Status == graph.StatusMissing {
			name += " (missing)"
		}
		byKind[n.Kind] = append(byKind[n.Kind], name)
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		names := byKind[kind]
		if more := len(names) - mostBeside; more > 0 {
			names = append(names[:mostBeside:mostBeside], fmt.Sprintf("and %d more", more))
		}
		f.add(fmt.Sprintf("%s %s", how, kind), strings.Join(names, ", "))
	}
}

// mostConsumers is how many consumers are named before they are counted only.
const mostConsumers = 10

func (f *facts) around(w inventory.Workload) {
	for i, c := range w.Consumers {
		if i == mostConsumers {
			f.add("consumers", fmt.Sprintf("and %d more", len(w.Consumers)-mostConsumers))
			break
		}
		f.add("consumer", fmt.Sprintf("%s (%s %s)", c.Name, c.How, c.Detail))
	}
	f.add("consumers not known", w.ConsumersUnknown)
	for _, i := range w.Integrations {
		f.add("relies on", fmt.Sprintf("%s %s", i.Name, i.Detail))
	}
	if w.Criticality.Level != "" {
		f.add("criticality", fmt.Sprintf("%s (%s)", w.Criticality.Level, strings.Join(w.Criticality.Reasons, "; ")))
	}
	if w.CostPerMonth != nil {
		f.add("cost a month", fmt.Sprintf("%s: %s", dollars(*w.CostPerMonth), w.CostPerMonth.Basis))
	}
}
