package render

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"landfall.dev/landfall/internal/gap"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/pipeline"
	"landfall.dev/landfall/internal/placement"
	"landfall.dev/landfall/internal/plan"
)

// workflowsFolder holds the pipelines, as WorkflowTemplates of Argo Workflows.
const workflowsFolder = "workflows"

// maxWorkflowName leaves room for what Argo adds to the names of pods and to
// labels.
const maxWorkflowName = 52

// workflow is a pipeline that moves.
type workflow struct {
	label string
	// phase is the plan's.
	phase  int
	name   string
	object *unstructured.Unstructured
	gaps   []gap.Gap
}

// File is where it lies.
func (w *workflow) File() string { return workflowsFolder + "/" + w.name + ".yaml" }

// translatePipelines makes a WorkflowTemplate of every pipeline that moves.
func (t *tree) translatePipelines() error {
	if !t.ArgoWorkflows || t.Inventory == nil {
		return nil
	}
	definitions := map[inventory.WorkloadKey]string{}
	for _, r := range t.Inventory.Resources {
		if r.Kind == inventory.KindPipeline {
			key := inventory.WorkloadKey{Place: r.Place, Kind: inventory.WorkloadPipeline, Name: r.Name}
			definitions[key] = r.Spec.Text("PipelineDefinition")
		}
	}
	names := t.workflowNames()
	for _, w := range t.moving(inventory.WorkloadPipeline) {
		definition := definitions[w.WorkloadKey]
		if definition == "" {
			return fmt.Errorf("the inventory has no definition of %s; render with the inventory that the plan was made from", t.labels[w.Full()])
		}
		parsed, err := pipeline.Parse([]byte(definition))
		if err != nil {
			return fmt.Errorf("cannot translate %s: %w", t.labels[w.Full()], err)
		}
		result := pipeline.Workflow(parsed, pipeline.Options{
			Name: names[w.Full()], Namespace: t.Namespace, Region: w.Region, Images: t.Plan.ImageMap, Pools: t.pools(w),
		})
		object, err := mark(result.Workflow)
		if err != nil {
			return err
		}
		t.tolerate(object)
		t.pipelines = append(t.pipelines, &workflow{
			label: t.labels[w.Full()], phase: max(w.Phase, 1), name: names[w.Full()], object: object, gaps: w.Gaps,
		})
	}
	return nil
}

// moving are the workloads of a kind that move now.
func (t *tree) moving(kind inventory.WorkloadKind) []*plan.Workload {
	var all []*plan.Workload
	for i := range t.Plan.Workloads {
		if w := &t.Plan.Workloads[i]; w.Kind == kind && w.Decision == plan.Move {
			all = append(all, w)
		}
	}
	return all
}

// workflowNames are those of the pipelines, by full keys. Pipelines whose names
// would be the same in the cluster get a part of their key's digest, all of
// them: none changes its name because of the order.
func (t *tree) workflowNames() map[string]string {
	names, taken := map[string]string{}, map[string]int{}
	for _, w := range t.moving(inventory.WorkloadPipeline) {
		name := slug(w.Name)
		if name == "" || name[0] >= '0' && name[0] <= '9' {
			name = "pipeline-" + name
		}
		name = slug(name[:min(len(name), maxWorkflowName)])
		names[w.Full()] = name
		taken[name]++
	}
	const digits = 6
	for key, name := range names {
		if taken[name] > 1 {
			sum := sha256.Sum256([]byte(key))
			names[key] = name + "-" + hex.EncodeToString(sum[:])[:digits]
		}
	}
	return names
}

// pools are where a pipeline's pods run: in its own pool what is of its class or
// has no pool, and else in the first pool of the class.
func (t *tree) pools(w *plan.Workload) map[placement.Class]string {
	pools := map[placement.Class]string{}
	for _, p := range t.Plan.NodePools {
		if _, has := pools[p.Class]; !has && p.GPU == nil {
			pools[p.Class] = p.Name
		}
	}
	if w.NodePoolName == "" {
		return pools
	}
	pools[w.Class] = w.NodePoolName
	for _, class := range []placement.Class{placement.ClassTraining, placement.ClassBatch} {
		pools[class] = cmp.Or(pools[class], w.NodePoolName)
	}
	return pools
}

// tolerate lets the pods of a workflow onto the nodes that they select.
func (t *tree) tolerate(workflow *unstructured.Unstructured) {
	templates, _, _ := unstructured.NestedSlice(workflow.Object, "spec", "templates") // none is no error: nothing runs then
	for _, item := range templates {
		template, ok := item.(map[string]any)
		if !ok {
			continue
		}
		name, _, _ := unstructured.NestedString(template, "nodeSelector", placement.LabelPool)
		at := slices.IndexFunc(t.Plan.NodePools, func(p placement.NodePool) bool { return p.Name == name })
		if at < 0 {
			continue
		}
		tolerations, _, _ := unstructured.NestedSlice(template, "tolerations")
		for _, text := range t.Plan.NodePools[at].Taints {
			taint := placement.ParseTaint(text)
			if !slices.ContainsFunc(tolerations, func(have any) bool { return tolerates(have, taint) }) {
				tolerations = append(tolerations, tolerationOf(taint))
			}
		}
		template["tolerations"] = tolerations
	}
	if spec, ok := workflow.Object["spec"].(map[string]any); ok && len(templates) > 0 {
		spec["templates"] = templates
	}
}

func tolerates(toleration any, taint placement.Taint) bool {
	fields, ok := toleration.(map[string]any)
	return ok && fields["key"] == taint.Key
}

func tolerationOf(taint placement.Taint) map[string]any {
	if taint.Value == "" {
		return map[string]any{"key": taint.Key, "operator": "Exists", "effect": taint.Effect}
	}
	return map[string]any{"key": taint.Key, "operator": "Equal", "value": taint.Value, "effect": taint.Effect}
}

// workflows writes the pipelines.
func (t *tree) workflows() error {
	if len(t.pipelines) == 0 {
		return nil
	}
	var files []string
	for _, w := range t.pipelines {
		files = append(files, w.name+".yaml")
		if err := t.object(w.File(), w.object); err != nil {
			return err
		}
	}
	return t.kustomization(workflowsFolder, files)
}

// byHand names the workloads that move and for which the tree has nothing, by
// kind.
func (t *tree) byHand() map[inventory.WorkloadKind][]string {
	has := map[string]bool{}
	for _, w := range t.pipelines {
		has[w.label] = true
	}
	all := map[inventory.WorkloadKind][]string{}
	for i := range t.Plan.Workloads {
		w := &t.Plan.Workloads[i]
		label := t.labels[w.Full()]
		if w.Decision == plan.Move && w.Kind != inventory.WorkloadEndpoint && !has[label] {
			all[w.Kind] = append(all[w.Kind], label)
		}
	}
	return all
}

// byHandSorted is byHand in a fixed order.
func (t *tree) byHandSorted() []string {
	all := t.byHand()
	var names []string
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		names = append(names, all[kind]...)
	}
	return names
}
