package render

import (
	"encoding/json"
	"fmt"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/document"
)

// chartFolder is where the model chart lies in the tree.
const chartFolder = "charts/landfall-model"

// values are those of the model chart: the names, and the specs as they are.
// People who write them by hand have shorter fields; see the chart's values.yaml.
type values struct {
	Model    specValues       `json:"model"`
	Endpoint specValues       `json:"endpoint"`
	Extra    []map[string]any `json:"extra,omitempty"`
}

type specValues struct {
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Spec        map[string]any    `json:"spec"`
}

func valuesOf(model *v1alpha1.Model, endpoint *v1alpha1.Endpoint, extra []Manifest) (values, error) {
	v := values{
		Model:    specValues{Name: model.Name, Annotations: model.Annotations},
		Endpoint: specValues{Name: endpoint.Name, Annotations: endpoint.Annotations},
	}
	for _, pair := range []struct {
		from any
		into *map[string]any
	}{{model.Spec, &v.Model.Spec}, {endpoint.Spec, &v.Endpoint.Spec}} {
		if err := through(pair.from, pair.into); err != nil {
			return values{}, err
		}
	}
	for _, m := range extra {
		var fields map[string]any
		if err := through(m.Object, &fields); err != nil {
			return values{}, err
		}
		v.Extra = append(v.Extra, fields)
	}
	return v, nil
}

// Values returns the values of the model chart that make it render the same
// Model and Endpoint, as YAML.
func Values(model *v1alpha1.Model, endpoint *v1alpha1.Endpoint) ([]byte, error) {
	made, err := valuesOf(model, endpoint, nil)
	if err != nil {
		return nil, err
	}
	data, err := document.Encode(made)
	if err != nil {
		return nil, fmt.Errorf("cannot write the chart's values: %w", err)
	}
	return data, nil
}

// through converts by way of JSON.
func through(from, into any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("cannot write %T as JSON: %w", from, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("cannot read %T from JSON: %w", into, err)
	}
	return nil
}

// chart copies the model chart into the tree, so that a GitOps tool needs no
// other source.
func (t *tree) chart() error {
	if t.Form != FormHelm {
		return nil
	}
	for path, data := range t.Chart {
		t.add(chartFolder+"/"+path, data)
	}
	return nil
}
