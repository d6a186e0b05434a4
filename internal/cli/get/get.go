// Package get is the command that shows Landfall's objects, once or as they
// change.
//
// It owns which objects are read and in which form they appear. It refuses to
// change anything.
package get

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/complete"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/spelling"
	"landfall.dev/landfall/internal/view"
)

const long = `Show endpoints, models or workload classes.

With the name of one endpoint the table is followed by its variants, the gates
of its rollout, and what comes next. With --watch the picture is redrawn on a
terminal; in a pipe each change is one line, and changes of counters alone are
left out.

COMPARED counts the pairs of answers compared in the whole rollout. VERDICT is
the worst verdict of its gates, or how the rollout ended.`

const example = `  # All endpoints of the namespace, and of all namespaces
  %[1]s get endpoints
  %[1]s get endpoints -A -o wide

  # One endpoint with its variants and gates, followed as it changes
  %[1]s get endpoint churn -w

  # The share of traffic of each variant, for a script
  %[1]s get endpoint churn -o json | jq '.status.traffic'

  # Models with a label
  %[1]s get models -l team=risk`

type options struct {
	session *session.Session

	output        string
	noHeaders     bool
	watch         bool
	allNamespaces bool
	selector      string
}

// query is what the user asked for, checked.
type query struct {
	resource  *resource
	names     []string
	namespace string
	format    output.Format
	labels    labels.Selector
}

// formats are the values of -o.
var formats = []output.Format{output.FormatTable, output.FormatWide, output.FormatJSON, output.FormatYAML, output.FormatName}

// New returns the command.
func New(s *session.Session) *cobra.Command {
	o := &options{session: s}
	command := &cobra.Command{
		Use:     "get (endpoints|models|workloadclasses) [NAME...]",
		Short:   "Show endpoints, models or workload classes",
		Long:    long,
		Example: fmt.Sprintf(example, s.Program),
		Args:    cobra.ArbitraryArgs,
		RunE:    func(command *cobra.Command, args []string) error { return o.run(command.Context(), args) },

		ValidArgsFunction: o.complete,
	}
	s.AddKubeFlags(command)
	flags := command.Flags()
	session.AddOutputFlag(command, &o.output, formats...)
	flags.BoolVar(&o.noHeaders, "no-headers", false, "leave out the heads of columns, and the tree of a single endpoint")
	flags.BoolVarP(&o.watch, "watch", "w", false, "go on showing what changes")
	flags.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "show objects of all namespaces")
	flags.StringVarP(&o.selector, "selector", "l", "", "show objects with these labels only, as in team=risk,tier!=test")
	return command
}

func (o *options) run(ctx context.Context, args []string) error {
	q, err := o.parse(args)
	if err != nil {
		return err
	}
	cluster, err := o.session.Client()
	if err != nil {
		return err
	}
	if o.watch {
		return o.follow(ctx, cluster, q)
	}
	objects, err := o.read(ctx, cluster, q)
	if err != nil {
		return err
	}
	return o.print(q, objects)
}

