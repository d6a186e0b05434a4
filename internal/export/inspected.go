package export

import (
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inspect"
)

// inspected takes over what was found in the model's files.
func inspected(s source) []Finding {
	var found []Finding
	for _, f := range s.Inspected {
		where := "artifact: " + f.File
		if f.Line > 0 {
			where = fmt.Sprintf("%s:%d", where, f.Line)
		}
		found = append(found, Finding{
			Severity: Severity(f.Severity), ID: f.ID, Where: where, File: f.File, Line: f.Line, Quote: f.Quote,
			Message: f.Message, Do: f.Do,
		})
	}
	return found
}

// reaching are the kinds of findings that need a network.
var reaching = []string{"AWSCall", "DownloadAtStart", "HostCalled", "InstallAtStart", "MetadataService"}

// isolated finds code that needs a network in a container that has none on
// SageMaker: there it fails or falls back, and in the cluster it may not.
func isolated(s source) []Finding {
	if !s.model.NetworkIsolation && !s.Endpoint.Config.NetworkIsolation {
		return nil
	}
	var kinds []string
	for _, f := range s.Inspected {
		if slices.Contains(reaching, f.ID) && !slices.Contains(kinds, f.ID) {
			kinds = append(kinds, f.ID)
		}
	}
	if len(kinds) == 0 {
		return nil
	}
	slices.Sort(kinds)
	return one(SeverityWarning, "NetworkIsolationHides", "model "+s.model.Name+": networkIsolation",
		"the container has no network on SageMaker, and its code reaches for one ("+strings.Join(kinds, ", ")+
			"): what fails there today would go through in the cluster",
		"deny the pods' egress with a NetworkPolicy, so that the code goes on behaving as it does today")
}

// Inspected is what the inspection of a model's files found, in its own form.
type Inspected = []inspect.Finding
