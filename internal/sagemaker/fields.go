package sagemaker

import (
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
)

// fields are those of one of the SDK's structs, by AWS's names. What is not
// there has no value.
type fields struct{ value reflect.Value }

func (f fields) field(name string) reflect.Value {
	if !f.value.IsValid() || f.value.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	field := f.value.FieldByName(name)
	if field.IsValid() && field.Kind() == reflect.Pointer {
		field = field.Elem()
	}
	return field
}

// text returns a text, empty where there is none.
func (f fields) text(name string) string {
	if field := f.field(name); field.IsValid() && field.Kind() == reflect.String {
		return field.String()
	}
	return ""
}

// isText says that a field holds a text, if only an empty one.
func (f fields) isText(name string) bool {
	if !f.value.IsValid() {
		return false
	}
	field, ok := f.value.Type().FieldByName(name)
	if !ok {
		return false
	}
	of := field.Type
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	return of.Kind() == reflect.String
}

var timeType = reflect.TypeFor[time.Time]()

// firstTime returns the first of several fields that holds a time.
func (f fields) firstTime(names []string) string {
	for _, name := range names {
		if field := f.field(name); field.IsValid() && field.Type() == timeType && !field.IsZero() {
			return name
		}
	}
	return ""
}

// time returns the first of several times, as RFC 3339.
func (f fields) time(names []string) string {
	name := f.firstTime(names)
	if name == "" {
		return ""
	}
	t, _ := f.field(name).Interface().(time.Time)
	return timeText(&t)
}

// first returns the first of several texts that is not empty.
func (f fields) first(names []string) string {
	for _, name := range names {
		if text := f.text(name); text != "" {
			return text
		}
	}
	return ""
}

// set gives a text field of one of the SDK's inputs a value. It does nothing
// where there is no such field.
func (f fields) set(name, text string) {
	field := f.value.FieldByName(name)
	switch {
	case !field.IsValid() || text == "":
	case field.Kind() == reflect.Pointer && field.Type().Elem().Kind() == reflect.String:
		field.Set(reflect.New(field.Type().Elem()))
		field.Elem().SetString(text)
	case field.Kind() == reflect.String:
		field.SetString(text)
	}
}

// choose gives a field of an enumeration the first of several values that it
// has.
func (f fields) choose(name string, wanted ...string) {
	field := f.value.FieldByName(name)
	if !field.IsValid() || field.Kind() != reflect.String {
		return
	}
	values := field.MethodByName("Values")
	if !values.IsValid() {
		return
	}
	known := values.Call(nil)[0]
	for _, want := range wanted {
		for i := range known.Len() {
			if known.Index(i).String() == want {
				field.SetString(want)
				return
			}
		}
	}
}

// of returns the fields of a struct that a pointer points to.
func of(pointer any) fields { return fields{reflect.Indirect(reflect.ValueOf(pointer))} }

// calls are the operations of the SDK's client.
type calls = sagemaker.Client

// options are what changes one call.
type callOptions = func(*sagemaker.Options)
