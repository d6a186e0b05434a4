package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/naming"
)

// scope says where a permission holds.
type scope int

const (
	// inNamespace is the namespace of the run.
	inNamespace scope = iota
	// inSystem is Landfall's own namespace.
	inSystem
	// everywhere is for what belongs to no namespace.
	everywhere
)

// permission is a right that a run makes use of. Nothing else is asked of the
// API server but what everybody may: its version, what it serves, and what one
// is allowed to do.
type permission struct {
	group, resource, subresource string
	verbs                        []string
	scope                        scope
	// name is the one object that is read; empty means any.
	name string
	// gives is what a run lacks without it; empty for what no run can do
	// without.
	gives string
}

// permissions are all of them. --print-role writes them, a run begins with
// checking them, and a test holds them against what a run asks.
var permissions = []permission{
	{resource: "pods", verbs: []string{"create", "get", "watch", "patch", "delete"}},
	{resource: "pods", subresource: "log", verbs: []string{"get"}},
	{resource: "configmaps", verbs: []string{"create", "delete"}},
	{resource: "secrets", verbs: []string{"create", "delete"}},
	{group: "networking.k8s.io", resource: "networkpolicies", verbs: []string{"create", "delete"}},
	{resource: "configmaps", verbs: []string{"list"}, gives: "word of what a killed run left"},
	{resource: "pods", subresource: "exec", verbs: []string{"create", "get"}, gives: givesExec},
	{group: "metrics.k8s.io", resource: "pods", verbs: []string{"get"}, gives: givesUsage},
	{resource: "events", verbs: []string{"list"}, gives: "how long the image took to pull"},
	{group: "apps", resource: "deployments", verbs: []string{"get"}, scope: inSystem, name: naming.Operator, gives: "Landfall's image; otherwise give --agent-image"},
	{group: "landfall.dev", resource: "workloadclasses", verbs: []string{"get"}, scope: everywhere, gives: "the nodes of the WorkloadClass; otherwise pods run on any node"},
}

// What optional permissions give.
const (
	givesExec  = "CPU throttling and GPU memory, read inside the model's container"
	givesUsage = "memory and CPU"
)

func (p permission) path() string {
	path := p.resource
	if p.subresource != "" {
		path += "/" + p.subresource
	}
	return path
}

// roles are the Role, and those elsewhere, as YAML.
func roles(namespace string) string {
	var text strings.Builder
	write := func(kind, where, name string, s scope) {
		metadata := fmt.Sprintf("{name: %s, namespace: %s}", name, where)
		if where == "" {
			metadata = fmt.Sprintf("{name: %s}", name)
		}
		fmt.Fprintf(&text, "apiVersion: rbac.authorization.k8s.io/v1\nkind: %s\nmetadata: %s\nrules:\n", kind, metadata)
		for _, p := range permissions {
			if p.scope != s {
				continue
			}
			if p.gives != "" {
				fmt.Fprintf(&text, "# May be left out. Gives %s.\n", p.gives)
			}
			names := ""
			if p.name != "" {
				names = ", resourceNames: [" + p.name + "]"
			}
			fmt.Fprintf(&text, "- {apiGroups: [%q], resources: [%s], verbs: [%s]%s}\n", p.group, p.path(), strings.Join(p.verbs, ", "), names)
		}
	}
	write("Role", namespace, naming.NameVerify, inNamespace)
	text.WriteString("---\n")
	write("Role", naming.SystemNamespace, naming.NameVerify, inSystem)
	text.WriteString("---\n")
	write("ClusterRole", "", naming.NameVerify, everywhere)
	return text.String()
}

// printRole writes what a run needs.
func (o *options) printRole() error {
	namespace, err := o.session.Namespace()
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(o.session.Out, roles(namespace))
	return err
}

// checkPermissions refuses to begin what cannot be ended: it asks the API server
// for every permission, and fails with those that are missing. Nothing was made
// by then. What is missing of the others is remembered.
func (r *run) checkPermissions(ctx context.Context) error {
	var missing []string
	for _, p := range permissions {
		if p.resource == "secrets" && len(r.subject.packed) == 0 {
			continue
		}
		if p.scope != inNamespace {
			continue // told where it is used
		}
		for _, verb := range p.verbs {
			allowed, err := r.may(ctx, p, verb)
			switch {
			case err != nil:
				return nil //nolint:nilerr // the cluster does not tell; what is denied fails where it is used
			case allowed:
			case p.gives == "":
				missing = append(missing, verb+" "+p.qualified())
			case !slices.Contains(r.denied, p.path()):
				r.denied = append(r.denied, p.path())
				r.notef("without %s: you may not %s %s in the namespace %s", p.gives, verb, p.qualified(), r.trial.Namespace)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &output.Failure{
		What: "cannot verify in the namespace " + r.trial.Namespace, Why: "you may not: " + strings.Join(missing, ", "),
		Next: r.session.Program + " verify --print-role -n " + r.trial.Namespace + " prints the Role that it needs",
	}
}

func (p permission) qualified() string {
	if p.group == "" {
		return p.path()
	}
	return p.path() + "." + p.group
}

func (r *run) may(ctx context.Context, p permission, verb string) (bool, error) {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: r.trial.Namespace, Group: p.group, Resource: p.resource, Subresource: p.subresource, Verb: verb,
		},
	}}
	if p.scope == everywhere {
		review.Spec.ResourceAttributes.Namespace = ""
	}
	answer, err := r.cluster.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return false, fmt.Errorf("cannot ask what you may do: %w", err)
	}
	return answer.Status.Allowed, nil
}
