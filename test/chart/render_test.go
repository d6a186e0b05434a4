package chart

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/test/apiserver"
)

var update = flag.Bool("update", false, "write the golden files anew")

const systemNamespace = "landfall-system"

// helm returns the path of the helm program: $HELM, or bin/helm.
func helm(t *testing.T) string {
	t.Helper()
	path := os.Getenv("HELM")
	if path == "" {
		path = filepath.Join(root(t), "bin", "helm")
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("helm is not built: run make test")
	}
	return path
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := apiserver.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// template renders the chart.
func template(t *testing.T, settings ...string) (string, error) {
	t.Helper()
	args := []string{"template", "landfall", filepath.Join(root(t), "charts", "landfall"), "--namespace", systemNamespace}
	for _, setting := range settings {
		args = append(args, "--set", setting)
	}
	command := exec.CommandContext(t.Context(), helm(t), args...)
	stdout, stderr := bytes.Buffer{}, bytes.Buffer{}
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return "", errors.New(stderr.String())
	}
	return stdout.String(), nil
}

func mustTemplate(t *testing.T, settings ...string) string {
	t.Helper()
	rendered, err := template(t, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return rendered
}

// objects reads a rendered chart.
func objects(t *testing.T, rendered string) []*unstructured.Unstructured {
	t.Helper()
	found := []*unstructured.Unstructured{}
	decoder := utilyaml.NewYAMLOrJSONDecoder(strings.NewReader(rendered), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(object.Object) > 0 {
			found = append(found, object)
		}
	}
}

// everything sets every value that adds something.
var everything = []string{
	"router.auth=sigv4", "router.callersSecretName=callers", "router.service.type=NodePort", "router.service.nodePort=30080",
	"router.service.annotations.team=ml", "router.aws.credentialsSecretName=aws", "router.aws.env.AWS_REGION=eu-west-1",
	"router.serviceAccount.annotations.role=router", "router.nodeSelector.pool=edge", "router.priorityClassName=edge",
	"router.tolerations[0].operator=Exists", "operator.metrics.enabled=true", "operator.nodeSelector.pool=system",
	"imagePullSecrets[0]=registry", "image.digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
}

func TestRenderedChart(t *testing.T) {
	cases := map[string][]string{
		"plain":      {"router.auth=none", "crds.enabled=false"},
		"everything": append(slices.Clone(everything), "crds.enabled=false"),
	}
	for name, settings := range cases {
		t.Run(name, func(t *testing.T) {
			got := mustTemplate(t, settings...)
			golden := filepath.Join("testdata", name+".yaml")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the chart renders other than %s; run with -update if meant (-want +got):\n%s", golden, diff)
			}
		})
	}
}

func TestChartRefusesWrongValues(t *testing.T) {
	cases := map[string]struct {
		reason   string
		settings []string
		want     string
	}{
		"NoAuth":       {"Letting everybody in has to be asked for.", nil, "/router/auth"},
		"NoCallers":    {"Signatures are checked against keys.", []string{"router.auth=sigv4"}, "/router/callersSecretName"},
		"UnknownValue": {"A value nobody reads is a slip.", []string{"router.auth=none", "router.replica=3"}, "additional properties"},
		"NoRouter":     {"Nothing serves without a router.", []string{"router.auth=none", "router.replicas=0"}, "/router/replicas"},
		"NumberAsEnv":  {"Environment variables are text: --set-string.", []string{"router.auth=none", "router.aws.env.N=1"}, "/router/aws/env/N"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := template(t, tc.settings...)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s\nhelm says %v, want %q", tc.reason, err, tc.want)
			}
		})
	}
}

func TestChartInstallsTheGeneratedCRDs(t *testing.T) {
	generated, err := filepath.Glob(filepath.Join(root(t), "config", "crd", "*.yaml"))
	if err != nil || len(generated) == 0 {
		t.Fatalf("found no generated CRDs: %v", err)
	}
	rendered := map[string]*unstructured.Unstructured{}
	for _, object := range objects(t, mustTemplate(t, "router.auth=none")) {
		if object.GetKind() == "CustomResourceDefinition" {
			rendered[object.GetName()] = object
		}
	}
	if len(rendered) != len(generated) {
		t.Errorf("the chart has %d CRDs, want %d", len(rendered), len(generated))
	}
	for _, path := range generated {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := objects(t, string(data))[0]
		got := rendered[want.GetName()]
		if got == nil {
			t.Errorf("the chart lacks %s: run make generate", want.GetName())
			continue
		}
		if got.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
			t.Errorf("%s would be deleted with the chart, and every object with it", want.GetName())
		}
		unstructured.RemoveNestedField(got.Object, "metadata", "annotations", "helm.sh/resource-policy")
		if diff := cmp.Diff(want.Object, got.Object); diff != "" {
			t.Errorf("%s differs from config/crd: run make generate (-want +got):\n%s", want.GetName(), diff)
		}
	}
	for _, object := range objects(t, mustTemplate(t, "router.auth=none", "crds.keep=false")) {
		if object.GetAnnotations()["helm.sh/resource-policy"] != "" {
			t.Errorf("%s is kept although crds.keep is false", object.GetName())
		}
	}
}

// TestAPIServerAcceptsTheChart sends everything that is rendered to a real API
// server, which knows every field.
func TestAPIServerAcceptsTheChart(t *testing.T) {
	scheme := apiserver.Scheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(apiserver.Start(t), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	ensureSystemNamespace(t, c)
	for _, object := range objects(t, mustTemplate(t, everything...)) {
		if object.GetKind() == "CustomResourceDefinition" {
			continue // the API server has them, by apiserver.Start
		}
		err := c.Create(t.Context(), object, client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))
		if err != nil {
			t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
}

// TestPodsAreHardened holds the chart's pods to the restricted Pod Security
// Standard, and their containers to bounded memory.
func TestPodsAreHardened(t *testing.T) {
	for _, object := range objects(t, mustTemplate(t, everything...)) {
		if object.GetKind() != "Deployment" {
			continue
		}
		deployment := &appsv1.Deployment{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, deployment); err != nil {
			t.Fatal(err)
		}
		pod := deployment.Spec.Template.Spec
		if s := pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.SeccompProfile == nil || s.SeccompProfile.Type != "RuntimeDefault" {
			t.Errorf("%s: the pod's security context is %+v", deployment.Name, s)
		}
		for _, container := range pod.Containers {
			s := container.SecurityContext
			if s == nil || *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || !slices.Contains(s.Capabilities.Drop, "ALL") {
				t.Errorf("%s/%s: the container's security context is %+v", deployment.Name, container.Name, s)
			}
			if container.Resources.Limits.Memory().IsZero() || container.Resources.Requests.Cpu().IsZero() {
				t.Errorf("%s/%s: its memory is unbounded or its CPU not asked for", deployment.Name, container.Name)
			}
		}
	}
}
