package export

import (
	"cmp"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/plan"
)

// endpointObject is the Endpoint with the managed and the cluster variant. The
// traffic stays on SageMaker until a person changes live.
func (s source) endpointObject() (*v1alpha1.Endpoint, error) {
	pods, err := s.pods()
	if err != nil {
		return nil, err
	}
	spec := v1alpha1.EndpointSpec{
		EndpointName: s.Endpoint.Name,
		Variants: []v1alpha1.Variant{
			{Name: plan.ManagedVariant, SageMaker: &v1alpha1.SageMakerVariant{
				EndpointName: s.Endpoint.Name, Region: s.Endpoint.Region,
			}},
			{Name: plan.ClusterVariant, Pods: pods},
		},
		Live: plan.ManagedVariant,
	}
	if s.Workload.Rollout != nil {
		spec.Rollout = *s.Workload.Rollout
	}
	return &v1alpha1.Endpoint{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Endpoint"},
		ObjectMeta: metav1.ObjectMeta{Name: s.Workload.Names.Endpoint},
		Spec:       spec,
	}, nil
}

func (s source) pods() (*v1alpha1.PodsVariant, error) {
	requests, err := resourceList(s.Workload.Resources.Requests)
	if err != nil {
		return nil, fmt.Errorf("resources.requests: %w", err)
	}
	limits, err := resourceList(s.Workload.Resources.Limits)
	if err != nil {
		return nil, fmt.Errorf("resources.limits: %w", err)
	}
	pods := &v1alpha1.PodsVariant{
		ModelRef:              v1alpha1.ModelReference{Name: s.Workload.Names.Model},
		WorkloadClassName:     s.Workload.WorkloadClassName,
		Replicas:              v1alpha1.ReplicaRange{Min: max(s.Workload.Replicas.Min, 1)},
		Resources:             corev1.ResourceRequirements{Requests: requests, Limits: limits},
		StartupTimeoutSeconds: s.Workload.StartupTimeoutSeconds,
	}
	if s.Workload.Replicas.Max > 0 {
		pods.Replicas.Max = ptr.To(s.Workload.Replicas.Max)
	}
	return pods, nil
}

func resourceList(amounts plan.Amounts) (corev1.ResourceList, error) {
	list := corev1.ResourceList{}
	for name, text := range map[corev1.ResourceName]string{
		corev1.ResourceCPU: amounts.CPU, corev1.ResourceMemory: amounts.Memory,
	} {
		if text == "" {
			continue
		}
		quantity, err := resource.ParseQuantity(text)
		if err != nil {
			return nil, fmt.Errorf("%s %q is not an amount such as 500m or 2Gi", name, text)
		}
		list[name] = quantity
	}
	if amounts.GPU > 0 {
		list[corev1.ResourceName(cmp.Or(amounts.GPUResource, plan.DefaultGPUResource))] = *resource.NewQuantity(int64(amounts.GPU), resource.DecimalSI)
	}
	if len(list) == 0 {
		return nil, nil //nolint:nilnil // no limits at all
	}
	return list, nil
}
