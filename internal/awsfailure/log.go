package awsfailure

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"landfall.dev/landfall/internal/inventory"
)

// Log collects what could not be read. The zero value is ready for use, from
// several goroutines.
type Log struct {
	mu   sync.Mutex
	seen map[string]*inventory.Unread
}

// Record notes a failed operation, such as sagemaker:DescribeModel, on a
// resource (empty for lists). It returns an error only where going on makes no
// sense: nobody waits for the answer, or the credentials are no good.
func (l *Log) Record(ctx context.Context, operation, resource string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	code, message := Code(err)
	if slices.Contains(hopelessCodes, code) || withoutCredentials(err) {
		return fmt.Errorf("cannot call %s: %w", operation, refusalOf(err))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	unread := l.entry(operation, code)
	if Denied(err) {
		unread.Action = missingAction(operation, message)
	}
	// The reason told is the first resource's in order of name, however the
	// answers arrive.
	if len(unread.Resources) == 0 || resource < slices.Min(unread.Resources) {
		unread.Reason, _ = inventory.MaskText(message)
	}
	if resource != "" && !slices.Contains(unread.Resources, resource) {
		unread.Resources = append(unread.Resources, resource)
	}
	return nil
}

func (l *Log) entry(operation, code string) *inventory.Unread {
	key := operation + "/" + code
	if l.seen == nil {
		l.seen = map[string]*inventory.Unread{}
	}
	if l.seen[key] == nil {
		l.seen[key] = &inventory.Unread{Operation: operation, Code: code}
	}
	return l.seen[key]
}

// List returns what was recorded, sorted, as having failed at a place.
func (l *Log) List(place inventory.Place) []inventory.Unread {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []inventory.Unread
	for _, unread := range l.seen {
		copied := *unread
		copied.Place, copied.Resources = place, slices.Clone(unread.Resources)
		slices.Sort(copied.Resources)
		list = append(list, copied)
	}
	slices.SortFunc(list, func(a, b inventory.Unread) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Code, b.Code))
	})
	return list
}
