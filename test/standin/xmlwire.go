package standin

import (
	"encoding/xml"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// xmlNode is an element of a query answer.
type xmlNode struct {
	name, text string
	inner      []xmlNode
}

// MarshalXML implements xml.Marshaler.
func (n xmlNode) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	start := xml.StartElement{Name: xml.Name{Local: n.name}}
	if err := e.EncodeToken(start); err != nil {
		return fmt.Errorf("write <%s>: %w", n.name, err)
	}
	if n.text != "" {
		if err := e.EncodeToken(xml.CharData(n.text)); err != nil {
			return fmt.Errorf("write the text of <%s>: %w", n.name, err)
		}
	}
	for _, inner := range n.inner {
		if err := e.Encode(inner); err != nil {
			return fmt.Errorf("write <%s>: %w", inner.name, err)
		}
	}
	if err := e.EncodeToken(start.End()); err != nil {
		return fmt.Errorf("write </%s>: %w", n.name, err)
	}
	return nil
}

// toXML writes a wire-shape value the way the query protocol does: lists as
// <member> elements, times in ISO 8601. t is the SDK's type of the value.
func toXML(name string, value any, t reflect.Type) xmlNode {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	node := xmlNode{name: name}
	switch v := value.(type) {
	case map[string]any:
		for _, field := range slices.Sorted(maps.Keys(v)) {
			inner := t
			if f, ok := fieldOf(t, field); ok {
				inner = f
			}
			node.inner = append(node.inner, toXML(field, v[field], inner))
		}
	case []any:
		for _, item := range v {
			node.inner = append(node.inner, toXML("member", item, elementOf(t)))
		}
	case []map[string]any:
		for _, item := range v {
			node.inner = append(node.inner, toXML("member", item, elementOf(t)))
		}
	default:
		node.text = xmlText(value, t)
	}
	return node
}

func fieldOf(t reflect.Type, name string) (reflect.Type, bool) {
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	f, ok := t.FieldByName(name)
	return f.Type, ok
}

func elementOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice {
		return t.Elem()
	}
	return t
}

func xmlText(value any, t reflect.Type) string {
	switch v := value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case nil:
		return ""
	}
	n, _ := number(value)
	if t == timeType {
		return time.UnixMilli(int64(n * 1000)).UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
