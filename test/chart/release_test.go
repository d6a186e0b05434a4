package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/test/apiserver"
)

// releases runs Helm against an API server.
type releases struct {
	t          *testing.T
	program    string
	kubeconfig string
	namespace  string
	client     client.Client
}

func newReleases(t *testing.T, namespace string) releases {
	t.Helper()
	config := apiserver.Start(t)
	c, err := client.New(config, client.Options{Scheme: apiserver.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		t.Fatal(err)
	}
	return releases{t: t, program: helm(t), kubeconfig: kubeconfig(t, config), namespace: namespace, client: c}
}

// kubeconfig writes what Helm finds the API server by.
func kubeconfig(t *testing.T, config *rest.Config) string {
	t.Helper()
	const name = "test"
	file := clientcmdapi.NewConfig()
	file.Clusters[name] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	file.AuthInfos[name] = &clientcmdapi.AuthInfo{
		ClientCertificateData: config.CertData, ClientKeyData: config.KeyData, Token: config.BearerToken,
	}
	file.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	file.CurrentContext = name
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*file, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func (r releases) run(args ...string) (string, error) {
	r.t.Helper()
	command := exec.CommandContext(r.t.Context(), r.program, append(args, "--namespace", r.namespace)...)
	home := r.t.TempDir()
	command.Env = append(os.Environ(), "KUBECONFIG="+r.kubeconfig, "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	output, err := command.CombinedOutput()
	return string(output), err
}

func (r releases) mustRun(args ...string) string {
	r.t.Helper()
	output, err := r.run(args...)
	if err != nil {
		r.t.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return output
}

// endpoint returns the Endpoint as it is.
func (r releases) endpoint(name string) *v1alpha1.Endpoint {
	r.t.Helper()
	var endpoint v1alpha1.Endpoint
	if err := r.client.Get(r.t.Context(), client.ObjectKey{Namespace: r.namespace, Name: name}, &endpoint); err != nil {
		r.t.Fatal(err)
	}
	return &endpoint
}

// TestAModelIsOneCommand installs, upgrades, rolls back and removes a model, each
// by one command, on an API server.
func TestAModelIsOneCommand(t *testing.T) {
	r := newReleases(t, "one-command")
	chart := filepath.Join(root(t), "charts", "landfall-model")
	values := func(version, live string) string {
		path := filepath.Join(t.TempDir(), "values.yaml")
		text := "model:\n  name: churn-" + version + "\n  image: registry.example.com/churn:" + version + "\n" +
			"endpoint:\n  live: " + live + "\n  replicas: {min: 2, max: 8}\n  resources: {requests: {cpu: 500m, memory: 2Gi}}\n  sageMaker: {endpointName: Churn-Prod, region: us-east-1}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	deploy := func(version, live string) string {
		t.Helper()
		return r.mustRun("upgrade", "--install", "churn", chart, "-f", values(version, live))
	}

	notes := deploy("8", "managed")
	if want := "landfall get endpoint churn -n one-command -w"; !strings.Contains(notes, want) {
		t.Errorf("the notes lack %q:\n%s", want, notes)
	}
	if got := r.endpoint("churn").Spec.Live; got != "managed" {
		t.Errorf("the traffic begins at %q", got)
	}

	// An autoscaler changes what no values file says; an upgrade leaves it.
	scaled := r.endpoint("churn")
	scaled.Spec.Replicas = new(int32(5))
	if err := r.client.Update(t.Context(), scaled); err != nil {
		t.Fatal(err)
	}
	deploy("9", "cluster")
	after := r.endpoint("churn")
	if after.Spec.Live != "cluster" || modelOf(after) != "churn-9" {
		t.Errorf("after the upgrade: live %q, model %q", after.Spec.Live, modelOf(after))
	}
	if after.Spec.Replicas == nil || *after.Spec.Replicas != 5 {
		t.Errorf("the upgrade put replicas to %v", after.Spec.Replicas)
	}

	r.mustRun("rollback", "churn", "1")
	back := r.endpoint("churn")
	if back.Spec.Live != "managed" || modelOf(back) != "churn-8" {
		t.Errorf("after the rollback: live %q, model %q", back.Spec.Live, modelOf(back))
	}
	for _, name := range []string{"churn-8", "churn-9"} {
		var model v1alpha1.Model
		if err := r.client.Get(t.Context(), client.ObjectKey{Namespace: r.namespace, Name: name}, &model); err != nil {
			t.Errorf("model %s is gone, and an Endpoint may still serve it: %v", name, err)
		}
	}

	r.mustRun("uninstall", "churn")
	err := r.client.Get(t.Context(), client.ObjectKey{Namespace: r.namespace, Name: "churn"}, &v1alpha1.Endpoint{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("after uninstall the Endpoint is there: %v", err)
	}
	// The models that were kept are in the way of nobody.
	deploy("8", "managed")
}

func modelOf(endpoint *v1alpha1.Endpoint) string {
	for _, v := range endpoint.Spec.Variants {
		if v.Pods != nil {
			return v.Pods.ModelRef.Name
		}
	}
	return ""
}

// A tree's values become a release as they are.
func TestRenderedValuesInstall(t *testing.T) {
	r := newReleases(t, "team-a")
	for path, data := range tree(t, "argocd-helm-eks") {
		folder, ok := strings.CutSuffix(path, "/values.yaml")
		if !ok || !strings.HasPrefix(path, "phases/") {
			continue
		}
		file := filepath.Join(t.TempDir(), "values.yaml")
		// Alerts need kinds that this API server does not know.
		text, _, _ := strings.Cut(string(data), "\nextra:")
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(folder)
		r.mustRun("upgrade", "--install", name, filepath.Join(root(t), "charts", "landfall-model"), "-f", file)
		if got := r.endpoint(name).Spec.Live; got != "managed" {
			t.Errorf("%s: the traffic begins at %q", name, got)
		}
	}
}

// What is misspelt is refused, by its place and before anything changes.
func TestMisspeltValuesAreRefused(t *testing.T) {
	r := newReleases(t, "misspelt")
	for setting, want := range map[string]string{
		"endpoint.resourses.limits.cpu=1": "at '/endpoint': additional properties 'resourses' not allowed",
		"model.approval=approved":         "at '/model/approval'",
		"endpoint.replicas.min=0":         "at '/endpoint/replicas/min'",
		"model.image=https://x/y":         "at '/model/image'",
	} {
		output, err := r.run("install", "churn", filepath.Join(root(t), "charts", "landfall-model"),
			"--set", "model.name=churn-8,model.image=registry.example.com/churn:8", "--set", setting)
		if err == nil || !strings.Contains(output, want) {
			t.Errorf("%s: want %q, got %v:\n%s", setting, want, err, output)
		}
	}
	var endpoints v1alpha1.EndpointList
	if err := r.client.List(t.Context(), &endpoints, client.InNamespace(r.namespace)); err != nil || len(endpoints.Items) != 0 {
		t.Errorf("%d Endpoints were made: %v", len(endpoints.Items), err)
	}
}
