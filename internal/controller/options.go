package controller

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/pflag"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"landfall.dev/landfall/internal/naming"
)

// Options are what the operator is told when it starts.
type Options struct {
	// AgentImage is the image of the init container that fetches models. It
	// is required.
	AgentImage string
	// RouterService is the Service of the routers, as namespace/name.
	RouterService string
	// MetricsBindAddress is where metrics are served; "0" means nowhere. On a
	// loopback address they are served as they are. Anywhere else they are
	// served over TLS, to callers whose token may get /metrics.
	MetricsBindAddress string
	// HealthProbeBindAddress is where /healthz and /readyz are served; "0"
	// means nowhere.
	HealthProbeBindAddress string
	// LeaderElection lets one of several operators work at a time.
	LeaderElection bool
	// LeaderElectionNamespace holds the Lease; empty means the pod's own
	// namespace.
	LeaderElectionNamespace string

	// Logger is where everything is logged.
	Logger logr.Logger
	// Registerer takes the operator's metrics; nil means
	// controller-runtime's registry, which MetricsBindAddress serves.
	Registerer prometheus.Registerer
	// HTTP asks the routers; nil means a client that goes straight to pods.
	HTTP *http.Client
	// Controller is for tests that run several operators in one process.
	Controller config.Controller
}

// AddFlags adds the operator's flags, with their defaults.
func (o *Options) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.AgentImage, "agent-image", "",
		"image of the init container that fetches models: Landfall's own (required)")
	flags.StringVar(&o.RouterService, "router-service", naming.DefaultRouterService,
		"Service of the routers, as namespace/name")
	flags.StringVar(&o.MetricsBindAddress, "metrics-bind-address", fmt.Sprintf("127.0.0.1:%d", naming.OperatorMetricsPort),
		"where to serve Prometheus metrics; on other than a loopback address over TLS, to callers whose token may get /metrics; 0 for nowhere")
	flags.StringVar(&o.HealthProbeBindAddress, "health-probe-bind-address", fmt.Sprintf(":%d", naming.OperatorHealthPort),
		"where to answer probes; 0 for nowhere")
	flags.BoolVar(&o.LeaderElection, "leader-elect", true,
		"let one of several operators work at a time")
	flags.StringVar(&o.LeaderElectionNamespace, "leader-election-namespace", "",
		"namespace of the leader election's Lease (default: the pod's own)")
}

// Validate says what is wrong with the options.
func (o *Options) Validate() error {
	if o.AgentImage == "" {
		return errors.New("--agent-image is empty: give the image of Landfall that this operator comes from")
	}
	if _, err := o.routerService(); err != nil {
		return err
	}
	_, err := loopback(o.MetricsBindAddress)
	return err
}

func (o *Options) routerService() (client.ObjectKey, error) {
	namespace, name, found := strings.Cut(o.RouterService, "/")
	if !found || namespace == "" || name == "" || strings.Contains(name, "/") {
		return client.ObjectKey{}, fmt.Errorf("--router-service is %q: want namespace/name, such as %s", o.RouterService, naming.DefaultRouterService)
	}
	return client.ObjectKey{Namespace: namespace, Name: name}, nil
}

func (o *Options) registerer() prometheus.Registerer {
	if o.Registerer != nil {
		return o.Registerer
	}
	return metrics.Registry
}

func (o *Options) metricsServer() (metricsserver.Options, error) {
	local, err := loopback(o.MetricsBindAddress)
	if err != nil {
		return metricsserver.Options{}, err
	}
	options := metricsserver.Options{BindAddress: o.MetricsBindAddress}
	if !local {
		options.SecureServing = true
		options.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	return options, nil
}

// loopback says whether only this machine, or this pod, can reach an address.
func loopback(address string) (bool, error) {
	if address == "0" {
		return true, nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false, fmt.Errorf("--metrics-bind-address is %q: want host:port, such as 127.0.0.1:8080, or 0: %w", address, err)
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}
