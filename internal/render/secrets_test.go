package render

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"landfall.dev/landfall/api/v1alpha1"
)

// Pods do not start without their Secrets, which the tree names and does not
// hold.
func TestSecretsToMakeAreListed(t *testing.T) {
	readmeOf := func(change func(*v1alpha1.Model)) string {
		files, err := Tree(input(func(in *Input) { change(in.Bundles[0].Model) }))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if f.Path == "README.md" {
				return string(f.Data)
			}
		}
		t.Fatal("the tree has no README")
		return ""
	}
	from := func(secret, key string) corev1.EnvVar {
		return corev1.EnvVar{Name: key, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: key}}}
	}
	text := readmeOf(func(m *v1alpha1.Model) {
		m.Spec.Container.Env = []corev1.EnvVar{{Name: "PLAIN", Value: "x"}, from("llm-env", "HF_TOKEN"), from("llm-env", "API_KEY")}
		m.Spec.Container.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "registry"}}
		m.Spec.Artifact = &v1alpha1.ModelArtifact{URI: "s3://acme/m.tar.gz", CredentialsSecretRef: &corev1.LocalObjectReference{Name: "store"}}
	})
	for _, want := range []string{
		"## Secrets to make first", "| the keys `HF_TOKEN`, `API_KEY` |", "`registry`", "what opens the image's registry", "`store`", "what opens the store of the model's files",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the README does not say %q", want)
		}
	}
	if text = readmeOf(func(*v1alpha1.Model) {}); strings.Contains(text, "Secrets to make") {
		t.Error("without Secrets the README asks for some")
	}
}
