package export

import (
	"os"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
	"landfall.dev/landfall/test/apiserver"
)

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m)) }

// TestAPIServerAccepts sends exported objects to a real API server: its rules
// are stricter than our types.
func TestAPIServerAccepts(t *testing.T) {
	cluster, err := client.New(apiserver.Start(t), client.Options{Scheme: apiserver.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(*Input){
		"as planned":                   func(*Input) {},
		"image that carries its model": func(in *Input) { in.Artifact = nil },
		"prefix": func(in *Input) {
			in.Artifact.Compression, in.Artifact.Digest, in.Artifact.URI = v1alpha1.CompressionNone, "", "s3://acme-models/churn/"
		},
		"custom store": func(in *Input) { in.Access = Access{EndpointURL: "http://10.0.0.1:9000"} },
		"secret": func(in *Input) {
			in.Endpoint.Models[0].Containers[0].MaskedEnv = []string{"SAGEMAKER_CONTAINER_LOG_LEVEL"}
		},
		"built-in image": func(in *Input) {
			in.Endpoint.Models[0].Containers[0].Image.BuiltIn = &inventory.BuiltIn{Framework: "sklearn"}
		},
		"autoscaled": func(in *Input) { in.Workload.Replicas = plan.Replicas{Min: 1, Max: 8} },
		"no rollout": func(in *Input) { in.Workload.Rollout = nil },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "export-"}}
			if err := cluster.Create(t.Context(), namespace); err != nil {
				t.Fatal(err)
			}
			in := input(t, "Churn-Prod")
			change(&in)
			b := build(t, in)
			for _, object := range []client.Object{b.Model, b.Endpoint} {
				object.SetNamespace(namespace.Name)
				if err := cluster.Create(t.Context(), object); err != nil {
					t.Errorf("%s is refused: %v", object.GetName(), err)
				}
			}
		})
	}
}
