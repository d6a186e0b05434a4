package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/install"
	"landfall.dev/landfall/internal/naming"
)

func operator(ctx context.Context, e *examination) Result {
	deployment, result := e.part(ctx, install.Operator())
	if deployment == nil {
		return result
	}
	return running(deployment)
}

func router(ctx context.Context, e *examination) Result {
	deployment, result := e.part(ctx, install.Router())
	if deployment == nil {
		return result
	}
	if result = running(deployment); result.Verdict != Passed {
		return result
	}
	ready, err := readyAddresses(ctx, e.cluster.client, naming.SystemNamespace, naming.Router)
	switch {
	case err != nil:
		return e.failed(err)
	case ready == 0:
		return fail("no pod stands behind the Service "+naming.DefaultRouterService,
			"kubectl -n "+naming.SystemNamespace+" describe service "+naming.Router)
	case ready == 1:
		return warn("one router is ready: while it restarts, callers get no answer", "set router.replicas to 2 or more in the chart's values")
	}
	return pass("%d routers are ready", ready)
}

// part reads a part of the installation; without one it returns the verdict.
func (e *examination) part(ctx context.Context, part install.Part) (*appsv1.Deployment, Result) {
	deployment, err := part.Deployment(ctx, e.cluster.client)
	switch {
	case apierrors.IsNotFound(err):
		return nil, fail(fmt.Sprintf("there is no Deployment %s/%s", naming.SystemNamespace, part.Name), installFix)
	case apierrors.IsForbidden(err):
		return nil, warn("you may not look into namespace "+naming.SystemNamespace, "ask the cluster's administrators")
	case err != nil:
		return nil, e.failed(err)
	}
	return deployment, Result{}
}

func running(deployment *appsv1.Deployment) Result {
	wanted := int32(1)
	if deployment.Spec.Replicas != nil {
		wanted = *deployment.Spec.Replicas
	}
	available := deployment.Status.AvailableReplicas
	detail := fmt.Sprintf("%d of %d pods available, image %s", available, wanted, install.Image(deployment))
	look := fmt.Sprintf("kubectl -n %s describe deployment %s; kubectl -n %s logs deployment/%s",
		deployment.Namespace, deployment.Name, deployment.Namespace, deployment.Name)
	switch {
	case wanted == 0:
		return fail(detail, fmt.Sprintf("kubectl -n %s scale deployment %s --replicas=2", deployment.Namespace, deployment.Name))
	case available == 0:
		return fail(detail, look)
	case available < wanted:
		return warn(detail, look)
	}
	return pass("%s", detail)
}

func readyAddresses(ctx context.Context, cluster client.Client, namespace, service string) (int, error) {
	found := &discoveryv1.EndpointSliceList{}
	err := cluster.List(ctx, found, client.InNamespace(namespace), client.MatchingLabels{naming.LabelServiceName: service})
	if err != nil {
		return 0, fmt.Errorf("cannot read the EndpointSlices of %s/%s: %w", namespace, service, err)
	}
	pods := map[string]bool{}
	for i := range found.Items {
		for _, address := range found.Items[i].Endpoints {
			if address.Conditions.Ready == nil || *address.Conditions.Ready {
				pods[strings.Join(address.Addresses, ",")] = true
			}
		}
	}
	return len(pods), nil
}

// routerCredentials looks for an AWS identity of the routers, without reading
// any secret value. Whether AWS accepts it, only the routers can tell.
func routerCredentials(ctx context.Context, e *examination) Result {
	needed, err := usesSageMaker(ctx, e.cluster.client)
	if err != nil {
		return e.failed(err)
	}
	deployment, result := e.part(ctx, install.Router())
	if deployment == nil {
		return result
	}
	const fix = "set in the chart's values router.aws.credentialsSecretName, or router.serviceAccount.annotations for an IAM role"
	source, err := awsIdentity(ctx, e.cluster.client, deployment)
	switch {
	case err != nil:
		return fail(err.Error(), fix)
	case source != "":
		return pass("%s", source)
	case needed:
		return warn("endpoints have SageMaker variants, and the routers have no AWS identity that can be seen here; an instance profile or Pod Identity may give one", fix)
	}
	return pass("none is needed: no endpoint has a SageMaker variant")
}

func usesSageMaker(ctx context.Context, cluster client.Client) (bool, error) {
	endpoints := &v1alpha1.EndpointList{}
	if err := cluster.List(ctx, endpoints); err != nil {
		return false, fmt.Errorf("cannot read the endpoints: %w", err)
	}
	return slices.ContainsFunc(endpoints.Items, func(endpoint v1alpha1.Endpoint) bool {
		return slices.ContainsFunc(endpoint.Spec.Variants, func(v v1alpha1.Variant) bool { return v.SageMaker != nil })
	}), nil
}

// awsIdentity names where a Deployment's pods get AWS credentials from, or
// nothing. It fails when they refer to a Secret that does not exist.
func awsIdentity(ctx context.Context, cluster client.Client, deployment *appsv1.Deployment) (string, error) {
	spec := deployment.Spec.Template.Spec
	secrets := credentialSecrets(spec.Containers)
	for _, secret := range secrets {
		// The metadata alone: this program has no business with the values.
		object := &metav1.PartialObjectMetadata{}
		object.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
		err := cluster.Get(ctx, client.ObjectKey{Namespace: deployment.Namespace, Name: secret}, object)
		if apierrors.IsNotFound(err) {
			return "", fmt.Errorf("the Secret %s/%s that the routers refer to does not exist", deployment.Namespace, secret)
		}
	}
	if len(secrets) > 0 {
		return "from the Secret " + strings.Join(secrets, ", "), nil
	}
	const roleAnnotation = "eks.amazonaws.com/role-arn" // IAM roles for service accounts
	account := &corev1.ServiceAccount{}
	err := cluster.Get(ctx, client.ObjectKey{Namespace: deployment.Namespace, Name: spec.ServiceAccountName}, account)
	if err == nil && account.Annotations[roleAnnotation] != "" {
		return "the role " + account.Annotations[roleAnnotation], nil
	}
	return "", nil
}

// credentialSecrets returns the Secrets that containers take AWS credentials
// from, or may: a Secret that is taken over as a whole counts.
func credentialSecrets(containers []corev1.Container) []string {
	var names []string
	for i := range containers {
		for _, source := range containers[i].EnvFrom {
			if source.SecretRef != nil {
				names = append(names, source.SecretRef.Name)
			}
		}
		for _, variable := range containers[i].Env {
			from := variable.ValueFrom
			if strings.HasPrefix(variable.Name, "AWS_") && from != nil && from.SecretKeyRef != nil {
				names = append(names, from.SecretKeyRef.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// skew compares this program with the operator. Releases that differ speak the
// same resources as long as the resources check passes, so it only warns.
func skew(ctx context.Context, e *examination) Result {
	deployment, result := e.part(ctx, install.Operator())
	if deployment == nil {
		result.Verdict = Skipped
		result.Fix = ""
		return result
	}
	running := install.Tag(install.Image(deployment))
	if strings.TrimPrefix(running, "v") == strings.TrimPrefix(e.session.Version, "v") {
		return pass("this program and the operator are %s", running)
	}
	if !strings.HasPrefix(e.session.Version, "v") || strings.Contains(e.session.Version, "-0.") || strings.Contains(e.session.Version, "+dirty") {
		return pass("this program is a development build (%s), the operator is %s", e.session.Version, running)
	}
	return warn(fmt.Sprintf("this program is %s, the operator is %s", e.session.Version, running), "install the same version of Landfall here and there")
}
