package deploy

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/view"
)

// action is what deploying an object does to the cluster.
type action string

const (
	created    action = "created"
	configured action = "configured"
	unchanged  action = "unchanged"
)

// planned is a manifest with what deploying it would do.
type planned struct {
	manifest

	action action
	diff   string
	// live is the object in the cluster; nil when there is none.
	live *unstructured.Unstructured
}

// name returns the object as kubectl names it: endpoint.landfall.dev/churn.
func (m manifest) name() string {
	kind := strings.ToLower(m.object.GetKind())
	if group := m.object.GroupVersionKind().Group; group != "" {
		kind += "." + group
	}
	return kind + "/" + m.object.GetName()
}

// place gives an object the namespace it goes to.
func (o *options) place(cluster client.Client, m manifest, namespace string) error {
	namespaced, err := cluster.IsObjectNamespaced(m.object)
	if meta.IsNoMatchError(err) {
		return &output.Failure{
			What: fmt.Sprintf("cannot deploy %s of %s", m.name(), m.file), Why: "the cluster does not know this kind",
			Next: o.session.Program + " doctor" + o.session.Scope(), Cause: err,
		}
	}
	if err != nil {
		return o.session.Explain("cannot learn the cluster's kinds", err)
	}
	if !namespaced {
		return nil
	}
	if own := m.object.GetNamespace(); own != "" && own != namespace {
		return output.Usage(fmt.Sprintf("repeat the command with -n %s, or change the file", own),
			"%s: %s belongs to namespace %s, but the command is for namespace %s", m.file, m.name(), own, namespace)
	}
	m.object.SetNamespace(namespace)
	return nil
}

// plan asks the API server what deploying a manifest would make of the object,
// without doing it.
func (o *options) plan(ctx context.Context, cluster client.Client, m manifest) (*planned, error) {
	p := &planned{manifest: m, action: created}
	if err := o.readLive(ctx, cluster, p); err != nil {
		return nil, err
	}
	wanted := m.object.DeepCopy()
	if err := o.apply(ctx, cluster, wanted, client.DryRunAll); err != nil {
		return nil, o.explainApply(m, err)
	}
	before := ""
	var err error
	if p.live != nil {
		if before, err = text(p.live); err != nil {
			return nil, err
		}
	}
	after, err := text(wanted)
	if err != nil {
		return nil, err
	}
	if p.diff, err = output.Diff(m.name(), before, after); err != nil {
		return nil, err
	}
	switch {
	case p.diff == "":
		p.action = unchanged
	case p.live != nil:
		p.action = configured
	}
	return p, nil
}

// readLive reads the object as it is in the cluster, if it is there.
func (o *options) readLive(ctx context.Context, cluster client.Client, p *planned) error {
	live := &unstructured.Unstructured{}
	live.SetGroupVersionKind(p.object.GroupVersionKind())
	err := cluster.Get(ctx, client.ObjectKeyFromObject(p.object), live)
	switch {
	case apierrors.IsNotFound(err):
		p.live = nil
	case err != nil:
		return o.session.Explain("cannot read "+p.name(), err)
	default:
		p.live = live
		o.keepLive(p)
	}
	return nil
}

// keepLive leaves the traffic of an Endpoint where it is: a bundle says where
// the traffic began, and deploying it again must not move traffic back.
func (o *options) keepLive(p *planned) {
	if p.object.GetKind() != "Endpoint" {
		return
	}
	asked, _, _ := unstructured.NestedString(p.object.Object, "spec", "live")
	current, found, _ := unstructured.NestedString(p.live.Object, "spec", "live")
	if !found || asked == current {
		return
	}
	if err := unstructured.SetNestedField(p.object.Object, current, "spec", "live"); err != nil {
		return // the API server names what is wrong with such a spec
	}
	o.session.Warnf("%s: the file says live: %s, the cluster %s; deploying leaves it so (rollout start moves the traffic)", p.file, asked, current)
}

func (o *options) apply(ctx context.Context, cluster client.Client, object *unstructured.Unstructured, extra ...client.ApplyOption) error {
	options := append([]client.ApplyOption{client.FieldOwner(session.FieldOwner)}, extra...)
	if o.forceConflicts {
		options = append(options, client.ForceOwnership)
	}
	return cluster.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), options...)
}

func (o *options) explainApply(m manifest, err error) error {
	failure := output.AsFailure(o.session.Explain(fmt.Sprintf("cannot deploy %s of %s", m.name(), m.file), err))
	switch {
	case apierrors.IsConflict(err):
		failure.Why = conflict(err)
		failure.Next = "leave these fields out of the file, or take them over with --force-conflicts"
	case apierrors.IsNotFound(err) && m.object.GetNamespace() != "":
		failure.Why = "there is no namespace " + m.object.GetNamespace()
		failure.Next = "kubectl create namespace " + m.object.GetNamespace()
	}
	return failure
}

// conflict lists the fields that others own, one a line.
func conflict(err error) string {
	lines := []string{"others own fields that the file sets:"}
	for _, cause := range session.Causes(err) {
		lines = append(lines, cause.Field+": "+cause.Message)
	}
	return strings.Join(lines, "\n")
}

// text writes an object for comparing, without what the server keeps for itself
// and without the values of secrets.
func text(object *unstructured.Unstructured) (string, error) {
	object = object.DeepCopy()
	unstructured.RemoveNestedField(object.Object, "status")
	for _, field := range []string{"creationTimestamp", "managedFields", "resourceVersion", "uid", "generation"} {
		unstructured.RemoveNestedField(object.Object, "metadata", field)
	}
	if object.GetKind() == "Secret" {
		maskSecret(object)
	}
	data, err := yaml.Marshal(object.Object)
	if err != nil {
		return "", fmt.Errorf("cannot write %s as YAML: %w", object.GetName(), err)
	}
	return string(data), nil
}

// maskSecret keeps the keys of a Secret and hides the values. Two values that
// differ look alike then: a Secret's difference shows its keys only.
func maskSecret(object *unstructured.Unstructured) {
	for _, field := range []string{"data", "stringData"} {
		values, found, _ := unstructured.NestedMap(object.Object, field)
		if !found {
			continue
		}
		for key := range values {
			values[key] = "***"
		}
		_ = unstructured.SetNestedMap(object.Object, values, field) // the map was read from there
	}
}

// summary returns the table of what deploying does.
func summary(plans []*planned) view.Table {
	tones := map[action]view.Tone{created: view.Good, configured: view.Busy, unchanged: view.Faint}
	t := view.Table{Columns: []view.Column{{Name: "OBJECT"}, {Name: "ACTION"}, {Name: "FILE"}}}
	for _, p := range plans {
		t.Rows = append(t.Rows, []view.Cell{view.Text(p.name()), {Text: string(p.action), Tone: tones[p.action]}, view.Text(p.file)})
	}
	return t
}
