package schedule

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/internal/placement"
)

// Labels and marks of what the tests create.
const (
	labelWorkload = "landfall.dev/workload"
	// KWOK's label and annotation of nodes that it would keep.
	labelKWOK      = "type"
	annotationKWOK = "kwok.x-k8s.io/node"
)

// pods are equal ones of a workload.
type pods struct {
	name     string
	assigned placement.Assigned
	count    int32
}

// createNodes makes nodes of a pool, with the pods of the system on each.
func (c *cluster) createNodes(t *testing.T, pool placement.NodePool, count int32) {
	t.Helper()
	each(t, int(count), func(i int) error {
		node, err := c.client.CoreV1().Nodes().Create(t.Context(), node(pool, i), metav1.CreateOptions{})
		if err != nil {
			return fmt.Errorf("create a node: %w", err)
		}
		// The API server marks every new node as not ready; a node lifecycle
		// controller would take that away.
		node.Spec.Taints = taintsOf(pool)
		if node, err = c.client.CoreV1().Nodes().Update(t.Context(), node, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("make node %s ready: %w", node.Name, err)
		}
		return c.createSystem(t, node.Name)
	})
}

func node(pool placement.NodePool, number int) *corev1.Node {
	name := fmt.Sprintf("%s-%d", pool.Name, number)
	labels := pool.Labels()
	labels[labelKWOK] = "kwok"
	labels[corev1.LabelHostname] = name
	labels[corev1.LabelInstanceTypeStable] = pool.InstanceType
	labels[corev1.LabelTopologyZone] = string(rune('a' + number%3))
	amounts := quantities(pool.Allocatable, resourceOf(pool))
	amounts[corev1.ResourcePods] = *resource.NewQuantity(pool.MaxPods, resource.DecimalSI)
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels, Annotations: map[string]string{annotationKWOK: "fake"}},
		Spec:       corev1.NodeSpec{Taints: taintsOf(pool)},
		Status: corev1.NodeStatus{
			Capacity: amounts, Allocatable: amounts,
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady"}},
		},
	}
}

func resourceOf(pool placement.NodePool) string {
	if pool.GPU == nil {
		return ""
	}
	return pool.GPU.Resource
}

func taintsOf(pool placement.NodePool) []corev1.Taint {
	var taints []corev1.Taint
	for _, text := range pool.Taints {
		taint := placement.ParseTaint(text)
		taints = append(taints, corev1.Taint{Key: taint.Key, Value: taint.Value, Effect: corev1.TaintEffect(taint.Effect)})
	}
	return taints
}

func tolerationsOf(pool placement.NodePool) []corev1.Toleration {
	var tolerations []corev1.Toleration
	for _, text := range pool.Taints {
		taint := placement.ParseTaint(text)
		operator := corev1.TolerationOpEqual
		if taint.Value == "" {
			operator = corev1.TolerationOpExists
		}
		tolerations = append(tolerations, corev1.Toleration{Key: taint.Key, Operator: operator, Value: taint.Value, Effect: corev1.TaintEffect(taint.Effect)})
	}
	return tolerations
}

func quantities(a placement.Amounts, gpuResource string) corev1.ResourceList {
	list := corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(a.CPUMillis, resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(a.MemoryMiB<<20, resource.BinarySI),
	}
	if a.GPUs > 0 {
		list[corev1.ResourceName(gpuResource)] = *resource.NewQuantity(a.GPUs, resource.DecimalSI)
	}
	return list
}

// createSystem puts the pods of DaemonSets on a node, as their controller does.
func (c *cluster) createSystem(t *testing.T, nodeName string) error {
	t.Helper()
	system := placement.DefaultSystem()
	for i := range system.Pods {
		share := placement.Amounts{
			CPUMillis: system.Requests.CPUMillis / system.Pods, MemoryMiB: system.Requests.MemoryMiB / system.Pods,
		}
		if i == 0 { // the first takes what the division leaves
			share.CPUMillis += system.Requests.CPUMillis % system.Pods
			share.MemoryMiB += system.Requests.MemoryMiB % system.Pods
		}
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("system-%s-%d", nodeName, i), Namespace: c.namespace},
			Spec: corev1.PodSpec{
				NodeName: nodeName, Containers: []corev1.Container{container(quantities(share, ""))},
				Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			},
		}
		if _, err := c.client.CoreV1().Pods(c.namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("create a pod of the system: %w", err)
		}
	}
	return nil
}

// createPods makes the pods of a workload as the operator does, from a number
// on.
func (c *cluster) createPods(t *testing.T, pool placement.NodePool, w pods, from int32) {
	t.Helper()
	each(t, int(w.count), func(i int) error {
		pod := podOf(c.namespace, pool, w, int(from)+i)
		_, err := c.client.CoreV1().Pods(c.namespace).Create(t.Context(), pod, metav1.CreateOptions{})
		return err
	})
}

func podOf(namespace string, pool placement.NodePool, w pods, number int) *corev1.Pod {
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{labelWorkload: w.name}}
	keepApart := func(key string) corev1.TopologySpreadConstraint {
		return corev1.TopologySpreadConstraint{
			MaxSkew: 1, TopologyKey: key, WhenUnsatisfiable: corev1.ScheduleAnyway, LabelSelector: selector,
		}
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("%s-%d", w.name, number), Namespace: namespace,
			Labels: map[string]string{labelWorkload: w.name, placement.LabelPool: pool.Name},
		},
		Spec: corev1.PodSpec{
			NodeSelector:              map[string]string{placement.LabelPool: pool.Name},
			Tolerations:               tolerationsOf(pool),
			PriorityClassName:         w.assigned.PriorityClassName,
			TopologySpreadConstraints: []corev1.TopologySpreadConstraint{keepApart(corev1.LabelHostname), keepApart(corev1.LabelTopologyZone)},
			Containers:                []corev1.Container{container(quantities(w.assigned.Size.Requests, w.assigned.GPUResource))},
		},
	}
}

func container(requests corev1.ResourceList) corev1.Container {
	limits := corev1.ResourceList{}
	for name, quantity := range requests {
		if strings.Contains(string(name), "/") { // devices cannot be overcommitted
			limits[name] = quantity
		}
	}
	return corev1.Container{Name: "model", Image: "example.invalid/model", Resources: corev1.ResourceRequirements{Requests: requests, Limits: limits}}
}

// each calls for 0 to count-1, several at a time.
func each(t *testing.T, count int, call func(int) error) {
	t.Helper()
	var wait sync.WaitGroup
	slots := make(chan struct{}, 4*runtime.NumCPU())
	for i := range count {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			if err := call(i); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if t.Failed() {
		t.FailNow()
	}
}
