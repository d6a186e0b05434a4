package script

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"landfall.dev/landfall/internal/naming"
)

// right is a verb on a resource, as RBAC grants it: "get pods/log in the group".
type right struct{ verb, resource, group string }

// rightOf is what the API server would ask RBAC for a request; false for paths
// that are no resource's.
func rightOf(r *http.Request) (right, string, bool) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	var found right
	switch {
	case len(parts) > 2 && parts[0] == "api":
		parts = parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		found.group, parts = parts[1], parts[3:]
	default:
		return right{}, "", false
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		parts = parts[2:]
	}
	found.resource = parts[0]
	name := ""
	if len(parts) > 1 {
		name = parts[1]
	}
	if len(parts) > 2 {
		found.resource += "/" + parts[2]
	}
	found.verb = map[string]string{http.MethodPost: "create", http.MethodPatch: "patch", http.MethodDelete: "delete", http.MethodGet: "get"}[r.Method]
	switch {
	case r.Method == http.MethodGet && r.URL.Query().Get("watch") != "":
		found.verb = "watch"
	case r.Method == http.MethodGet && name == "":
		found.verb = "list"
	}
	return found, name, true
}

// warden stands before the API server for one user. It writes down what is asked
// of resources, and answers for metrics.k8s.io, which an API server alone does
// not serve, where RBAC lets that user. Without a user it is the administrator's.
type warden struct {
	admin     kubernetes.Interface
	user      string
	namespace string

	mu    sync.Mutex
	asked map[right]bool
}

func (w *warden) ServeHTTP(proxy http.Handler, out http.ResponseWriter, in *http.Request) {
	asked, name, is := rightOf(in)
	if is {
		w.mu.Lock()
		w.asked[asked] = true
		w.mu.Unlock()
	}
	if asked.group != "metrics.k8s.io" {
		proxy.ServeHTTP(out, in)
		return
	}
	allowed, err := w.mayMeasure(in.Context(), asked, name)
	out.Header().Set("Content-Type", "application/json")
	if err != nil || !allowed {
		status := apierrors.NewForbidden(corev1.Resource("pods"), name, err).Status()
		out.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(out).Encode(status) //nolint:errchkjson // who reads no longer listens
		return
	}
	_ = json.NewEncoder(out).Encode(map[string]any{ //nolint:errchkjson // who reads no longer listens
		"timestamp": time.Now().UTC().Format(time.RFC3339), "window": "0s",
		"containers": []any{map[string]any{"name": naming.ContainerModel, "usage": map[string]any{"cpu": "250m", "memory": "90Mi"}}},
	})
}

func (w *warden) mayMeasure(ctx context.Context, asked right, name string) (bool, error) {
	if w.user == "" {
		return true, nil
	}
	review, err := w.admin.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:               w.user,
		ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: w.namespace, Group: asked.group, Resource: asked.resource, Verb: asked.verb, Name: name},
	}}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return review.Status.Allowed, nil
}

// serve writes a kubeconfig that leads through the warden, until it is stopped.
func (w *warden) serve(config *rest.Config, kubeconfig string) (stop func(), err error) {
	account := rest.CopyConfig(config)
	if w.user != "" {
		account.Impersonate = rest.ImpersonationConfig{UserName: w.user, Groups: []string{"system:authenticated"}}
	}
	account.NextProtos = []string{"http/1.1"} // exec upgrades the connection
	transport, err := rest.TransportFor(account)
	if err != nil {
		return nil, err
	}
	host := config.Host
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	target, err := url.Parse(host)
	if err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: transport, FlushInterval: -1}
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) { w.ServeHTTP(proxy, out, in) }))
	kube := clientcmdapi.NewConfig()
	kube.Clusters["test"] = &clientcmdapi.Cluster{Server: server.URL}
	kube.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", Namespace: w.namespace}
	kube.CurrentContext = "test"
	if err := clientcmd.WriteToFile(*kube, kubeconfig); err != nil {
		server.Close()
		return nil, err
	}
	return server.Close, nil
}
