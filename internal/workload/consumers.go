package workload

import (
	"cmp"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// fromGraph is how a consumer is known that another workload is.
const fromGraph = "Graph"

// consumers are who calls an endpoint, and the workloads that depend on one.
// Somebody who is seen and allowed stands once for each.
func (a *account) consumers(g *group) []inventory.Consumer {
	var list []inventory.Consumer
	if g.endpoint != nil {
		for _, c := range a.document.Callers {
			if c.Place == g.key.Place && (c.Endpoint == "*" || strings.EqualFold(c.Endpoint, g.endpoint.Name)) {
				list = append(list, inventory.Consumer{Name: c.Principal, How: string(c.Source), Detail: through(c)})
			}
		}
	}
	for _, full := range a.dependents[g.key.Full()] {
		name := full
		if key := a.shortNames[full]; key.Place == g.key.Place {
			name = key.String()
		}
		list = append(list, inventory.Consumer{Name: name, How: fromGraph, Detail: "uses it, or what it writes"})
	}
	slices.SortStableFunc(list, func(x, y inventory.Consumer) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.How, y.How), cmp.Compare(x.Detail, y.Detail))
	})
	return slices.Compact(list)
}

// through says how somebody calls, or by what they may.
func through(c inventory.Caller) string {
	var parts []string
	if c.Through != "" {
		parts = append(parts, c.Through)
	}
	if c.Endpoint == "*" {
		parts = append(parts, "may call every endpoint")
	}
	if c.Conditional {
		parts = append(parts, "under conditions that a scan cannot judge")
	}
	if c.Calls > 0 {
		parts = append(parts, plural(int(c.Calls), "call"))
	}
	if c.Owner != "" {
		parts = append(parts, "owner "+c.Owner)
	}
	return strings.Join(parts, "; ")
}

// writesFiles are the kinds of workloads whose results are files that anybody
// may read who can read the bucket.
var writesFiles = map[inventory.WorkloadKind]bool{
	inventory.WorkloadTraining: true, inventory.WorkloadTuning: true, inventory.WorkloadAutoML: true,
	inventory.WorkloadProcessing: true, inventory.WorkloadTransform: true, inventory.WorkloadPipeline: true,
	inventory.WorkloadFeatureGroup: true, inventory.WorkloadLabeling: true, inventory.WorkloadCompilation: true,
}

// consumersUnknown says in plain words what is not known about consumers.
func (a *account) consumersUnknown(g *group) string {
	if writesFiles[g.key.Kind] {
		return "What reads its files outside SageMaker is not known: only SageMaker's own resources were looked through."
	}
	if g.endpoint == nil {
		return ""
	}
	coverage, asked := a.coverage[g.key.Place]
	if !asked {
		return "Who calls it is not known: callers were not looked for."
	}
	var gaps []string
	gap := func(c inventory.Coverage, unread, read string) {
		switch {
		case !c.Read && c.Why == "":
			gaps = append(gaps, unread+".")
		case !c.Read:
			gaps = append(gaps, unread+": "+sentence(c.Why))
		case c.Why != "":
			gaps = append(gaps, read+": "+sentence(c.Why))
		}
	}
	gap(coverage.IAM, "Who may call it is not known", "Who may call it is not fully known")
	gap(coverage.CloudTrail, "Who does call it is not known", "Who does call it is not fully known")
	return strings.Join(gaps, " ")
}

// sentence ends a text with a full stop.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}
