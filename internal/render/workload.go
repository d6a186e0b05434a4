package render

import (
	"fmt"
	"maps"
	"slices"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// phaseFolder is where the workloads of a phase lie: phases/1-online-non-critical.
func phaseFolder(p plan.Phase) string {
	return "phases/" + phaseName(p)
}

func phaseName(p plan.Phase) string { return slug(fmt.Sprintf("%d %s", p.Number, p.Title)) }

// exported is a bundle with its place in the plan, as the tree writes it.
type exported struct {
	workload *plan.Workload
	// label is the key that people read.
	label  string
	folder string
	// model and endpoint are the bundle's, with what the tree sets.
	model    *v1alpha1.Model
	endpoint *v1alpha1.Endpoint
	// extra are further manifests, such as alerts and an autoscaler.
	extra []Manifest
	// gaps are those of the plan, and those of the tree's options.
	gaps []gap.Gap
	// scaled says that something else than the Endpoint changes spec.replicas.
	scaled bool
}

// phase is one of the plan's with the workloads that have bundles, in the order
// in which they move.
type phase struct {
	plan.Phase

	exports []*exported
}

// arrange finds each bundle's place in the plan and settles what is written for
// it.
func (t *tree) arrange() error {
	bundles := map[string]Bundle{}
	for _, b := range t.Bundles {
		if moves(t.Plan, t.labels, b) {
			bundles[t.labels[b.Key.Full()]] = b
		}
	}
	for _, p := range t.Plan.Phases {
		arranged := phase{Phase: p}
		for _, label := range p.Workloads {
			b, ok := bundles[label]
			if !ok {
				continue
			}
			w := t.Plan.FindWorkload(b.Key)
			e := &exported{
				workload: w, label: label, folder: phaseFolder(p) + "/" + b.Endpoint.Name,
				model: b.Model.DeepCopy(), endpoint: b.Endpoint.DeepCopy(), gaps: slices.Clone(w.Gaps),
			}
			e.place()
			if err := t.autoscale(e); err != nil {
				return fmt.Errorf("cannot render %s: %w", label, err)
			}
			arranged.exports = append(arranged.exports, e)
		}
		if len(arranged.exports) > 0 {
			t.phases = append(t.phases, arranged)
		}
	}
	return t.alert()
}

// exports are those of all phases.
func (t *tree) exports() []*exported {
	var all []*exported
	for _, p := range t.phases {
		all = append(all, p.exports...)
	}
	return all
}

// workloads writes each exported workload into its phase's folder.
func (t *tree) workloads() error {
	for _, p := range t.phases {
		var folders []string
		for _, e := range p.exports {
			if err := t.workload(e); err != nil {
				return fmt.Errorf("cannot render %s: %w", e.label, err)
			}
			folders = append(folders, e.endpoint.Name)
		}
		if t.Form == FormManifests {
			if err := t.kustomization(phaseFolder(p.Phase), folders); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tree) workload(e *exported) error {
	if t.Form == FormHelm {
		values, err := valuesOf(e.model, e.endpoint, e.extra)
		if err != nil {
			return err
		}
		return t.object(e.folder+"/values.yaml", values)
	}
	e.model.Namespace, e.endpoint.Namespace = t.Namespace, t.Namespace
	e.model.Labels, e.endpoint.Labels = mergedLabels(e.model.Labels), mergedLabels(e.endpoint.Labels)
	var files []string
	for _, m := range append([]Manifest{{"model", e.model}, {"endpoint", e.endpoint}}, e.extra...) {
		files = append(files, m.Name+".yaml")
		if err := t.object(e.folder+"/"+m.Name+".yaml", m.Object); err != nil {
			return err
		}
	}
	return t.kustomization(e.folder, files)
}

func mergedLabels(own map[string]string) map[string]string {
	all := labels()
	maps.Copy(all, own)
	return all
}

// Missing are the endpoints that move by the plan and have no bundle, by the
// keys that people read.
func Missing(planned plan.Document, bundles []Bundle) []string {
	var names []string
	labels := planned.Labels()
	for i := range planned.Workloads {
		w := &planned.Workloads[i]
		has := slices.ContainsFunc(bundles, func(b Bundle) bool { return b.Key == w.WorkloadKey })
		if w.Decision == plan.Move && w.Kind == inventory.WorkloadEndpoint && !has {
			names = append(names, labels[w.Full()])
		}
	}
	return names
}

// Unplanned are the bundles of workloads that no phase of the plan moves; the
// tree leaves them out.
func Unplanned(planned plan.Document, bundles []Bundle) []Bundle {
	labels := planned.Labels()
	return slices.DeleteFunc(slices.Clone(bundles), func(b Bundle) bool { return moves(planned, labels, b) })
}

func moves(planned plan.Document, labels map[string]string, b Bundle) bool {
	label := labels[b.Key.Full()]
	w := planned.FindWorkload(b.Key)
	return w != nil && w.Decision == plan.Move &&
		slices.ContainsFunc(planned.Phases, func(p plan.Phase) bool { return slices.Contains(p.Workloads, label) })
}
