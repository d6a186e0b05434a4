package inventory

// Lineage is what SageMaker's lineage tracking noted at one place: which data,
// images, jobs, models and deployments came from which.
type Lineage struct {
	Place `json:",inline"`
	// Most is how many of each list were read at most, the newest first.
	Most int `json:"most"`
	// Cut names the lists that have more: Artifacts, Actions, Contexts,
	// Associations.
	Cut []string `json:"cut,omitempty"`
	// Entities are sorted by kind and ARN.
	Entities []LineageEntity `json:"entities,omitempty"`
	// Links are sorted by destination and source.
	Links []LineageLink `json:"links,omitempty"`
	// Ignored names the fields that AWS gave and this document leaves out.
	Ignored []string `json:"ignored,omitempty"`
}

// LineageEntity is something that lineage tracking follows. What runs is a
// trial component, and stands among the resources.
type LineageEntity struct {
	Kind LineageKind `json:"kind"`
	Name string      `json:"name,omitempty"`
	ARN  string      `json:"arn"`
	// Type is AWS's word or the user's own, such as DataSet, Model, Endpoint.
	Type string `json:"type,omitempty"`
	// Source is what the entity stands for: the ARN of a resource, the place of
	// a file, an image.
	Source string `json:"source,omitempty"`
	// SourceID and SourceType say what the source is called and what it is.
	SourceID   string `json:"sourceID,omitempty"`
	SourceType string `json:"sourceType,omitempty"`
	// Status is that of an action.
	Status string `json:"status,omitempty"`
	// CreatedAt and ModifiedAt are RFC 3339, UTC.
	CreatedAt  string `json:"createdAt,omitempty"`
	ModifiedAt string `json:"modifiedAt,omitempty"`
}

// LineageKind is AWS's own noun for what lineage tracking follows.
type LineageKind string

// The kinds of entities.
const (
	LineageArtifact LineageKind = "Artifact"
	LineageAction   LineageKind = "Action"
	LineageContext  LineageKind = "Context"
)

// LineageLink says that the destination came from the source. Both are ARNs of entities or trial components.
type LineageLink struct {
	Source      string `json:"source"`
	Destination string `json:"destination"`
	// Relation is AWS's word: ContributedTo, AssociatedWith, DerivedFrom,
	// Produced, SameAs.
	Relation  string `json:"relation,omitempty"`
	CreatedAt string `json:"createdAt,omitempty"`
}
