package deploy

import (
	"context"
	"encoding/json"
	"io"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/internal/cli/session"
)

// moving is a cluster in which traffic moves while somebody reads.
type moving struct {
	client.Client

	// live is what spec.live says at each read.
	live    []string
	applied string
}

func (m *moving) Get(_ context.Context, _ client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	object, ok := into.(*unstructured.Unstructured)
	if !ok {
		return nil
	}
	live := m.live[0]
	m.live = m.live[1:]
	return unstructured.SetNestedField(object.Object, live, "spec", "live")
}

func (m *moving) Apply(_ context.Context, configuration runtime.ApplyConfiguration, options ...client.ApplyOption) error {
	dry := (&client.ApplyOptions{}).ApplyOptions(options).DryRun
	text, err := json.Marshal(configuration)
	if err != nil || len(dry) > 0 {
		return err
	}
	var object struct{ Spec struct{ Live string } }
	err = json.Unmarshal(text, &object)
	m.applied = object.Spec.Live
	return err
}

func TestDeployLeavesTrafficThatMovedMeanwhile(t *testing.T) {
	objects, err := decode([]byte("apiVersion: landfall.dev/v1alpha1\nkind: Endpoint\nmetadata: {name: churn}\nspec: {live: managed}\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := session.New("landfall")
	s.Out, s.ErrOut = io.Discard, io.Discard
	o := &options{session: s}
	o.consent.Yes = true
	cluster := &moving{live: []string{"managed", "cluster"}}
	p, err := o.plan(t.Context(), cluster, manifest{file: "endpoint.yaml", object: objects[0]})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.applyAll(t.Context(), cluster, []*planned{p}, "team-a"); err != nil {
		t.Fatal(err)
	}
	if cluster.applied != "cluster" {
		t.Errorf("deploying moved the traffic to %q, from where somebody had just put it", cluster.applied)
	}
}
