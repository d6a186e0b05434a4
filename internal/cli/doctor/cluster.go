package doctor

import (
	"context"
	"fmt"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/install"
	"landfall.dev/landfall/internal/naming"
)

// oldestKubernetes is the oldest release whose API server knows every CEL
// function in the rules of Landfall's resources: quantity() and isQuantity()
// came with 1.29 (kubernetes/kubernetes#118803); 1.30 is the first that serves
// native preStop sleeps without a feature gate.
const oldestKubernetes = "1.30.0"

// installFix says how Landfall is installed.
const installFix = "helm upgrade --install landfall charts/landfall --namespace " + naming.SystemNamespace + " --create-namespace --set router.auth=sigv4 --set router.callersSecretName=NAME"

// Names of the checks, which others need.
const (
	checkKubeconfig = "kubeconfig"
	checkAPIServer  = "api-server"
	checkResources  = "resources"
	checkRouter     = "router"
)

// clusterAccess is the way to the cluster.
type clusterAccess struct {
	client     client.Client
	discovery  discovery.DiscoveryInterface
	kubernetes string
}

func clusterChecks() []check {
	return []check{
		{name: checkKubeconfig, run: kubeconfig},
		{name: checkAPIServer, needs: checkKubeconfig, run: apiServer},
		{name: "kubernetes-version", needs: checkAPIServer, run: kubernetesVersion},
		{name: checkResources, needs: checkAPIServer, run: resources},
		{name: "your-rights", needs: checkAPIServer, run: rights},
		{name: "operator", needs: checkAPIServer, run: operator},
		{name: checkRouter, needs: checkAPIServer, run: router},
		{name: "router-aws-credentials", needs: checkRouter, run: routerCredentials},
		{name: "version-skew", needs: checkAPIServer, run: skew},
		{name: "metrics-api", needs: checkAPIServer, run: metrics},
	}
}

func kubeconfig(_ context.Context, e *examination) Result {
	config, err := e.session.RESTConfig()
	if err != nil {
		return e.failed(err)
	}
	asked, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return e.failed(err)
	}
	cluster, err := e.session.Client()
	if err != nil {
		return e.failed(err)
	}
	e.cluster = &clusterAccess{client: cluster, discovery: asked}
	name := "in-cluster"
	if raw, err := e.session.Kube.ToRawKubeConfigLoader().RawConfig(); err == nil && raw.CurrentContext != "" {
		name = raw.CurrentContext
	}
	if *e.session.Kube.Context != "" {
		name = *e.session.Kube.Context
	}
	return pass("context %s, %s", name, config.Host)
}

func apiServer(_ context.Context, e *examination) Result {
	answer, err := e.cluster.discovery.ServerVersion()
	if err != nil {
		return e.failed(err)
	}
	e.cluster.kubernetes = answer.GitVersion
	return pass("answers, Kubernetes %s", answer.GitVersion)
}

func kubernetesVersion(_ context.Context, e *examination) Result {
	found, err := version.ParseGeneric(e.cluster.kubernetes)
	if err != nil {
		return warn(fmt.Sprintf("the API server calls itself %q", e.cluster.kubernetes), "use Kubernetes "+oldestKubernetes+" or later")
	}
	if found.LessThan(version.MustParseGeneric(oldestKubernetes)) {
		return fail("Kubernetes "+found.String()+" is too old", "upgrade the cluster to "+oldestKubernetes+" or later")
	}
	return pass("%s, and %s is needed", found, oldestKubernetes)
}

func resources(_ context.Context, e *examination) Result {
	versions, err := install.ServedVersions(e.cluster.discovery)
	if err != nil {
		return e.failed(err)
	}
	group := v1alpha1.GroupVersion
	if len(versions) == 0 {
		return fail("no resource of "+group.Group+" is installed", installFix)
	}
	list, err := e.cluster.discovery.ServerResourcesForGroupVersion(group.String())
	if apierrors.IsNotFound(err) {
		return fail(fmt.Sprintf("the cluster serves %s of %s, this program speaks %s", strings.Join(versions, ", "), group.Group, group.Version),
			"install the same version of Landfall here and there")
	}
	if err != nil {
		return e.failed(err)
	}
	missing := map[string]bool{"Endpoint": true, "Model": true, "WorkloadClass": true}
	for i := range list.APIResources {
		delete(missing, list.APIResources[i].Kind)
	}
	for kind := range missing {
		return fail(kind+" is not installed", installFix)
	}
	return pass("%s: Endpoint, Model, WorkloadClass", group)
}

// rights asks for what deploy and rollout need.
func rights(ctx context.Context, e *examination) Result {
	namespace, err := e.session.Namespace()
	if err != nil {
		return e.failed(err)
	}
	var denied []string
	for _, resource := range []string{"endpoints", "models"} {
		for _, verb := range []string{"get", "list", "watch", "create", "patch"} {
			review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
				ResourceAttributes: &authorizationv1.ResourceAttributes{
					Namespace: namespace, Verb: verb, Group: v1alpha1.GroupVersion.Group, Resource: resource,
				},
			}}
			if err := e.cluster.client.Create(ctx, review); err != nil {
				return e.failed(err)
			}
			if !review.Status.Allowed {
				denied = append(denied, verb+" "+resource)
			}
		}
	}
	if len(denied) > 0 {
		return warn(fmt.Sprintf("in namespace %s you may not %s", namespace, strings.Join(denied, ", ")),
			"ask for a RoleBinding that allows it, or name another namespace with -n")
	}
	return pass("you may deploy and move endpoints in namespace %s", namespace)
}

// metrics asks for the API that HorizontalPodAutoscalers read.
func metrics(_ context.Context, e *examination) Result {
	const group = "metrics.k8s.io/v1beta1"
	if _, err := e.cluster.discovery.ServerResourcesForGroupVersion(group); err != nil {
		return warn(group+" is not served: endpoints with more than one replica do not scale by load",
			"install metrics-server (https://github.com/kubernetes-sigs/metrics-server)")
	}
	return pass("%s is served", group)
}
