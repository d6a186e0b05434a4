package export

import (
	"maps"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inspect"
)

// environment lists the variables that SageMaker's toolkits read, and what the
// values of all say. Masked ones say nothing.
func environment(s source) []Finding {
	var found []Finding
	for _, name := range slices.Sorted(maps.Keys(s.container.Env)) {
		where := s.at("env." + name)
		told := []inspect.Finding{}
		if !slices.Contains(s.container.MaskedEnv, name) {
			told = inspect.Setting(name, s.container.Env[name])
		}
		for _, f := range told {
			found = append(found, Finding{
				Severity: Severity(f.Severity), ID: f.ID, Where: where, Quote: f.Quote, Message: f.Message, Do: f.Do,
			})
		}
		if !strings.HasPrefix(name, "SAGEMAKER_") && !strings.HasPrefix(name, "SM_") {
			continue
		}
		found = append(found, Finding{
			Severity: SeverityInfo, ID: "SageMakerVariable", Where: where,
			Message: name + " belongs to SageMaker's serving toolkits; it is carried over",
			Do:      "keep it while the image uses those toolkits, and drop it with them",
		})
	}
	return found
}
