package session

import (
	"context"
	"net"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/view"
)

const (
	// dialTimeout bounds how long an address that never answers is tried.
	// client-go's own 30 seconds try the patience of a person.
	dialTimeout = 10 * time.Second
	// One call makes few requests; client-go's default of 5 a second would
	// slow the fewest of them for nothing.
	requestsPerSecond = 50
	requestBurst      = 100
)

// Scheme knows Landfall's kinds and Kubernetes' own.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic("two kinds of one name: " + err.Error()) // a fault of the build, not of the input
		}
	}
	return scheme
}

// RESTConfig returns how to reach the cluster.
func (s *Session) RESTConfig() (*rest.Config, error) {
	if err := s.requireCluster(); err != nil {
		return nil, err
	}
	config, err := s.Kube.ToRESTConfig()
	if err != nil {
		return nil, s.Explain("cannot find the cluster", err)
	}
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = requestsPerSecond, requestBurst
	config.UserAgent = FieldOwner + "/" + s.Version
	config.WarningHandlerWithContext = warnings{s}
	if config.Dial == nil {
		config.Dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	return config, nil
}

// requireCluster fails when nothing names a cluster. client-go would try
// localhost:8080 then, and its refusal misleads.
func (s *Session) requireCluster() error {
	if *s.Kube.APIServer != "" || s.Getenv("KUBERNETES_SERVICE_HOST") != "" {
		return nil
	}
	raw, err := s.Kube.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return s.Explain("cannot find the cluster", err)
	}
	if len(raw.Clusters) == 0 {
		return s.Explain("cannot find the cluster", clientcmd.ErrEmptyConfig)
	}
	return nil
}

// Namespace returns the namespace the user means: that of -n, of the context,
// or default.
func (s *Session) Namespace() (string, error) {
	namespace, _, err := s.Kube.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return "", s.Explain("cannot find the cluster", err)
	}
	return namespace, nil
}

// Client returns a client for Landfall's kinds and the few of Kubernetes' own
// that the CLI looks at. It asks the server nothing before its first request.
func (s *Session) Client() (client.WithWatch, error) { return s.clientWith(knownKinds()) }

// DiscoveringClient returns a client for every kind that the server knows. It
// asks the server for them when it meets the first.
func (s *Session) DiscoveringClient() (client.WithWatch, error) {
	mapper, err := s.Kube.ToRESTMapper()
	if err != nil {
		return nil, s.Explain("cannot learn the cluster's kinds", err)
	}
	return s.clientWith(mapper)
}

func (s *Session) clientWith(mapper meta.RESTMapper) (client.WithWatch, error) {
	config, err := s.RESTConfig()
	if err != nil {
		return nil, err
	}
	cluster, err := client.NewWithWatch(config, client.Options{Scheme: Scheme(), Mapper: mapper})
	if err != nil {
		return nil, s.Explain("cannot reach the cluster", err)
	}
	return cluster, nil
}

// knownKinds maps the kinds the CLI reads without asking the server, which
// would cost a round trip for every group it serves.
func knownKinds() meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{v1alpha1.GroupVersion, corev1.SchemeGroupVersion})
	for _, kind := range []string{"Endpoint", "Model"} {
		mapper.Add(v1alpha1.GroupVersion.WithKind(kind), meta.RESTScopeNamespace)
	}
	mapper.Add(v1alpha1.GroupVersion.WithKind("WorkloadClass"), meta.RESTScopeRoot)
	for _, kind := range []string{"Secret", "Service", "ServiceAccount", "Pod"} {
		mapper.Add(corev1.SchemeGroupVersion.WithKind(kind), meta.RESTScopeNamespace)
	}
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Namespace"), meta.RESTScopeRoot)
	mapper.Add(schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, meta.RESTScopeNamespace)
	mapper.Add(schema.GroupVersionKind{Group: "authorization.k8s.io", Version: "v1", Kind: "SelfSubjectAccessReview"}, meta.RESTScopeRoot)
	mapper.Add(schema.GroupVersionKind{Group: "discovery.k8s.io", Version: "v1", Kind: "EndpointSlice"}, meta.RESTScopeNamespace)
	mapper.Add(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}, meta.RESTScopeRoot)
	return mapper
}

// warnings shows what the API server warns of.
type warnings struct{ session *Session }

// HandleWarningHeaderWithContext implements rest.WarningHandlerWithContext. 299
// is the code of warnings meant for people (RFC 7234).
func (w warnings) HandleWarningHeaderWithContext(_ context.Context, code int, _, text string) {
	const miscellaneousPersistentWarning = 299
	if code == miscellaneousPersistentWarning && text != "" {
		w.session.Warnf("%s", text)
	}
}

// PrintObject writes one object as JSON or YAML.
func (s *Session) PrintObject(format output.Format, value any) error {
	return output.Object(s.Out, format, value)
}

// PrintTable writes a table to the results.
func (s *Session) PrintTable(table view.Table, heads bool) error {
	return output.Table(s.Out, s.Palette(s.Out), table, heads)
}
