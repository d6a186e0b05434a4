// Package install knows how Landfall's own parts lie in a cluster, for the
// commands that look at an installation.
//
// It owns finding them. It refuses to install or to judge them.
package install

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
)

// Part is one Deployment of an installation.
type Part struct {
	// Name of the Deployment.
	Name string
}

// Operator returns the operator.
func Operator() Part { return Part{Name: naming.Operator} }

// Router returns the routers.
func Router() Part { return Part{Name: naming.Router} }

// Deployment finds the part in Landfall's namespace by its name. The chart gives
// it that name whatever the release is called, because the operator and the
// routers find one another by it.
func (p Part) Deployment(ctx context.Context, cluster client.Client) (*appsv1.Deployment, error) {
	deployment := &appsv1.Deployment{}
	key := client.ObjectKey{Namespace: naming.SystemNamespace, Name: p.Name}
	if err := cluster.Get(ctx, key, deployment); err != nil {
		return nil, fmt.Errorf("cannot read the Deployment %s: %w", key, err)
	}
	return deployment, nil
}

// Image returns the image of a Deployment's first container.
func Image(deployment *appsv1.Deployment) string {
	if containers := deployment.Spec.Template.Spec.Containers; len(containers) > 0 {
		return containers[0].Image
	}
	return ""
}

// Tag returns the tag of an image, or its digest where it has no tag.
func Tag(image string) string {
	name, digest, pinned := strings.Cut(image, "@")
	slash := strings.LastIndex(name, "/")
	if colon := strings.LastIndex(name, ":"); colon > slash {
		return name[colon+1:]
	}
	if pinned {
		return digest
	}
	if image == "" {
		return ""
	}
	return "latest"
}

// ServedVersions returns the versions of Landfall's resources that the API
// server serves, none when they are not installed.
func ServedVersions(asked discovery.ServerGroupsInterface) ([]string, error) {
	groups, err := asked.ServerGroups()
	if err != nil {
		return nil, fmt.Errorf("cannot read the API server's groups: %w", err)
	}
	var versions []string
	for _, group := range groups.Groups {
		if group.Name != v1alpha1.GroupVersion.Group {
			continue
		}
		for _, version := range group.Versions {
			versions = append(versions, version.Version)
		}
	}
	return versions, nil
}
