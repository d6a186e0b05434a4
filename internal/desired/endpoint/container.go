package endpoint

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"landfall.dev/landfall/internal/naming"
)

// Probes of the model container. SageMaker asks GET /ping and gives it two
// seconds to answer.
const (
	pingPeriodSeconds  = 2
	pingTimeoutSeconds = 2
	// readinessFailures in a row take a pod out of the traffic.
	readinessFailures = 2
	// A container is restarted only after a minute without an answer, or after
	// the longest time that one invocation may take: a busy model answers its
	// pings late, one with a single worker not at all, and restarting it makes
	// that worse.
	livenessPeriodSeconds  = 10
	livenessTimeoutSeconds = 5
	livenessMinFailures    = 6
)

// modelContainer serves by SageMaker's contract: the argument serve, the model
// in /opt/ml/model, GET /ping and POST /invocations on port 8080.
func (v Variant) modelContainer() *corev1ac.ContainerApplyConfiguration {
	container := corev1ac.Container().
		WithName(naming.ContainerModel).
		WithImage(v.Model.Spec.Container.Image).
		WithArgs(naming.ArgServe).
		WithPorts(corev1ac.ContainerPort().
			WithName(naming.PortHTTP).
			WithContainerPort(naming.ModelPort).
			WithProtocol(corev1.ProtocolTCP)).
		WithResources(resources(v.Pods.Resources)).
		WithStartupProbe(ping(pingPeriodSeconds, pingTimeoutSeconds, startupFailures(v.Pods.StartupTimeoutSeconds))).
		WithReadinessProbe(ping(pingPeriodSeconds, pingTimeoutSeconds, readinessFailures)).
		WithLivenessProbe(ping(livenessPeriodSeconds, livenessTimeoutSeconds, livenessFailures(v.Pods.InvocationTimeoutSeconds))).
		WithLifecycle(corev1ac.Lifecycle().WithPreStop(corev1ac.LifecycleHandler().
			WithSleep(corev1ac.SleepAction().WithSeconds(drainSeconds)))).
		WithTerminationMessagePolicy(corev1.TerminationMessageFallbackToLogsOnError).
		WithSecurityContext(v.containerSecurity()).
		WithVolumeMounts(corev1ac.VolumeMount().WithName(naming.VolumeTmp).WithMountPath(naming.TmpDir))
	if v.Model.Spec.Artifact != nil {
		container.WithVolumeMounts(corev1ac.VolumeMount().
			WithName(naming.VolumeModel).WithMountPath(naming.ModelDir).WithReadOnly(true))
	}
	for i := range v.Model.Spec.Container.Env {
		container.WithEnv(variable(&v.Model.Spec.Container.Env[i]))
	}
	return container
}

func ping(periodSeconds, timeoutSeconds, failures int32) *corev1ac.ProbeApplyConfiguration {
	return corev1ac.Probe().
		WithHTTPGet(corev1ac.HTTPGetAction().
			WithPath(naming.PingPath).
			WithPort(intstr.FromString(naming.PortHTTP))).
		WithPeriodSeconds(periodSeconds).
		WithTimeoutSeconds(timeoutSeconds).
		WithFailureThreshold(failures)
}

// startupFailures is how many failed pings fill the time a container may take.
func startupFailures(timeoutSeconds int32) int32 {
	return max(1, (timeoutSeconds+pingPeriodSeconds-1)/pingPeriodSeconds)
}

// livenessFailures is how many failed pings in a row outlast an invocation, of
// which the first may start together with it.
func livenessFailures(invocationTimeoutSeconds int32) int32 {
	return max(livenessMinFailures, (invocationTimeoutSeconds+livenessPeriodSeconds-1)/livenessPeriodSeconds+1)
}

func resources(from corev1.ResourceRequirements) *corev1ac.ResourceRequirementsApplyConfiguration {
	to := corev1ac.ResourceRequirements()
	if len(from.Requests) > 0 {
		to.WithRequests(from.Requests)
	}
	if len(from.Limits) > 0 {
		to.WithLimits(from.Limits)
	}
	return to
}

// variable copies an environment variable. The API admits literal values and
// keys of Secrets and ConfigMaps only.
func variable(from *corev1.EnvVar) *corev1ac.EnvVarApplyConfiguration {
	to := corev1ac.EnvVar().WithName(from.Name)
	switch {
	case from.ValueFrom == nil && from.Value == "":
		return to // the API server stores no empty value: asking for one would look like drift
	case from.ValueFrom == nil:
		return to.WithValue(from.Value)
	case from.ValueFrom.SecretKeyRef != nil:
		ref := from.ValueFrom.SecretKeyRef
		selector := corev1ac.SecretKeySelector().WithName(ref.Name).WithKey(ref.Key)
		if ref.Optional != nil {
			selector.WithOptional(*ref.Optional)
		}
		return to.WithValueFrom(corev1ac.EnvVarSource().WithSecretKeyRef(selector))
	case from.ValueFrom.ConfigMapKeyRef != nil:
		ref := from.ValueFrom.ConfigMapKeyRef
		selector := corev1ac.ConfigMapKeySelector().WithName(ref.Name).WithKey(ref.Key)
		if ref.Optional != nil {
			selector.WithOptional(*ref.Optional)
		}
		return to.WithValueFrom(corev1ac.EnvVarSource().WithConfigMapKeyRef(selector))
	default:
		return to
	}
}