func (o *options) parse(args []string) (*query, error) {
	next := o.session.Program + " get --help"
	if len(args) == 0 {
		return nil, output.Usage(next, "say what to get: endpoints, models or workloadclasses")
	}
	word, names := args[0], args[1:]
	if kind, name, ok := strings.Cut(word, "/"); ok {
		word, names = kind, append([]string{name}, names...)
	}
	q := &query{resource: find(word), names: names}
	if q.resource == nil {
		if near := spelling.Nearest(word, kindWords()); near != "" {
			next = strings.Join(append([]string{o.session.Program, "get", near}, names...), " ")
		}
		return nil, output.Usage(next, "unknown kind %q: want endpoints, models or workloadclasses", word)
	}
	var err error
	if q.format, err = output.ParseFormat(o.output, formats...); err != nil {
		return nil, err
	}
	if q.labels, err = labels.Parse(o.selector); err != nil {
		return nil, output.Usage("write it as in team=risk,tier!=test", "cannot read the selector %q: %v", o.selector, err)
	}
	if len(names) > 0 && (o.selector != "" || o.allNamespaces) {
		return nil, output.Usage(next, "names cannot be combined with -l or -A")
	}
	if o.watch && len(names) > 1 {
		return nil, output.Usage(next, "only one object can be watched by name")
	}
	if q.resource.namespaced && !o.allNamespaces {
		if q.namespace, err = o.session.Namespace(); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func (o *options) read(ctx context.Context, cluster client.Client, q *query) ([]client.Object, error) {
	if len(q.names) == 0 {
		list := q.resource.list()
		if err := cluster.List(ctx, list, q.listOptions()...); err != nil {
			return nil, o.session.Explain("cannot read the "+q.resource.plural, err)
		}
		return extract(list)
	}
	var objects []client.Object
	for _, name := range q.names {
		object := q.resource.object()
		if err := cluster.Get(ctx, client.ObjectKey{Namespace: q.namespace, Name: name}, object); err != nil {
			return nil, o.session.Explain(fmt.Sprintf("cannot read the %s %s", q.resource.singular, q.where(name)), err)
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// where names an object with its namespace.
func (q *query) where(name string) string {
	if q.namespace == "" {
		return name
	}
	return q.namespace + "/" + name
}

func (q *query) listOptions() []client.ListOption {
	options := []client.ListOption{client.InNamespace(q.namespace), client.MatchingLabelsSelector{Selector: q.labels}}
	if len(q.names) == 1 {
		options = append(options, client.MatchingFields{metav1.ObjectNameField: q.names[0]})
	}
	return options
}

func extract(list client.ObjectList) ([]client.Object, error) {
	items, err := meta.ExtractList(list)
	if err != nil {
		return nil, fmt.Errorf("cannot read the list of objects: %w", err)
	}
	objects := make([]client.Object, 0, len(items))
	for _, item := range items {
		if object, ok := item.(client.Object); ok {
			objects = append(objects, object)
		}
	}
	return objects, nil
}

func (o *options) print(q *query, objects []client.Object) error {
	switch q.format {
	case output.FormatName:
		for _, object := range objects {
			fmt.Fprintln(o.session.Out, q.resource.name(object))
		}
		return nil
	default:
	}
	if q.format.IsStructured() {
		return o.session.PrintObject(q.format, q.resource.printable(objects, len(q.names) == 1))
	}
	if len(objects) == 0 {
		o.session.Notef("%s", q.nothing())
		return nil
	}
	if detail, ok := o.detail(q, objects); ok {
		return output.Endpoint(o.session.Out, o.session.Palette(o.session.Out), detail, o.session.Program, o.session.Scope())
	}
	return o.session.PrintTable(o.table(q, objects), !o.noHeaders)
}

func (q *query) nothing() string {
	switch {
	case !q.resource.namespaced:
		return fmt.Sprintf("No %s found.", q.resource.plural)
	case q.namespace == "":
		return fmt.Sprintf("No %s found in any namespace.", q.resource.plural)
	default:
		return fmt.Sprintf("No %s found in namespace %s.", q.resource.plural, q.namespace)
	}
}

func (o *options) table(q *query, objects []client.Object) view.Table {
	table := q.resource.table(objects, o.allNamespaces && q.resource.namespaced, o.session.Now())
	if q.format != output.FormatWide {
		table = table.Narrow()
	}
	return table
}

// detail returns the tree of an Endpoint when one was asked for by name.
func (o *options) detail(q *query, objects []client.Object) (view.Endpoint, bool) {
	if len(q.names) != 1 || len(objects) != 1 || o.noHeaders || q.format != output.FormatTable {
		return view.Endpoint{}, false
	}
	endpoint, ok := objects[0].(*v1alpha1.Endpoint)
	if !ok {
		return view.Endpoint{}, false
	}
	return view.EndpointOf(endpoint, o.session.Now()), true
}

func (o *options) complete(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		var words []string
		for _, r := range resources {
			words = append(words, r.plural)
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
	r := find(args[0])
	if r == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := complete.Names(command.Context(), o.session, r.list(), r.namespaced, args[1:])
	return names, cobra.ShellCompDirectiveNoFileComp
}
