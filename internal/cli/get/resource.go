package get

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/view"
)

// resource is a kind that get knows.
type resource struct {
	kind schema.GroupVersionKind
	// singular and plural are its names in sentences and with -o name; aliases
	// are the other words a user may type.
	singular, plural string
	aliases          []string
	namespaced       bool

	object func() client.Object
	list   func() client.ObjectList
	table  func(objects []client.Object, namespaces bool, now time.Time) view.Table
}

var resources = []resource{
	{
		kind:     v1alpha1.GroupVersion.WithKind("Endpoint"),
		singular: "endpoint", plural: "endpoints", aliases: []string{"lfep", "ep"}, namespaced: true,
		object: func() client.Object { return &v1alpha1.Endpoint{} },
		list:   func() client.ObjectList { return &v1alpha1.EndpointList{} },
		table: func(objects []client.Object, namespaces bool, now time.Time) view.Table {
			return view.Endpoints(values[v1alpha1.Endpoint](objects), namespaces, now)
		},
	},
	{
		kind:     v1alpha1.GroupVersion.WithKind("Model"),
		singular: "model", plural: "models", aliases: []string{"lfmodel"}, namespaced: true,
		object: func() client.Object { return &v1alpha1.Model{} },
		list:   func() client.ObjectList { return &v1alpha1.ModelList{} },
		table: func(objects []client.Object, namespaces bool, now time.Time) view.Table {
			return view.Models(values[v1alpha1.Model](objects), namespaces, now)
		},
	},
	{
		kind:     v1alpha1.GroupVersion.WithKind("WorkloadClass"),
		singular: "workloadclass", plural: "workloadclasses", aliases: []string{"class", "classes", "lfclass"},
		object: func() client.Object { return &v1alpha1.WorkloadClass{} },
		list:   func() client.ObjectList { return &v1alpha1.WorkloadClassList{} },
		table: func(objects []client.Object, _ bool, now time.Time) view.Table {
			return view.WorkloadClasses(values[v1alpha1.WorkloadClass](objects), now)
		},
	},
}

// values unpacks objects, which come from a list of T and are nothing else.
func values[T any, P interface {
	*T
	client.Object
}](objects []client.Object) []T {
	items := make([]T, 0, len(objects))
	for _, object := range objects {
		if item, ok := object.(P); ok {
			items = append(items, *item)
		}
	}
	return items
}

// kindWords are the names of the kinds, as they are usually typed.
func kindWords() []string {
	var words []string
	for _, r := range resources {
		words = append(words, r.singular, r.plural)
	}
	return words
}

// find returns the resource a user means by a word, ignoring case and the group
// behind a dot, or nil.
func find(word string) *resource {
	word, _, _ = strings.Cut(strings.ToLower(word), ".")
	for i := range resources {
		r := &resources[i]
		if word == r.singular || word == r.plural || slices.Contains(r.aliases, word) {
			return r
		}
	}
	return nil
}

// stamp completes an object for printing: decoding drops its kind, and nobody
// reads the book-keeping of field owners.
func (r *resource) stamp(object client.Object) {
	object.GetObjectKind().SetGroupVersionKind(r.kind)
	object.SetManagedFields(nil)
}

// name returns an object as -o name prints it, which kubectl takes again.
func (r *resource) name(object client.Object) string {
	return r.singular + "." + r.kind.Group + "/" + object.GetName()
}

// printable returns objects as one value: themselves when one was asked for by
// name, else a list. The list's kind follows Kubernetes' convention.
func (r *resource) printable(objects []client.Object, single bool) any {
	for _, object := range objects {
		r.stamp(object)
	}
	if single && len(objects) == 1 {
		return objects[0]
	}
	if objects == nil {
		objects = []client.Object{}
	}
	return struct {
		metav1.TypeMeta `json:",inline"`

		Items []client.Object `json:"items"`
	}{
		TypeMeta: metav1.TypeMeta{APIVersion: r.kind.GroupVersion().String(), Kind: r.kind.Kind + "List"},
		Items:    objects,
	}
}
