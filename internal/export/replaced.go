package export

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// lastChange is when the endpoint last took up what its configuration says;
// zero when that is not known. It runs on with what it read then, whatever
// becomes of the things it was made of.
func (s source) lastChange() time.Time {
	return parseTime(cmp.Or(s.Endpoint.ModifiedAt, s.Endpoint.CreatedAt))
}

// parseTime reads RFC 3339; anything else is zero.
func parseTime(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// after says that something happened after the endpoint's last change.
func (s source) after(at time.Time) bool {
	change := s.lastChange()
	return !at.IsZero() && !change.IsZero() && at.After(change)
}

// artifactReplaced finds files that are perhaps not the ones SageMaker serves.
func artifactReplaced(s source) []Finding {
	if s.Artifact == nil || s.container.Artifact == nil {
		return nil
	}
	const do = "see whether the endpoint was meant to serve these files; comparing the answers of both before traffic moves shows it too"
	registered, read := strings.Trim(s.container.Artifact.ETag, `"`), strings.Trim(s.Artifact.ETag, `"`)
	if registered != "" && read != "" && registered != read {
		return one(SeverityWarning, "ArtifactReplaced", s.at("artifact.etag"),
			fmt.Sprintf("the model's files have the entity tag %s, and had %s when the model was registered: SageMaker may serve others", read, registered), do)
	}
	if s.after(s.Artifact.ModifiedAt) {
		return one(SeverityWarning, "ArtifactReplaced", s.at("artifact.uri"),
			fmt.Sprintf("the model's files were written at %s, after the endpoint's last change at %s: SageMaker may serve those from before",
				s.Artifact.ModifiedAt.UTC().Format(time.RFC3339), s.lastChange().UTC().Format(time.RFC3339)), do)
	}
	return nil
}

// createdAgain finds a configuration or model that has the name of the one
// that the endpoint was made of, but is younger than the endpoint's last change.
func createdAgain(s source) []Finding {
	var found []Finding
	for _, made := range []struct{ what, where, createdAt string }{
		{"endpoint configuration " + s.Endpoint.Config.Name, "endpointConfig: createdAt", s.Endpoint.Config.CreatedAt},
		{"model " + s.model.Name, "model " + s.model.Name + ": createdAt", s.model.CreatedAt},
	} {
		if s.after(parseTime(made.createdAt)) {
			found = append(found, one(SeverityWarning, "CreatedAgain", made.where,
				fmt.Sprintf("the %s was created at %s, after the endpoint's last change at %s: it may not be what runs",
					made.what, made.createdAt, s.lastChange().UTC().Format(time.RFC3339)),
				"compare it with what the endpoint was made of")...)
		}
	}
	return found
}
