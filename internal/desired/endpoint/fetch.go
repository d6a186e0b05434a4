package endpoint

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
)

// Resources of the init container: it streams, so its needs do not grow with
// the model.
var (
	fetchCPURequest    = resource.MustParse("100m")
	fetchMemoryRequest = resource.MustParse("64Mi")
	fetchMemoryLimit   = resource.MustParse("512Mi")
	// scratchSlack is what a download may take beyond the unpacked size: the
	// archive's own headers, of files that do not compress.
	scratchSlack = resource.MustParse("64Mi")
)

// fetchContainer brings the model onto the pod's volume before the model
// container starts. It runs as the pods' own user, so that the model container
// may read what it wrote.
func (v Variant) fetchContainer() *corev1ac.ContainerApplyConfiguration {
	artifact := v.Model.Spec.Artifact
	container := corev1ac.Container().
		WithName(naming.ContainerFetch).
		WithImage(v.AgentImage).
		WithCommand(naming.ProgramAgent).
		WithArgs(fetchArgs(artifact)...).
		WithResources(corev1ac.ResourceRequirements().
			WithRequests(corev1.ResourceList{corev1.ResourceCPU: fetchCPURequest, corev1.ResourceMemory: fetchMemoryRequest}).
			WithLimits(corev1.ResourceList{corev1.ResourceMemory: fetchMemoryLimit})).
		WithTerminationMessagePolicy(corev1.TerminationMessageFallbackToLogsOnError).
		WithSecurityContext(hardened().
			WithRunAsNonRoot(true).
			WithRunAsUser(naming.RunAsUser).
			WithRunAsGroup(naming.RunAsUser).
			WithSeccompProfile(corev1ac.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))).
		WithVolumeMounts(
			corev1ac.VolumeMount().WithName(naming.VolumeModel).WithMountPath(naming.ModelDir),
			corev1ac.VolumeMount().WithName(naming.VolumeScratch).WithMountPath(naming.TmpDir))
	if artifact.CredentialsSecretRef != nil {
		container.WithEnv(credentials(artifact.URI, artifact.CredentialsSecretRef.Name)...)
	}
	return container
}

// FetchArgs are the arguments of the init container; none where the image
// carries the model and there is none.
func (v Variant) FetchArgs() []string {
	if v.Model.Spec.Artifact == nil {
		return nil
	}
	return fetchArgs(v.Model.Spec.Artifact)
}

func fetchArgs(artifact *v1alpha1.ModelArtifact) []string {
	args := []string{
		naming.AgentFetch,
		naming.AgentURI, artifact.URI,
		naming.AgentDest, naming.ModelDir,
		naming.AgentCompression, string(artifact.Compression),
		naming.AgentMaxUnpackedBytes, strconv.FormatInt(maxUnpacked(artifact).Value(), 10),
		naming.AgentTerminationLog, naming.TerminationLogPath,
	}
	if artifact.Digest != "" {
		args = append(args, naming.AgentDigest, artifact.Digest)
	}
	if artifact.Region != "" {
		args = append(args, naming.AgentRegion, artifact.Region)
	}
	if artifact.EndpointURL != "" {
		args = append(args, naming.AgentEndpointURL, artifact.EndpointURL)
	}
	return args
}

// storeKey is a key of a Secret, and the variable of the agent that it becomes.
type storeKey struct {
	name     string
	optional bool
}

// storeKeys are the keys that open a store, by the scheme of its addresses; they
// are documented at credentialsSecretRef. Azure takes one of several.
var storeKeys = map[string][]storeKey{
	"s3": {{name: "AWS_ACCESS_KEY_ID"}, {name: "AWS_SECRET_ACCESS_KEY"}, {name: "AWS_SESSION_TOKEN", optional: true}},
	"gs": {{name: "GOOGLE_APPLICATION_CREDENTIALS_JSON"}},
	"azblob": {
		{name: "AZURE_STORAGE_ACCOUNT", optional: true}, {name: "AZURE_STORAGE_KEY", optional: true},
		{name: "AZURE_STORAGE_SAS_TOKEN", optional: true}, {name: "AZURE_STORAGE_CONNECTION_STRING", optional: true},
	},
	"oci": {{name: "OCI_USERNAME"}, {name: "OCI_PASSWORD"}},
}

// credentials names the keys of the Secret that opens the object store; the
// values never pass through Landfall.
func credentials(uri, secret string) []*corev1ac.EnvVarApplyConfiguration {
	scheme, _, _ := strings.Cut(uri, "://")
	var env []*corev1ac.EnvVarApplyConfiguration
	for _, key := range storeKeys[scheme] {
		selector := corev1ac.SecretKeySelector().WithName(secret).WithKey(key.name)
		if key.optional {
			selector.WithOptional(true)
		}
		env = append(env, corev1ac.EnvVar().WithName(key.name).WithValueFrom(corev1ac.EnvVarSource().WithSecretKeyRef(selector)))
	}
	return env
}

func (v Variant) fetchVolumes() []*corev1ac.VolumeApplyConfiguration {
	limit := maxUnpacked(v.Model.Spec.Artifact)
	scratch := limit.DeepCopy()
	scratch.Add(scratchSlack)
	return []*corev1ac.VolumeApplyConfiguration{
		emptyDir(naming.VolumeModel, limit),
		emptyDir(naming.VolumeScratch, &scratch),
	}
}

// maxUnpacked is the artifact's bound; the API server's default fills it, the
// one here serves Models that were never sent there.
func maxUnpacked(artifact *v1alpha1.ModelArtifact) *resource.Quantity {
	if artifact.MaxUnpacked == nil {
		return new(resource.MustParse("10Gi"))
	}
	return artifact.MaxUnpacked
}
