package standin

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// record is one resource as the APIs serve it. Records are never changed:
// an update replaces the record, so that readers need no lock.
type record struct {
	kind *kind
	// fields is the description in wire form.
	fields  map[string]any
	summary map[string]any
	// of holds what identifies the resource and is not in its description.
	of   map[string]string
	tags map[string]string
	// backends are the URLs of model servers by variant; "" is a component's.
	backends map[string]string
	// pending, when set, is what fields become at due.
	pending map[string]any
	due     time.Time
}

// value reads a field, or a path of fields with dots between.
func (r *record) value(path string) any {
	var value any = r.fields
	for name := range strings.SplitSeq(path, ".") {
		fields, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = fields[name]
	}
	return value
}

// text reads a field as text, also of what identifies the record only.
func (r *record) text(path string) string {
	switch value := r.value(path).(type) {
	case string:
		return value
	case int64:
		return strconv.FormatInt(value, 10)
	case nil:
		return r.of[path]
	default:
		return fmt.Sprint(value)
	}
}
