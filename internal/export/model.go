package export

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/inventory"
)

// modelObject is the Model that serves what the SageMaker model serves.
func (s source) modelObject() (*v1alpha1.Model, error) {
	artifact, err := s.artifact()
	if err != nil {
		return nil, err
	}
	return &v1alpha1.Model{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Model"},
		ObjectMeta: metav1.ObjectMeta{Name: s.Workload.Names.Model},
		Spec: v1alpha1.ModelSpec{
			Artifact:  artifact,
			Container: v1alpha1.ModelContainer{Image: s.Workload.Image, Env: s.env()},
			Contract:  v1alpha1.ContractSageMaker,
			Framework: framework(s.container.Image),
			// It answers production requests today; a person decided to move it.
			Approval: v1alpha1.ModelApproved,
			Origin:   s.origin(),
		},
	}, nil
}

// origin points back to SageMaker, where the model's ARN is known.
func (s source) origin() *v1alpha1.ModelOrigin {
	if s.model.ARN == "" {
		return nil
	}
	origin := v1alpha1.SageMakerModelOrigin{ModelARN: s.model.ARN}
	if s.container.Image != nil {
		origin.Image = s.container.Image.Reference
	}
	if s.container.Artifact != nil {
		origin.ModelDataURL = s.container.Artifact.URI
	}
	return &v1alpha1.ModelOrigin{SageMaker: origin}
}

// Room on the pod's volume: a quarter more than the files take, in steps of
// 64 MiB.
const (
	volumeSpareShare = 4
	volumeStepBytes  = 64 << 20
)

// fetched are the schemes of addresses that a Model may have.
var fetched = []string{"s3", "gs", "azblob", "oci"}

func (s source) artifact() (*v1alpha1.ModelArtifact, error) {
	a := s.Artifact
	if a == nil {
		return nil, nil //nolint:nilnil // an image that carries its model has no artifact
	}
	scheme, _, _ := strings.Cut(a.URI, "://")
	if !slices.Contains(fetched, scheme) {
		return nil, fmt.Errorf("pods cannot fetch the artifact from %q; want an address that begins with one of %s://", a.URI, strings.Join(fetched, "://, "))
	}
	volumeBytes := a.VolumeBytes + a.VolumeBytes/volumeSpareShare
	volumeBytes = max((volumeBytes+volumeStepBytes-1)/volumeStepBytes, 1) * volumeStepBytes
	artifact := &v1alpha1.ModelArtifact{
		URI: a.URI, Compression: a.Compression, Digest: a.Digest,
		MaxUnpacked: resource.NewQuantity(volumeBytes, resource.BinarySI),
		EndpointURL: s.Access.EndpointURL,
	}
	if scheme == "s3" {
		artifact.Region = s.Access.Region
	}
	if a.SizeBytes > 0 {
		artifact.SizeBytes = ptr.To(a.SizeBytes)
	}
	if name := s.Access.CredentialsSecretName; name != "" {
		artifact.CredentialsSecretRef = &corev1.LocalObjectReference{Name: name}
	}
	return artifact, nil
}

// SecretName is the Secret that holds a Model's masked variables.
func SecretName(model string) string { return model + "-env" }

// env carries the environment over. Values that the scan masked come from a
// Secret that somebody has to create.
func (s source) env() []corev1.EnvVar {
	var env []corev1.EnvVar
	for _, name := range slices.Sorted(maps.Keys(s.container.Env)) {
		variable := corev1.EnvVar{Name: name, Value: s.container.Env[name]}
		if slices.Contains(s.container.MaskedEnv, name) {
			variable = corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: SecretName(s.Workload.Names.Model)}, Key: name,
			}}}
		}
		env = append(env, variable)
	}
	return env
}

var versionForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*`)

// framework is known for images that SageMaker offers: their tags begin with
// the framework's version.
func framework(image *inventory.Image) *v1alpha1.ModelFramework {
	if image == nil || image.BuiltIn == nil {
		return nil
	}
	return &v1alpha1.ModelFramework{Name: image.BuiltIn.Framework, Version: versionForm.FindString(image.Tag)}
}
