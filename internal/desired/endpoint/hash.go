package endpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"

	"landfall.dev/landfall/api/v1alpha1"
)

// ContentHash identifies what answers the variant's requests: the model, its
// container and what the container is given. It leaves out how many pods there
// are and where they run, which change no answer, and the Model's approval and
// metrics, which are not part of what runs.
func (v Variant) ContentHash() string {
	return hash(struct {
		Artifact       *v1alpha1.ModelArtifact
		Container      v1alpha1.ModelContainer
		Contract       v1alpha1.ModelContract
		Resources      corev1.ResourceRequirements
		StartupTimeout int32
	}{
		v.Model.Spec.Artifact, v.Model.Spec.Container, v.Model.Spec.Contract,
		v.Pods.Resources, v.Pods.StartupTimeoutSeconds,
	})
}

// SageMakerContentHash is ContentHash of a variant that stays on SageMaker.
func SageMakerContentHash(variant *v1alpha1.SageMakerVariant) string { return hash(variant) }

// hash is short enough for a label and long enough to tell the versions of one
// variant apart: 64 bits.
func hash(content any) string {
	data, err := json.Marshal(content)
	if err != nil {
		// The API's own types always have a JSON form: they arrived as JSON.
		panic("cannot encode a variant: " + err.Error())
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
