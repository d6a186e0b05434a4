package render

import (
	"fmt"
	"maps"
	"slices"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// phaseFolder is where the workloads of a phase lie: phases/1-online-non-critical.
func phaseFolder(p plan.Phase) string {
	return "phases/" + phaseName(p)
}

func phaseName(p plan.Phase) string { return slug(fmt.Sprintf("%d %s", p.Number, p.Title)) }

// exported is a bundle with its place in the plan.
type exported struct {
	Bundle
	workload *plan.Workload
	folder   string
}

// phases returns the plan's phases that have bundles, each with those in the
// order in which they move.
func (t *tree) phases() ([]plan.Phase, map[int][]exported) {
	bundles := map[string]Bundle{}
	for _, b := range t.Bundles {
		bundles[b.Key.String()] = b
	}
	byPhase := map[int][]exported{}
	var phases []plan.Phase
	for _, p := range t.Plan.Phases {
		for _, name := range p.Workloads {
			b, ok := bundles[name]
			w := t.Plan.FindWorkload(b.Key)
			if !ok || w == nil {
				continue
			}
			byPhase[p.Number] = append(byPhase[p.Number], exported{Bundle: b, workload: w, folder: phaseFolder(p) + "/" + b.Endpoint.Name})
		}
		if len(byPhase[p.Number]) > 0 {
			phases = append(phases, p)
		}
	}
	return phases, byPhase
}

// workloads writes each exported workload into its phase's folder.
func (t *tree) workloads() error {
	phases, byPhase := t.phases()
	for _, p := range phases {
		var folders []string
		for _, e := range byPhase[p.Number] {
			if err := t.workload(e); err != nil {
				return fmt.Errorf("cannot render %s: %w", e.Key, err)
			}
			folders = append(folders, e.Endpoint.Name)
		}
		if t.Form == FormManifests {
			if err := t.kustomization(phaseFolder(p), folders); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tree) workload(e exported) error {
	model, endpoint := e.Model.DeepCopy(), e.Endpoint.DeepCopy()
	t.place(e.workload, endpoint)
	if t.Form == FormHelm {
		values, err := valuesOf(model, endpoint, e.Extra)
		if err != nil {
			return err
		}
		return t.object(e.folder+"/values.yaml", values)
	}
	files := []string{"model.yaml", "endpoint.yaml"}
	for _, o := range []struct {
		path string
		meta *map[string]string
		ns   *string
		at   any
	}{
		{"model.yaml", &model.Labels, &model.Namespace, model},
		{"endpoint.yaml", &endpoint.Labels, &endpoint.Namespace, endpoint},
	} {
		*o.ns = t.Namespace
		*o.meta = mergedLabels(*o.meta)
		if err := t.object(e.folder+"/"+o.path, o.at); err != nil {
			return err
		}
	}
	for _, extra := range e.Extra {
		files = append(files, extra.Name+".yaml")
		if err := t.object(e.folder+"/"+extra.Name+".yaml", extra.Object); err != nil {
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

// Missing are the endpoints that move by the plan and have no bundle, by their
// short keys.
func Missing(planned plan.Document, bundles []Bundle) []string {
	var names []string
	for i := range planned.Workloads {
		w := &planned.Workloads[i]
		has := slices.ContainsFunc(bundles, func(b Bundle) bool { return b.Key == w.WorkloadKey })
		if w.Decision == plan.Move && w.Kind == inventory.WorkloadEndpoint && !has {
			names = append(names, w.String())
		}
	}
	return names
}
