package surroundings

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"landfall.dev/landfall/internal/access"
	"landfall.dev/landfall/internal/inventory"
)

// KnownCaller is an entry of the file of known callers: what people know and
// no API tells.
type KnownCaller struct {
	// Endpoint is a name, or a pattern as of path.Match.
	Endpoint string `yaml:"endpoint"`
	// Name of the caller.
	Name string `yaml:"name"`
	// Owner is whom to ask. Note is free text.
	Owner string `yaml:"owner"`
	Note  string `yaml:"note"`

	// line is where the entry stands.
	line int
}

// callersFile is the form of the file.
type callersFile struct {
	Callers []yamlv3.Node `yaml:"callers"`
}

// ParseKnown reads a file of known callers:
//
//	callers:
//	  - endpoint: churn-*
//	    name: nightly report
//	    owner: data-platform@example.com
//	    note: reads the score once a night
//
// Unknown fields, entries without an endpoint or a name, and patterns that are
// none are errors that name the line.
func ParseKnown(data []byte) ([]KnownCaller, error) {
	decoder := yamlv3.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	var file callersFile
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot read the known callers: %s; want a list under callers", plainYAML(err))
	}
	if err := decoder.Decode(new(yamlv3.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("cannot read the known callers: the file holds a second document; want one")
	}
	callers := make([]KnownCaller, 0, len(file.Callers))
	for _, node := range file.Callers {
		caller, err := parseCaller(node)
		if err != nil {
			return nil, fmt.Errorf("cannot read the known callers: line %d: %w", node.Line, err)
		}
		callers = append(callers, caller)
	}
	return callers, nil
}

// callerFields are the fields of an entry.
var callerFields = []string{"endpoint", "name", "owner", "note"}

func parseCaller(node yamlv3.Node) (KnownCaller, error) {
	caller := KnownCaller{line: node.Line}
	if node.Kind != yamlv3.MappingNode {
		return caller, errors.New("want the fields " + strings.Join(callerFields, ", "))
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if name := node.Content[i]; !slices.Contains(callerFields, name.Value) {
			return caller, fmt.Errorf("the field %q (line %d) is not known; want one of %s", name.Value, name.Line, strings.Join(callerFields, ", "))
		}
	}
	if err := node.Decode(&caller); err != nil {
		return caller, errors.New(plainYAML(err))
	}
	switch _, err := path.Match(caller.Endpoint, ""); {
	case caller.Endpoint == "":
		return caller, errors.New("the field endpoint is missing; want the name of an endpoint, or a pattern such as churn-*")
	case caller.Name == "":
		return caller, errors.New("the field name is missing; want who calls")
	case err != nil:
		return caller, fmt.Errorf("endpoint %q is no pattern; want a name, or a pattern such as churn-*", caller.Endpoint)
	}
	return caller, nil
}

// plainYAML leaves out the reader's own names.
func plainYAML(err error) string {
	text := strings.NewReplacer("yaml: unmarshal errors:", "", "yaml: ", "", "surroundings.", "", " in type callersFile", "").Replace(err.Error())
	return strings.Join(strings.Fields(text), " ")
}

// Known lists the known callers of the endpoints, and says for which entries
// there is no endpoint. A pattern that takes every endpoint of a place stands
// there once.
func Known(known []KnownCaller, endpoints []access.Endpoint) (callers []inventory.Caller, unmatched []string) {
	total := map[inventory.Place]int{}
	for _, endpoint := range endpoints {
		total[endpoint.Place]++
	}
	for _, k := range known {
		matching := map[inventory.Place][]string{}
		for _, endpoint := range endpoints {
			if inventory.MatchesName(k.Endpoint, endpoint.Name) {
				matching[endpoint.Place] = append(matching[endpoint.Place], endpoint.Name)
			}
		}
		if len(matching) == 0 {
			unmatched = append(unmatched, fmt.Sprintf("line %d: no endpoint is named %s", k.line, k.Endpoint))
		}
		for place, names := range matching {
			if len(names) == total[place] && strings.Contains(k.Endpoint, "*") {
				names = []string{access.EveryEndpoint}
			}
			for _, name := range names {
				callers = append(callers, inventory.Caller{
					Endpoint: name, Place: place, Principal: k.Name, Source: inventory.CallerGiven,
					Through: "file of known callers, line " + strconv.Itoa(k.line), Owner: k.Owner, Note: k.Note,
				})
			}
		}
	}
	slices.SortFunc(callers, func(a, b inventory.Caller) int {
		return cmp.Or(a.Compare(b.Place), strings.Compare(a.Endpoint, b.Endpoint), strings.Compare(a.Principal, b.Principal),
			strings.Compare(a.Through, b.Through))
	})
	return callers, unmatched
}
