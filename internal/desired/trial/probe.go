package trial

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/verify"
)

const (
	requestsFile   = "requests.jsonl.gz"
	requestsDir    = "/requests"
	volumeRequests = "requests"
	// ContainerProbe is the one container of a probe's pod.
	ContainerProbe = "probe"
)

// Load says what a probe sends.
type Load struct {
	Phase verify.Phase
	// Target is the model's address, as http://host:port.
	Target string
	// Seconds is how long each stretch takes.
	Seconds float64
	// RequestsPerSecond is for the phases peak and twice-peak.
	RequestsPerSecond float64
	// MostConcurrency bounds the ramp.
	MostConcurrency int
	// LatencyFloorMilliseconds is fast enough in any case.
	LatencyFloorMilliseconds float64
}

// ProbePod sends requests to the model's pod, from another node where there is
// one.
func (t Trial) ProbePod(l Load) *corev1.Pod {
	pod := t.agentPod(fmt.Sprintf("%s-%s-%s", t.Name(), RoleProbe, l.Phase), RoleProbe, t.probeArgs(l))
	pod.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{
			Weight: 100,
			PodAffinityTerm: corev1.PodAffinityTerm{
				TopologyKey: corev1.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: t.labels(RoleModel)},
			},
		}},
	}}
	pod.Spec.Volumes = []corev1.Volume{{Name: volumeRequests, VolumeSource: corev1.VolumeSource{
		Secret: &corev1.SecretVolumeSource{SecretName: t.Name()},
	}}}
	pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: volumeRequests, MountPath: requestsDir, ReadOnly: true}}
	return pod
}

// IsolationPod tries what the policies close, from the model's node where there
// is room: the network of that node is the one that counts. It gets
// LabelVerifyEgress as the model's pod does, when it runs.
func (t Trial) IsolationPod(target string, seconds float64) *corev1.Pod {
	pod := t.agentPod(t.Name()+"-"+RoleIsolation, RoleIsolation, []string{
		naming.AgentProbe, naming.AgentProbePhase, string(verify.PhaseIsolation),
		naming.AgentProbeTarget, target, naming.AgentProbeSeconds, decimal(seconds),
	})
	pod.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{
			Weight: 100,
			PodAffinityTerm: corev1.PodAffinityTerm{
				TopologyKey: corev1.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: t.labels(RoleModel)},
			},
		}},
	}}
	return pod
}

// agentPod runs Landfall's agent as a restricted pod.
func (t Trial) agentPod(name, role string, args []string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: t.meta(name, role),
		Spec: corev1.PodSpec{
			RestartPolicy:                 corev1.RestartPolicyNever,
			ServiceAccountName:            t.ServiceAccountName,
			AutomountServiceAccountToken:  new(false),
			EnableServiceLinks:            new(false),
			ActiveDeadlineSeconds:         new(t.DeadlineSeconds),
			TerminationGracePeriodSeconds: new(int64(1)),
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), RunAsUser: new(int64(naming.OperatorUser)), RunAsGroup: new(int64(naming.OperatorUser)),
				FSGroup: new(int64(naming.OperatorUser)), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: ContainerProbe, Image: t.Variant.AgentImage, Command: []string{naming.ProgramAgent}, Args: args,
				Resources: corev1.ResourceRequirements{
					Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("50m"), corev1.ResourceMemory: resource.MustParse("64Mi")},
					Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")},
				},
				TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true),
					Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
}

func decimal(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

func (t Trial) probeArgs(l Load) []string {
	args := []string{
		naming.AgentProbe, naming.AgentProbePhase, string(l.Phase),
		naming.AgentProbeTarget, l.Target,
		naming.AgentProbeRequests, requestsDir + "/" + requestsFile,
		naming.AgentProbeSeconds, decimal(l.Seconds),
		naming.AgentProbeTimeout, strconv.FormatInt(int64(t.Variant.Pods.InvocationTimeoutSeconds), 10),
		naming.AgentProbeConcurrency, strconv.Itoa(l.MostConcurrency),
		naming.AgentProbeLatencyFloor, decimal(l.LatencyFloorMilliseconds),
	}
	if l.RequestsPerSecond > 0 {
		args = append(args, naming.AgentProbeRate, decimal(l.RequestsPerSecond))
	}
	return args
}
