package export

import (
	"fmt"
	"slices"

	"landfall.dev/landfall/internal/document"
	"landfall.dev/landfall/internal/render"
)

// APIVersion of the files of a bundle that are not manifests.
const APIVersion = "bundle.landfall.dev/v1alpha1"

// Kinds of those files.
const (
	KindBundle   = "Bundle"
	KindFindings = "Findings"
)

// Places in a bundle.
const (
	ManifestPath    = "bundle.yaml"
	FindingsPath    = "findings.yaml"
	ArtifactPath    = "artifact/model.tar.gz"
	ArtifactFolder  = "artifact/files"
	CodeFolder      = "code"
	ManifestsFolder = "manifests"
	// ValuesPath are values of the chart landfall-model, for what the manifests
	// say too.
	ValuesPath   = "values.yaml"
	ModelPath    = ManifestsFolder + "/model.yaml"
	EndpointPath = ManifestsFolder + "/endpoint.yaml"
)

// File is a file of a bundle.
type File struct {
	// Path is relative to the bundle, with slashes.
	Path string
	Data []byte
}

// FindingsDocument is findings.yaml.
type FindingsDocument struct {
	document.Header `json:",inline"`
	// Endpoint is the endpoint's name on SageMaker.
	Endpoint string    `json:"endpoint"`
	Findings []Finding `json:"findings"`
	// Kinds explains the kinds of findings that are among them, by ID.
	Kinds []ExplainedKind `json:"kinds,omitempty"`
}

// ExplainedKind says what the findings of a kind tell.
type ExplainedKind struct {
	ID    string `json:"id"`
	Means string `json:"means"`
}

// explained are the kinds of findings, each once.
func explained(findings []Finding) []ExplainedKind {
	var found []ExplainedKind
	for _, kind := range Kinds() {
		if slices.ContainsFunc(findings, func(f Finding) bool { return f.ID == kind.ID }) {
			found = append(found, ExplainedKind{ID: kind.ID, Means: kind.Means})
		}
	}
	return found
}

// Files returns the findings, the runtime's description, the recipe of an image
// where one is needed and, when the bundle can be deployed, the manifests and the
// chart's values.
func (b Bundle) Files(endpoint string) ([]File, error) {
	findings := FindingsDocument{
		Header: document.Header{APIVersion: APIVersion, Kind: KindFindings}, Endpoint: endpoint, Findings: b.Findings,
		Kinds: explained(b.Findings),
	}
	values := []struct {
		path  string
		value any
	}{{FindingsPath, findings}}
	if b.Runtime != nil {
		values = append(values, struct {
			path  string
			value any
		}{RuntimePath, b.Runtime})
	}
	files := slices.Clone(b.Recipe)
	if b.Deployable() {
		data, err := render.Values(b.Model, b.Endpoint)
		if err != nil {
			return nil, fmt.Errorf("cannot write %s: %w", ValuesPath, err)
		}
		files = append(files, File{Path: ValuesPath, Data: data})
		values = append(values, []struct {
			path  string
			value any
		}{{ModelPath, b.Model}, {EndpointPath, b.Endpoint}}...)
	}
	for _, v := range values {
		data, err := document.Encode(v.value)
		if err != nil {
			return nil, fmt.Errorf("cannot write %s: %w", v.path, err)
		}
		files = append(files, File{Path: v.path, Data: data})
	}
	return files, nil
}

// Manifest is bundle.yaml: what the bundle holds, and checksums of all of it.
type Manifest struct {
	document.Header `json:",inline"`
	// Endpoint is the endpoint's name on SageMaker.
	Endpoint string `json:"endpoint"`
	// AccountID is that of the endpoint; bundles of earlier versions have none.
	AccountID string `json:"accountID,omitempty"`
	Region    string `json:"region"`
	// Deployable says that no finding is an error. Otherwise the bundle has no
	// manifests.
	Deployable bool `json:"deployable"`
	// Artifact is missing when the container image carries the model.
	Artifact *ManifestArtifact `json:"artifact,omitempty"`
	// Files are all other files of the bundle, sorted by path.
	Files []ManifestFile `json:"files"`
}

// ManifestArtifact tells where the model's files come from and are.
type ManifestArtifact struct {
	// SourceURI is where SageMaker reads them.
	SourceURI string `json:"sourceURI"`
	// SourceETag is the entity tag they had there, for telling whether they
	// changed.
	SourceETag string `json:"sourceETag,omitempty"`
	// URI is where pods fetch them.
	URI       string `json:"uri"`
	Digest    string `json:"digest,omitempty"`
	SizeBytes int64  `json:"sizeBytes"`
	// CopyCheck says how the copy in a store was compared with what was copied,
	// of several files the weakest: Checksum (the store's checksum of the whole
	// is the expected one), PartChecksums (the store verified a checksum of every
	// part that arrived), SourceUnchanged (the store copied by itself, under the
	// condition that the source was still what had been looked up) or Length.
	// Empty means that nothing was copied to a store.
	CopyCheck string `json:"copyCheck,omitempty"`
}

// ManifestFile is a file with its checksum.
type ManifestFile struct {
	Path string `json:"path"`
	// Digest is its SHA-256, as sha256:<hex>.
	Digest    string `json:"digest"`
	SizeBytes int64  `json:"sizeBytes"`
}
