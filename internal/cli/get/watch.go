package get

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/follow"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/view"
)

// follow shows what changes until the user interrupts it, which is the ordinary
// way to end it.
func (o *options) follow(ctx context.Context, cluster client.WithWatch, q *query) error {
	if len(q.names) == 1 {
		// A name that does not exist is an answer; waiting for it would hide
		// a slip of the pen.
		if _, err := o.read(ctx, cluster, q); err != nil {
			return err
		}
	}
	follower := &follow.Follower{Client: cluster, List: q.resource.list, Options: q.listOptions(), Lost: o.session.WarnLost}
	handle := o.lines(q)
	if o.session.Redraws() && (q.format == output.FormatTable || q.format == output.FormatWide) {
		follower.Ticks = true
		picture := &picture{options: o, query: q, objects: map[types.NamespacedName]client.Object{}}
		picture.screen = output.NewScreen(o.session.Out, o.session.Size)
		follower.Lost = picture.lost
		handle = picture.handle
	}
	err := follower.Run(ctx, handle)
	if errors.Is(err, context.Canceled) {
		if follower.Ticks {
			o.session.Notef("") // the terminal shows ^C where the shell's prompt would go
		}
		return nil
	}
	return o.session.Explain("cannot follow the "+q.resource.plural, err)
}

// picture keeps what is on the terminal up to date.
type picture struct {
	*options

	query   *query
	screen  *output.Screen
	objects map[types.NamespacedName]client.Object
}

func (p *picture) handle(event follow.Event) error {
	switch {
	case event.Deleted:
		delete(p.objects, client.ObjectKeyFromObject(event.Object))
	case event.Object != nil:
		p.objects[client.ObjectKeyFromObject(event.Object)] = event.Object
	}
	return p.screen.Draw(p.draw())
}

// lost says below the last known picture that it may be old.
func (p *picture) lost(err error) {
	warning := view.Cell{Text: p.session.Why(err) + "; trying again", Tone: view.Warn}
	_ = p.screen.Draw(p.draw() + p.session.Palette(p.session.Out).Cell(warning)) // the next event reports a broken stream
}

func (p *picture) draw() string {
	objects := slices.SortedFunc(maps.Values(p.objects), func(a, b client.Object) int {
		return strings.Compare(a.GetNamespace()+"/"+a.GetName(), b.GetNamespace()+"/"+b.GetName())
	})
	if len(objects) == 0 {
		return p.query.nothing() + "\n"
	}
	var text strings.Builder
	palette := p.session.Palette(p.session.Out)
	if detail, ok := p.detail(p.query, objects); ok {
		_ = output.Endpoint(&text, palette, detail, p.session.Program, p.session.Scope()) // a Builder never fails
		return text.String()
	}
	_ = output.Table(&text, palette, p.table(p.query, objects), !p.noHeaders)
	return text.String()
}

// lines writes one line for each change that is more than a counter's.
func (o *options) lines(q *query) func(follow.Event) error {
	log := output.NewLog(o.session.Out, o.session.Palette(o.session.Out), o.session.Now)
	seen := map[types.NamespacedName]string{}
	return func(event follow.Event) error {
		change := o.change(q, event.Object)
		key := client.ObjectKeyFromObject(event.Object)
		if event.Deleted {
			delete(seen, key)
			return o.deleted(q, log, event.Object)
		}
		if previous, ok := seen[key]; ok && previous == change.Key {
			return nil
		}
		seen[key] = change.Key
		if q.format.IsStructured() {
			q.resource.stamp(event.Object)
			if q.format == output.FormatYAML {
				fmt.Fprintln(o.session.Out, "---")
			}
			return o.session.PrintObject(q.format, event.Object)
		}
		if q.format == output.FormatName {
			_, err := fmt.Fprintln(o.session.Out, q.resource.name(event.Object))
			return err
		}
		if !o.noHeaders {
			log.Head(o.changeColumns(q))
		}
		return log.Line(change.Cells)
	}
}

func (o *options) deleted(q *query, log *output.Log, object client.Object) error {
	if q.format != output.FormatTable && q.format != output.FormatWide {
		o.session.Notef("%s was deleted.", q.resource.name(object))
		return nil
	}
	cells := []view.Cell{view.Text(object.GetName()), {Text: "Deleted", Tone: view.Warn}}
	if o.allNamespaces && q.resource.namespaced {
		cells = append([]view.Cell{view.Text(object.GetNamespace())}, cells...)
	}
	return log.Line(cells)
}

func (o *options) changeColumns(q *query) []view.Column {
	if q.resource.kind.Kind != "Endpoint" {
		return o.table(q, nil).Columns
	}
	columns := view.ChangeColumns()
	if o.allNamespaces {
		columns = append([]view.Column{{Name: "NAMESPACE"}}, columns...)
	}
	return columns
}

// change returns an object in one line. Of kinds without counters every cell but
// the age counts.
func (o *options) change(q *query, object client.Object) view.Change {
	if endpoint, ok := object.(*v1alpha1.Endpoint); ok {
		change := view.ChangeOf(endpoint)
		if o.allNamespaces {
			change.Cells = append([]view.Cell{view.Text(object.GetNamespace())}, change.Cells...)
		}
		return change
	}
	table := q.resource.table([]client.Object{object}, o.allNamespaces && q.resource.namespaced, time.Time{})
	var key strings.Builder
	for _, cell := range table.Rows[0][:len(table.Rows[0])-1] {
		key.WriteString(cell.String() + "\x00")
	}
	return view.Change{Cells: o.table(q, []client.Object{object}).Rows[0], Key: key.String()}
}
