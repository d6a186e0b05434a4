package trial

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/desired/endpoint"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/verify"
)

// Roles of the pods, as the label LabelVerifyRole has them.
const (
	RoleModel   = "model"
	RoleMissing = "missing"
	RoleProbe   = "probe"
	// RoleIsolation is the pod that tries what the policies close.
	RoleIsolation = "isolation"
)

// Trial is all that the objects of one run are made from.
type Trial struct {
	// Variant holds the model and its pods' spec, with the API server's
	// defaults.
	Variant endpoint.Variant
	// Suffix tells the run apart from others.
	Suffix    string
	Namespace string
	// ServiceAccountName is whom the pods run as; empty means default. Its
	// token is never mounted.
	ServiceAccountName string
	// DeadlineSeconds ends every pod by itself, should nobody delete it.
	DeadlineSeconds int64
	// Until is when the run ends at the latest, in RFC 3339.
	Until string
	// Needs are given to the container beside those that its Model names.
	Needs []verify.Need
	// WithoutEnv names variables that the container does not get beside those
	// of AWS.
	WithoutEnv []string
	// Anchor owns everything else once it exists.
	Anchor *corev1.ConfigMap
}

const (
	resolvFile   = "resolv.conf"
	resolvPath   = "/etc/resolv.conf"
	volumeResolv = "resolv"
	// nowhere is a name server that does not exist, asked once.
	nowhere = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"

	metadataOff = "AWS_EC2_METADATA_DISABLED"
)

// With is the same trial of a container that gets one need more.
func (t Trial) With(need verify.Need) Trial {
	t.Needs = append(slices.Clone(t.Needs), need)
	return t
}

// Without is the same trial of a container that lacks variables.
func (t Trial) Without(names []string) Trial {
	t.WithoutEnv = names
	return t
}

// Name is the prefix of every name.
func (t Trial) Name() string { return naming.NameVerify + "-" + t.Suffix }

// Selector finds all objects of the run.
func (t Trial) Selector() string { return naming.LabelVerifyRun + "=" + t.Suffix }

func (t Trial) labels(role string) map[string]string {
	labels := map[string]string{
		naming.LabelName: naming.NameVerify, naming.LabelManagedBy: naming.ManagedByCLI, naming.LabelVerifyRun: t.Suffix,
	}
	if role != "" {
		labels[naming.LabelVerifyRole] = role
	}
	return labels
}

func (t Trial) meta(name, role string) metav1.ObjectMeta {
	meta := metav1.ObjectMeta{Name: name, Namespace: t.Namespace, Labels: t.labels(role)}
	if t.Anchor != nil {
		meta.OwnerReferences = []metav1.OwnerReference{{
			APIVersion: "v1", Kind: "ConfigMap", Name: t.Anchor.Name, UID: t.Anchor.UID,
		}}
	}
	return meta
}

// NewAnchor is the object that owns all others: deleting it deletes them.
func (t Trial) NewAnchor() *corev1.ConfigMap {
	anchored := t
	anchored.Anchor = nil
	anchor := &corev1.ConfigMap{ObjectMeta: anchored.meta(t.Name(), ""), Data: map[string]string{resolvFile: nowhere}}
	anchor.Annotations = map[string]string{naming.AnnotationVerifyUntil: t.Until}
	return anchor
}

// Requests is the file of requests: a Secret, as they are a customer's.
func (t Trial) Requests(packed []byte) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: t.meta(t.Name(), ""), Immutable: new(true), Data: map[string][]byte{requestsFile: packed}}
}

// DroppedEnv names the variables of AWS that the container has when deployed and
// not here, sorted.
func (t Trial) DroppedEnv() []string {
	var names []string
	for _, variable := range t.Variant.Model.Spec.Container.Env {
		if isAWS(variable.Name) {
			names = append(names, variable.Name)
		}
	}
	slices.Sort(names)
	return names
}

func isAWS(name string) bool { return strings.HasPrefix(name, "AWS_") }

