package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// Input is everything that a bundle is made of.
type Input struct {
	// Workload is the plan for the endpoint.
	Workload plan.Workload
	// Endpoint is what the scan found.
	Endpoint inventory.Endpoint
	// Artifact is the model's files as they were read; nil when the container
	// image carries them.
	Artifact *Artifact
	// Inspected is what was found in the model's files.
	Inspected Inspected
	// Code is the model's code as it is in the bundle.
	Code []CodeFile
	// Access says how the cluster reaches the artifact.
	Access Access
}

// Artifact is a model's files as they were read.
type Artifact struct {
	// URI is where pods fetch the artifact: its place on S3, or a copy.
	URI string
	// Digest is the SHA-256 of a Gzip object; empty for a prefix.
	Digest string
	// SizeBytes is the length of the object, or of all objects of a prefix.
	SizeBytes int64
	// ETag is the store's entity tag of a Gzip object; empty for a prefix.
	ETag string
	// ModifiedAt is when the object, or the newest one of a prefix, was
	// written. Zero means that the store does not tell.
	ModifiedAt time.Time
	// VolumeBytes is the room that the unpacked files take.
	VolumeBytes int64
	// Compression says how the artifact is packed.
	Compression v1alpha1.ArtifactCompression
	// Refused says why the archive cannot be used; empty when it can.
	Refused string
}

// Access says how the cluster reaches the artifact's store.
type Access struct {
	// Region of the bucket. Empty leaves it to the pods' environment.
	Region string
	// EndpointURL of an S3-compatible store. Empty means AWS.
	EndpointURL string
	// CredentialsSecretName names the Secret that opens the store. Empty
	// means the pods' own identity.
	CredentialsSecretName string
}

// Bundle is what a workload becomes.
type Bundle struct {
	Model    *v1alpha1.Model
	Endpoint *v1alpha1.Endpoint
	// Findings are sorted by severity, then by place.
	Findings []Finding
	// Runtime is what the container expects of its surroundings; nil where there
	// is no single container.
	Runtime *RuntimeDocument
	// Recipe are the files of a recipe for the image; none where the cluster can
	// have the image, or nothing is known of the framework.
	Recipe []File
}

// Deployable says that nothing is known that would keep the bundle from
// working.
func (b Bundle) Deployable() bool {
	return !slices.ContainsFunc(b.Findings, func(f Finding) bool { return f.Severity == SeverityError })
}

// source is the one container that is exported, with what is around it.
type source struct {
	Input
	variant   inventory.Variant
	model     inventory.Model
	container inventory.Container
	// position is the container's place in the model, from 0.
	position int
}

// Build makes the bundle of a workload. It fails when the plan does not move
// the workload, or when it is of a shape that this version cannot move. Of
// multi-model endpoints and of models of several containers the bundle has
// findings that say what is missing, and no objects.
func Build(in Input) (Bundle, error) {
	if err := in.agree(); err != nil {
		return Bundle{}, fmt.Errorf("cannot export %s: %w", in.Workload.WorkloadKey, err)
	}
	if in.several() {
		return Bundle{Findings: in.severalFindings()}, nil
	}
	s, err := sourceOf(in)
	if err != nil {
		return Bundle{}, fmt.Errorf("cannot export %s: %w", in.Workload.WorkloadKey, err)
	}
	model, err := s.modelObject()
	if err != nil {
		return Bundle{}, fmt.Errorf("cannot export %s: %w", in.Workload.WorkloadKey, err)
	}
	endpoint, err := s.endpointObject()
	if err != nil {
		return Bundle{}, fmt.Errorf("cannot export %s: %w", in.Workload.WorkloadKey, err)
	}
	built := Bundle{Model: model, Endpoint: endpoint, Findings: s.findings(), Runtime: s.runtime()}
	if r := s.recipe(); r != nil {
		if built.Recipe, err = r.filesOf(); err != nil {
			return Bundle{}, fmt.Errorf("cannot export %s: %w", in.Workload.WorkloadKey, err)
		}
	}
	return built, nil
}

// Served returns the container that an endpoint serves from, or says why the
// endpoint cannot be exported. It is for callers that read its artifact before
// they call Build. Where Build has only findings to give, the container is
// empty.
func Served(w plan.Workload, e inventory.Endpoint) (inventory.Container, error) {
	in := Input{Workload: w, Endpoint: e}
	if err := in.agree(); err != nil {
		return inventory.Container{}, fmt.Errorf("cannot export %s: %w", w.WorkloadKey, err)
	}
	if in.several() {
		return inventory.Container{}, nil
	}
	s, err := sourceOf(in)
	if err != nil {
		return inventory.Container{}, fmt.Errorf("cannot export %s: %w", w.WorkloadKey, err)
	}
	return s.container, nil
}

// agree says whether the plan moves this endpoint.
func (in Input) agree() error {
	w, e := in.Workload, in.Endpoint
	if w.Name != e.Name || w.Place != e.Place {
		return fmt.Errorf("the inventory's endpoint is %q; want the inventory that the plan was made from", e.Name)
	}
	if w.Decision != plan.Move {
		return fmt.Errorf("the plan says %s (%s); set its decision to Move once that no longer holds",
			w.Decision, strings.Join(w.Reasons, "; "))
	}
	return nil
}

// sourceOf finds the container of an endpoint that the plan moves.
func sourceOf(in Input) (source, error) {
	w, e := in.Workload, in.Endpoint
	if e.Mode != inventory.ModeRealTime || len(e.Variants) != 1 {
		return source{}, fmt.Errorf("its mode is %s with %d variants; this version moves RealTime endpoints with one", e.Mode, len(e.Variants))
	}
	if w.ModelName != "" && w.ModelName != e.Variants[0].ModelName {
		return source{}, fmt.Errorf("it serves the model %q by now, and was planned with %q; make the plan again", e.Variants[0].ModelName, w.ModelName)
	}
	model := e.FindModel(e.Variants[0].ModelName)
	if model == nil || len(model.Containers) != 1 {
		return source{}, fmt.Errorf("its model %q has no single container in the inventory", e.Variants[0].ModelName)
	}
	s := source{Input: in, variant: e.Variants[0], model: *model, container: model.Containers[0]}
	switch {
	case w.Image == "" && s.recipe() == nil:
		return source{}, errors.New("the plan names no image for the cluster; set the workload's image")
	case w.Names.Model == "":
		return source{}, errors.New("the plan names no Model; set names.model")
	case w.Resources.Requests.CPU == "" || w.Resources.Requests.Memory == "":
		return source{}, errors.New("the plan gives no resources; set resources.requests.cpu and resources.requests.memory")
	}
	return s, nil
}
