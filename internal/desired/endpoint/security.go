package endpoint

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
)

func (v Variant) needs(need v1alpha1.ContainerNeed) bool {
	return slices.Contains(v.Model.Spec.Container.Needs, need)
}

// podSecurity hardens the pod as the restricted Pod Security Standard asks,
// but for what the container says it needs.
func (v Variant) podSecurity() *corev1ac.PodSecurityContextApplyConfiguration {
	seccomp := corev1.SeccompProfileTypeRuntimeDefault
	if v.needs(v1alpha1.NeedUnconfinedSeccomp) {
		seccomp = corev1.SeccompProfileTypeUnconfined
	}
	security := corev1ac.PodSecurityContext().
		WithFSGroup(naming.RunAsUser).
		WithSeccompProfile(corev1ac.SeccompProfile().WithType(seccomp))
	if v.needs(v1alpha1.NeedRoot) {
		return security
	}
	return security.WithRunAsNonRoot(true).WithRunAsUser(naming.RunAsUser).WithRunAsGroup(naming.RunAsUser)
}

func (v Variant) containerSecurity() *corev1ac.SecurityContextApplyConfiguration {
	security := hardened()
	if v.needs(v1alpha1.NeedWritableRootFilesystem) {
		security.WithReadOnlyRootFilesystem(false)
	}
	if v.needs(v1alpha1.NeedRoot) {
		// Root without capabilities cannot even change to another user, which
		// is what servers that start as root do; the runtime's default set it is.
		security.Capabilities = nil
	}
	return security
}

func hardened() *corev1ac.SecurityContextApplyConfiguration {
	return corev1ac.SecurityContext().
		WithAllowPrivilegeEscalation(false).
		WithReadOnlyRootFilesystem(true).
		WithCapabilities(corev1ac.Capabilities().WithDrop("ALL"))
}

// Findings tells which hardening measures the container does not allow, one
// sentence each, sorted.
func (v Variant) Findings() []string {
	meanings := map[v1alpha1.ContainerNeed]string{
		v1alpha1.NeedRoot:                   "runs as the image's own user, root included, with the runtime's default capabilities",
		v1alpha1.NeedWritableRootFilesystem: "may write to its own root file system",
		v1alpha1.NeedUnconfinedSeccomp:      "runs without the RuntimeDefault system-call filter",
	}
	findings := []string{}
	for _, need := range v.Model.Spec.Container.Needs {
		findings = append(findings, fmt.Sprintf("variant %s: the container of model %s %s (needs %s)",
			v.Name, v.Model.Name, meanings[need], need))
	}
	slices.Sort(findings)
	return findings
}