// ModelPodName is the name of ModelPod. Each need and each lack has a name of
// its own, so that one can be looked at beside another.
func (t Trial) ModelPodName() string {
	parts := []string{t.Name(), RoleModel}
	for _, need := range t.Needs {
		parts = append(parts, strings.ToLower(string(need)))
	}
	if len(t.WithoutEnv) > 0 {
		parts = append(parts, "settings")
	}
	return strings.Join(parts, "-")
}

// ModelPod serves the model as it will be deployed, alone and without AWS.
func (t Trial) ModelPod() (*corev1.Pod, error) {
	pod, err := t.pod(RoleModel, t.ModelPodName())
	if err == nil && len(pod.Spec.InitContainers) == 0 {
		pod.Labels[naming.LabelVerifyEgress] = naming.EgressDenied
	}
	return pod, err
}

// MissingPod is ModelPod without the model's files.
func (t Trial) MissingPod() (*corev1.Pod, error) {
	pod, err := t.pod(RoleMissing, t.Name()+"-"+RoleMissing)
	if err != nil {
		return nil, err
	}
	pod.Labels[naming.LabelVerifyEgress] = naming.EgressDenied
	pod.Spec.InitContainers = nil
	pod.Spec.Volumes = slices.DeleteFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == naming.VolumeScratch })
	return pod, nil
}

func (t Trial) pod(role, name string) (*corev1.Pod, error) {
	template, err := t.template()
	if err != nil {
		return nil, err
	}
	spec := template.Spec
	spec.ServiceAccountName = t.ServiceAccountName
	spec.AutomountServiceAccountToken = new(false)
	spec.RestartPolicy = corev1.RestartPolicyNever
	spec.TopologySpreadConstraints = nil
	spec.ActiveDeadlineSeconds = new(t.DeadlineSeconds)
	spec.Volumes = append(spec.Volumes, corev1.Volume{Name: volumeResolv, VolumeSource: corev1.VolumeSource{
		ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: t.Name()}},
	}})
	index := slices.IndexFunc(spec.Containers, func(c corev1.Container) bool { return c.Name == naming.ContainerModel })
	if index < 0 {
		return nil, fmt.Errorf("the pod has no container %s", naming.ContainerModel)
	}
	t.isolate(&spec.Containers[index])
	return &corev1.Pod{ObjectMeta: t.meta(name, role), Spec: spec}, nil
}

// template is the Deployment's, as an object.
func (t Trial) template() (corev1.PodTemplateSpec, error) {
	var template corev1.PodTemplateSpec
	variant := t.Variant
	if len(t.Needs) > 0 {
		variant.Model = variant.Model.DeepCopy()
		container := &variant.Model.Spec.Container
		for _, need := range t.Needs {
			container.Needs = append(container.Needs, v1alpha1.ContainerNeed(need))
		}
	}
	data, err := json.Marshal(variant.PodTemplate())
	if err != nil {
		return template, fmt.Errorf("cannot build the pod: %w", err)
	}
	if err := json.Unmarshal(data, &template); err != nil {
		return template, fmt.Errorf("cannot build the pod: %w", err)
	}
	return template, nil
}

// isolate takes AWS away from the model's container: its variables, the
// instance's metadata service, and names altogether. Only this container has no
// name server, as the one that fetches the model needs it. Pings come every
// second, so that the time to the first answer is known to one.
func (t Trial) isolate(c *corev1.Container) {
	c.Env = slices.DeleteFunc(c.Env, func(variable corev1.EnvVar) bool {
		return isAWS(variable.Name) || slices.Contains(t.WithoutEnv, variable.Name)
	})
	c.Env = append(c.Env, corev1.EnvVar{Name: metadataOff, Value: "true"})
	c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: volumeResolv, MountPath: resolvPath, SubPath: resolvFile, ReadOnly: true})
	for _, probe := range []*corev1.Probe{c.StartupProbe, c.ReadinessProbe} {
		if probe != nil {
			probe.FailureThreshold *= max(probe.PeriodSeconds, 1)
			probe.PeriodSeconds = 1
		}
	}
}

// Amounts writes resources as texts, for people.
func Amounts(list corev1.ResourceList) map[string]string {
	amounts := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(list)) {
		quantity := list[name]
		amounts[string(name)] = quantity.String()
	}
	return amounts
}
