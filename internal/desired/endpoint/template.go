package endpoint

import corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

// PodTemplate is what the Deployment makes pods from, for those who run one
// without it.
func (v Variant) PodTemplate() *corev1ac.PodTemplateSpecApplyConfiguration { return v.podTemplate() }
