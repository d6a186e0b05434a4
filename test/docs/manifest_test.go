package docs

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/test/apiserver"
)

// manifest is one YAML document of a page or a sample.
type manifest struct {
	where string
	text  string
	kind  string
	// fragment marks a document that is a part of an object: no apiVersion.
	fragment bool
}

// decode reads the manifest into its Go type; unknown and doubled fields fail.
func (m manifest) decode() error {
	var object any
	switch m.kind {
	case "Endpoint":
		object = &v1alpha1.Endpoint{}
	case "Model":
		object = &v1alpha1.Model{}
	case "WorkloadClass":
		object = &v1alpha1.WorkloadClass{}
	default:
		return fmt.Errorf("kind %q is not one of %s", m.kind, v1alpha1.GroupVersion)
	}
	return yaml.UnmarshalStrict([]byte(m.text), object)
}

// kindOfPage is the kind that a page of docs/spec is about; other pages mean
// Endpoints.
func kindOfPage(pagePath string) string {
	kinds := map[string]string{"docs/spec/model.md": "Model", "docs/spec/workloadclass.md": "WorkloadClass"}
	if kind, ok := kinds[pagePath]; ok {
		return kind
	}
	return "Endpoint"
}

// manifestsOf returns the documents of Landfall's API in some YAML. A document
// without apiVersion that has a spec or a status is a fragment of defaultKind.
func manifestsOf(where, text, defaultKind string) ([]manifest, error) {
	var found []manifest
	for i, document := range strings.Split("\n"+text, "\n---") {
		var head map[string]any
		if err := yaml.Unmarshal([]byte(document), &head); err != nil {
			return nil, fmt.Errorf("%s, document %d: %w", where, i+1, err)
		}
		m := manifest{where: fmt.Sprintf("%s, document %d", where, i+1), text: document}
		group, _ := head["apiVersion"].(string)
		m.kind, _ = head["kind"].(string)
		_, hasSpec := head["spec"]
		_, hasStatus := head["status"]
		switch {
		case group == v1alpha1.GroupVersion.String():
		case group == "" && m.kind == "" && (hasSpec || hasStatus):
			m.kind, m.fragment = defaultKind, true
		default:
			continue
		}
		found = append(found, m)
	}
	return found, nil
}

// manifests returns those of all pages for users and of all samples.
func manifests(t *testing.T) []manifest {
	t.Helper()
	var all []manifest
	add := func(where, text, kind string) {
		found, err := manifestsOf(where, text, kind)
		if err != nil {
			t.Errorf("cannot read as YAML: %v", err)
		}
		all = append(all, found...)
	}
	for _, p := range userPages(t) {
		for _, b := range p.blocks {
			if b.language == "yaml" {
				add(fmt.Sprintf("%s:%d", p.path, b.line), b.text, kindOfPage(p.path))
			}
		}
	}
	for name, text := range samples(t) {
		add(name, text, "")
	}
	if len(all) < 7 {
		t.Fatalf("found %d manifests; want more", len(all))
	}
	return all
}

// samples returns config/samples by path.
func samples(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(rootFolder(t), "config", "samples", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no samples: %v", err)
	}
	found := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found[path.Join("config/samples", filepath.Base(file))] = string(text)
	}
	return found
}

func TestManifestsDecodeStrictly(t *testing.T) {
	for _, m := range manifests(t) {
		if err := m.decode(); err != nil {
			t.Errorf("%s: %v", m.where, err)
		}
	}
}

func TestSpecPagesShowTheSamples(t *testing.T) {
	for name, text := range samples(t) {
		shown := readPage(t, "docs/spec/"+strings.TrimSuffix(path.Base(name), ".yaml")+".md")
		same := func(b block) bool { return b.language == "yaml" && b.text == text }
		if !slices.ContainsFunc(shown.blocks, same) {
			t.Errorf("%s does not show %s as it is", shown.path, name)
		}
	}
}

func TestManifestsAreAccepted(t *testing.T) {
	c, err := client.New(apiserver.Start(t), client.Options{Scheme: apiserver.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range manifests(t) {
		if m.fragment {
			continue
		}
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(m.text), &object.Object); err != nil {
			t.Errorf("%s: %v", m.where, err)
			continue
		}
		inNamespace(t, c, object)
		err := c.Create(t.Context(), object, client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))
		if err != nil {
			t.Errorf("%s: the API server refuses it: %v", m.where, err)
		}
	}
}

// inNamespace sees to it that the object's namespace exists.
func inNamespace(t *testing.T, c client.Client, object *unstructured.Unstructured) {
	t.Helper()
	if object.GetKind() == "WorkloadClass" {
		return
	}
	if object.GetNamespace() == "" {
		object.SetNamespace("default")
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: object.GetNamespace()}}
	if err := c.Create(t.Context(), namespace); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatalf("cannot create namespace %s: %v", namespace.Name, err)
	}
}

func TestManifestsOfFindsObjectsAndFragments(t *testing.T) {
	text := "apiVersion: landfall.dev/v1alpha1\nkind: Model\nspec: {colour: red}\n---\nstatus: {live: a}\n---\napiVersion: v1\nkind: Secret\n---\nrouter: {auth: none}\n"
	found, err := manifestsOf("x.md:1", text, "Endpoint")
	if err != nil || len(found) != 2 {
		t.Fatalf("found %d (%v), want 2", len(found), err)
	}
	if err := found[0].decode(); found[0].kind != "Model" || err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("the Model's unknown field gives %v", err)
	}
	if err := found[1].decode(); found[1].kind != "Endpoint" || !found[1].fragment || err != nil {
		t.Errorf("the fragment is %+v: %v", found[1], err)
	}
}
