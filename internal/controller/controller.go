// Package controller runs the operator: the controllers of all kinds in one
// controller-runtime manager.
//
// It owns the wiring: options, caches, permissions it can do without, leader
// election, probes and metrics. It refuses to know what a controller does.
package controller

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cluster/routers"
	"landfall.dev/landfall/internal/controller/endpoint"
	"landfall.dev/landfall/internal/controller/model"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/status"
)

// New returns a manager that runs the operator's controllers once it is
// started. The options must be valid: see Options.Validate.
func New(ctx context.Context, config *rest.Config, options *Options) (manager.Manager, error) {
	service, err := options.routerService()
	if err != nil {
		return nil, err
	}
	metricsOptions, err := options.metricsServer()
	if err != nil {
		return nil, err
	}
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        scheme,
		Logger:                        options.Logger,
		Cache:                         cacheOptions(service.Namespace),
		Metrics:                       metricsOptions,
		HealthProbeBindAddress:        options.HealthProbeBindAddress,
		LeaderElection:                options.LeaderElection,
		LeaderElectionID:              naming.Operator,
		LeaderElectionNamespace:       options.LeaderElectionNamespace,
		LeaderElectionReleaseOnCancel: true, // the process ends right after
		Controller:                    options.Controller,
	})
	if err != nil {
		return nil, fmt.Errorf("cannot set the operator up: %w", err)
	}
	if err := addControllers(ctx, mgr, options, service); err != nil {
		return nil, err
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, fmt.Errorf("cannot set the liveness probe up: %w", err)
	}
	if err := mgr.AddReadyzCheck("ping", healthz.Ping); err != nil {
		return nil, fmt.Errorf("cannot set the readiness probe up: %w", err)
	}
	return mgr, nil
}

func addControllers(ctx context.Context, mgr manager.Manager, options *Options, service client.ObjectKey) error {
	recorder := status.Recorder{Events: mgr.GetEventRecorder(naming.Operator)}
	endpoints := &endpoint.Reconciler{
		Client: mgr.GetClient(),
		Reader: mgr.GetAPIReader(),
		Evidence: &routers.Source{
			Reader: mgr.GetClient(), Service: service, HTTP: cmp.Or(options.HTTP, routerClient()), Now: time.Now,
		},
		Events:          recorder,
		Metrics:         endpoint.NewMetrics(options.registerer()),
		AgentImage:      options.AgentImage,
		RouterNamespace: service.Namespace,
		Now:             time.Now,
	}
	if err := endpoints.SetupWithManager(ctx, mgr); err != nil {
		return fmt.Errorf("cannot set the Endpoint controller up: %w", err)
	}
	models := &model.Reconciler{Client: mgr.GetClient(), Events: recorder}
	if err := models.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("cannot set the Model controller up: %w", err)
	}
	return nil
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("cannot register the API's kinds: %w", err)
		}
	}
	return scheme, nil
}

// cacheOptions keeps in memory what the controllers work with and nothing else:
// Landfall's own children, and the routers' EndpointSlices.
func cacheOptions(routerNamespace string) cache.Options {
	children := cache.ByObject{Label: labels.SelectorFromSet(labels.Set{naming.LabelName: naming.NameEndpoint})}
	return cache.Options{
		ByObject: map[client.Object]cache.ByObject{
			&appsv1.Deployment{}:                     children,
			&autoscalingv2.HorizontalPodAutoscaler{}: children,
			&corev1.Pod{}:                            children,
			&corev1.Service{}:                        children,
			&corev1.ServiceAccount{}:                 children,
			&networkingv1.NetworkPolicy{}:            children,
			&policyv1.PodDisruptionBudget{}:          children,
			&discoveryv1.EndpointSlice{}:             {Namespaces: map[string]cache.Config{routerNamespace: {}}},
		},
	}
}

// routerClient asks routers by their pods' addresses, of which a proxy knows
// nothing.
func routerClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: 2,
		IdleConnTimeout:     time.Minute,
	}}
}
