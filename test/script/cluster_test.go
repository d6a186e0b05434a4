package script

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/test/apiserver"
)

// patience bounds what a script asks of the API server.
const patience = 2 * time.Minute

// cluster is the API server of the scripts.
type cluster struct {
	config *rest.Config
	client client.Client
}

func newCluster(t *testing.T, config *rest.Config) *cluster {
	t.Helper()
	c, err := client.New(config, client.Options{Scheme: apiserver.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return &cluster{config: config, client: c}
}

// setup gives a script a namespace named after it, and a kubeconfig whose
// context is in that namespace.
func (c *cluster) setup(env *testscript.Env) error {
	if err := setupAccount(env); err != nil {
		return err
	}
	namespace := strings.ToLower(strings.TrimPrefix(filepath.Base(env.WorkDir), "script-"))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	object := &corev1.Namespace{}
	object.Name = namespace
	if err := c.client.Create(ctx, object); err != nil {
		return err
	}
	path := filepath.Join(env.WorkDir, "kubeconfig")
	if err := clientcmd.WriteToFile(c.kubeconfig(namespace), path); err != nil {
		return err
	}
	env.Setenv("KUBECONFIG", path)
	env.Setenv("NAMESPACE", namespace)
	return nil
}

func (c *cluster) kubeconfig(namespace string) clientcmdapi.Config {
	config := clientcmdapi.NewConfig()
	config.Clusters["test"] = &clientcmdapi.Cluster{Server: c.config.Host, CertificateAuthorityData: c.config.CAData}
	config.AuthInfos["admin"] = &clientcmdapi.AuthInfo{
		ClientCertificateData: c.config.CertData, ClientKeyData: c.config.KeyData, Token: c.config.BearerToken,
	}
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "admin", Namespace: namespace}
	config.CurrentContext = "test"
	if !strings.Contains(c.config.Host, "://") {
		config.Clusters["test"].Server = "https://" + c.config.Host
	}
	return *config
}

// apply creates the objects of a file, as others than the program under test:
// apply FILE.
func (c *cluster) apply(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: apply FILE")
	}
	for document := range strings.SplitSeq(ts.ReadFile(args[0]), "\n---\n") {
		object := &unstructured.Unstructured{}
		ts.Check(yaml.Unmarshal([]byte(document), &object.Object))
		namespaced, err := c.client.IsObjectNamespaced(object)
		ts.Check(err)
		if namespaced && object.GetNamespace() == "" {
			object.SetNamespace(ts.Getenv("NAMESPACE"))
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		ts.Check(client.IgnoreAlreadyExists(c.client.Create(ctx, object)))
		cancel()
	}
}

// status writes the status of an Endpoint or Model as the operator would, for
// the generation it has: status KIND NAME FILE.
func (c *cluster) status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: status KIND NAME FILE")
	}
	content := map[string]any{}
	ts.Check(yaml.Unmarshal([]byte(ts.ReadFile(args[2])), &content))
	object := &unstructured.Unstructured{}
	object.SetAPIVersion("landfall.dev/v1alpha1")
	object.SetKind(args[0])
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ts.Check(c.client.Get(ctx, client.ObjectKey{Namespace: ts.Getenv("NAMESPACE"), Name: args[1]}, object))
	content["observedGeneration"] = object.GetGeneration()
	object.Object["status"] = content
	ts.Check(c.client.Status().Update(ctx, object))
}

// delete removes an object of Landfall's: delete KIND NAME.
func (c *cluster) delete(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: delete KIND NAME")
	}
	object := &unstructured.Unstructured{}
	object.SetAPIVersion("landfall.dev/v1alpha1")
	object.SetKind(args[0])
	object.SetName(args[1])
	object.SetNamespace(ts.Getenv("NAMESPACE"))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ts.Check(c.client.Delete(ctx, object))
}

// home keeps a script's caches to itself.
func home(env *testscript.Env) error {
	path := filepath.Join(env.WorkDir, "home")
	env.Setenv("HOME", path)
	return os.MkdirAll(path, 0o755)
}
