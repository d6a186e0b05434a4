package export

import (
	"cmp"
	"fmt"
	"slices"

	"landfall.dev/landfall/internal/inventory"
)

// several says that the endpoint serves more than one model or container, for
// which there is no Model: it has findings alone.
func (in Input) several() bool {
	return in.Endpoint.Mode == inventory.ModeMultiModel || in.Endpoint.Mode == inventory.ModeMultiContainer
}

// severalChecks are those that hold for each container of several. The files
// of such endpoints are not read.
var severalChecks = []check{
	multiModel, severalContainers, containerClosed, additionalArtifacts, environment, secrets, artifactGated, createdAgain,
	role, network, scaling, capture, encryption, timeouts, unplaced, rollbackAlarms,
}

// severalFindings are those of all containers of all models.
func (in Input) severalFindings() []Finding {
	var all []Finding
	for _, model := range in.Endpoint.Models {
		for i, container := range model.Containers {
			s := source{Input: in, model: model, container: container, position: i}
			for _, variant := range in.Endpoint.Variants {
				if variant.ModelName == model.Name {
					s.variant = variant
				}
			}
			all = append(all, s.made(severalChecks)...)
		}
	}
	// What is said of the endpoint is said for each of its containers.
	return slices.Compact(sorted(all))
}

// multiModel names a container that serves whatever lies below a prefix.
func multiModel(s source) []Finding {
	if s.container.Mode != "MultiModel" {
		return nil
	}
	return one(SeverityError, "MultiModel", s.at("mode"),
		fmt.Sprintf("the container of %s serves every model below %s; the caller's TargetModel says which; "+
			"a Model serves one, and the files were not looked through", s.imageName(), s.artifactURI()),
		"make an endpoint of each model that is called, and export those; or serve them from Triton with explicit model control "+
			"or from ModelMesh, where the caller's TargetModel names the model too")
}

// severalContainers names a container that is not alone.
func severalContainers(s source) []Finding {
	count := len(s.model.Containers)
	if count < 2 {
		return nil
	}
	how, do := "requests pass through all of them in turn",
		"make one image that runs the steps one after the other, or a KServe InferenceGraph of them"
	if s.model.ExecutionMode == "Direct" {
		how, do = "the caller's TargetContainerHostname says which is asked",
			"make an endpoint of each container, and export those; callers then name the endpoint"
	}
	name := cmp.Or(s.container.Hostname, fmt.Sprintf("container-%d", s.position+1)) // as SageMaker names those without one
	return one(SeverityError, "SeveralContainers", fmt.Sprintf("model %s: containers[%d]", s.model.Name, s.position),
		fmt.Sprintf("%s is container %d of %d, of the image %s with the files %s; %s; a Model has one, and the files were not looked through",
			name, s.position+1, count, s.imageName(), s.artifactURI(), how), do)
}

// containerClosed finds images that stay with SageMaker: the plan names no
// other for a container among several.
func containerClosed(s source) []Finding {
	image := s.container.Image
	if image == nil || image.BuiltIn == nil || image.BuiltIn.Access == inventory.AccessOpen {
		return nil
	}
	return one(SeverityError, "ClosedImage", s.at("image"), image.Reference+" does not run outside SageMaker", image.BuiltIn.Replacement)
}

func (s source) imageName() string {
	if s.container.Image == nil {
		return "no known image"
	}
	return s.container.Image.Reference
}

func (s source) artifactURI() string {
	if s.container.Artifact == nil {
		return "in the image"
	}
	return s.container.Artifact.URI
}
