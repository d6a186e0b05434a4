package reference

import (
	"encoding/json"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// embedded fields hold JSON as text.
var embedded = map[string]bool{"PipelineDefinition": true, "Content": true}

// embedded looks through JSON that stands in a text. What is not JSON refers
// to nothing.
func (w *walker) embedded(text string) {
	var fields map[string]any
	if json.Unmarshal([]byte(text), &fields) != nil {
		return
	}
	before := w.parameters
	w.parameters = Parameters(fields)
	w.object(fields)
	w.parameters = before
}

// Parameters returns the defaults of a pipeline definition's parameters that
// are texts.
func Parameters(definition map[string]any) map[string]string {
	defaults := map[string]string{}
	list, _ := definition["Parameters"].([]any)
	for _, element := range list {
		parameter, _ := element.(map[string]any)
		name, named := parameter["Name"].(string)
		if text, ok := parameter["DefaultValue"].(string); named && ok {
			defaults[name] = text
		}
	}
	return defaults
}

// resolve reads {"Get": "Parameters.X"} and {"Std:Join": …} with the defaults
// of the parameters. A join ends before the first part that is known only when
// the pipeline runs: the beginning of a path still says where it leads.
func (w *walker) resolve(fields map[string]any) (string, bool) {
	if len(fields) != 1 || w.parameters == nil {
		return "", false
	}
	if get, ok := fields["Get"].(string); ok {
		name, isParameter := strings.CutPrefix(get, "Parameters.")
		text, known := w.parameters[name]
		return text, isParameter && known
	}
	join, ok := fields["Std:Join"].(map[string]any)
	if !ok {
		return "", false
	}
	separator, _ := join["On"].(string)
	values, _ := join["Values"].([]any)
	var parts []string
	for _, value := range values {
		text, known := value.(string)
		if inner, nested := value.(map[string]any); nested {
			text, known = w.resolve(inner)
		}
		if !known {
			break
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, separator), len(parts) > 0
}

// definitionKinds are the kinds of monitoring job definitions, by the
// MonitoringType that stands beside their name.
var definitionKinds = map[string]inventory.ResourceKind{
	"DataQuality": inventory.KindDataQualityJobDefinition, "ModelQuality": inventory.KindModelQualityJobDefinition,
	"ModelBias": inventory.KindModelBiasJobDefinition, "ModelExplainability": inventory.KindModelExplainabilityDefinition,
}

// monitoringDefinition reads the name of a schedule's job definition.
func (w *walker) monitoringDefinition(field string, fields map[string]any) bool {
	if field != "MonitoringJobDefinitionName" {
		return false
	}
	text, _ := fields[field].(string)
	monitoringType, _ := fields["MonitoringType"].(string)
	kind, known := definitionKinds[monitoringType]
	if known && text != "" {
		w.path = append(w.path, field)
		w.add(Reference{Kind: kind, Name: text, Place: w.place})
		w.path = w.path[:len(w.path)-1]
	}
	return true
}
