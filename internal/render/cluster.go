package render

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/alarm"
	"landfall.dev/landfall/internal/placement"
)

// clusterFolder holds what workloads of all phases share.
const clusterFolder = "cluster"

// cluster writes the namespace, priority classes, a WorkloadClass for each node
// pool, and what has the routers scraped.
func (t *tree) cluster() error {
	files := []string{"namespace.yaml"}
	if err := t.object(clusterFolder+"/namespace.yaml", object{
		APIVersion: "v1", Kind: "Namespace", Metadata: meta{Name: t.Namespace, Labels: labels()},
	}); err != nil {
		return err
	}
	for _, class := range t.priorityClasses() {
		file := "priorityclass-" + class.Name + ".yaml"
		files = append(files, file)
		if err := t.object(clusterFolder+"/"+file, priorityClass(class)); err != nil {
			return err
		}
	}
	for _, p := range t.Plan.NodePools {
		files = append(files, "workloadclass-"+p.Name+".yaml")
		if err := t.object(clusterFolder+"/workloadclass-"+p.Name+".yaml", workloadClass(p)); err != nil {
			return err
		}
	}
	sharing, err := gpuSharing(t.Plan.NodePools)
	if err != nil {
		return err
	}
	if sharing != nil && t.provider() != string(placement.ProviderGKE) { // which shares GPUs by itself
		files = append(files, "gpu-sharing.yaml")
		if err := t.object(clusterFolder+"/gpu-sharing.yaml", sharing); err != nil {
			return err
		}
	}
	if t.PrometheusOperator {
		files = append(files, "podmonitor.yaml")
		if err := t.scraped(); err != nil {
			return err
		}
	}
	return t.kustomization(clusterFolder, files)
}

// priorityClasses are those that the pools use and that are known here.
func (t *tree) priorityClasses() []placement.PriorityClass {
	used := map[string]bool{}
	for _, p := range t.Plan.NodePools {
		used[p.PriorityClassName] = true
	}
	return slices.DeleteFunc(placement.PriorityClasses(), func(c placement.PriorityClass) bool { return !used[c.Name] })
}

func priorityClass(c placement.PriorityClass) *schedulingv1.PriorityClass {
	class := &schedulingv1.PriorityClass{
		TypeMeta:    metav1.TypeMeta{APIVersion: "scheduling.k8s.io/v1", Kind: "PriorityClass"},
		ObjectMeta:  metav1.ObjectMeta{Name: c.Name, Labels: labels()},
		Value:       c.Value,
		Description: c.Description,
	}
	if !c.Preempts {
		class.PreemptionPolicy = ptr.To(corev1.PreemptNever)
	}
	return class
}

// workloadClass puts pods onto a pool's nodes. It has the pool's name.
func workloadClass(p placement.NodePool) *v1alpha1.WorkloadClass {
	class := &v1alpha1.WorkloadClass{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "WorkloadClass"},
		ObjectMeta: metav1.ObjectMeta{Name: p.Name, Labels: labels()},
		Spec: v1alpha1.WorkloadClassSpec{
			Purpose: v1alpha1.WorkloadPurpose(p.Class), PriorityClassName: p.PriorityClassName,
			NodeSelector: map[string]string{placement.LabelPool: p.Name},
		},
	}
	for _, taint := range p.Taints {
		class.Spec.Tolerations = append(class.Spec.Tolerations, toleration(placement.ParseTaint(taint)))
	}
	return class
}

// toleration lets a pod onto nodes with a taint, of any value where the taint
// has none.
func toleration(t placement.Taint) corev1.Toleration {
	operator := corev1.TolerationOpEqual
	if t.Value == "" {
		operator = corev1.TolerationOpExists
	}
	return corev1.Toleration{Key: t.Key, Operator: operator, Value: t.Value, Effect: corev1.TaintEffect(t.Effect)}
}

// place sends an Endpoint's pods to the node pool that the plan chose, unless
// its bundle names a class of its own.
func (e *exported) place() {
	for i := range e.endpoint.Spec.Variants {
		if pods := e.endpoint.Spec.Variants[i].Pods; pods != nil {
			pods.WorkloadClassName = cmp.Or(pods.WorkloadClassName, e.workload.NodePoolName)
		}
	}
}

// scraped has the routers' figures read, which alerts and autoscaling go by.
func (t *tree) scraped() error {
	monitor, err := mark(alarm.PodMonitor("landfall-routers", t.RouterNamespace))
	if err != nil {
		return err
	}
	return t.object(clusterFolder+"/podmonitor.yaml", monitor)
}
