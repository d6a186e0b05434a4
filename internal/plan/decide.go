package plan

import (
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// verdict is a decision with its grounds.
type verdict struct {
	decision Decision
	reasons  []string
	blockers []Blocker
}

// subject is an endpoint to judge.
type subject struct {
	inventory.Endpoint

	// image is the one to run in the cluster, empty when none is known.
	image string
	// seen is the time that the figures on traffic cover.
	seen window
}

// rule looks at one aspect of an endpoint, and decides or returns nil.
type rule func(e subject) *verdict

// rules in the order in which they are asked. The first that decides wins.
var rules = []rule{
	dead, unreadable, changing, configDeleted, modelDeleted, unused, imageClosed, hardwareBound, unsupported, untold,
}

// decide judges an endpoint.
func decide(e subject) verdict {
	for _, judge := range rules {
		if v := judge(e); v != nil {
			return *v
		}
	}
	v := e.Variants[0]
	reasons := []string{fmt.Sprintf("it serves in real time from one container on CPU (%s)", v.InstanceType)}
	return verdict{decision: Move, reasons: append(reasons, trafficReasons(e)...)}
}

func blocked(thing, why, do string) *verdict {
	return &verdict{decision: Blocked, reasons: []string{thing + ": " + why}, blockers: []Blocker{{Thing: thing, Why: why, Do: do}}}
}

func decided(decision Decision, format string, args ...any) *verdict {
	return &verdict{decision: decision, reasons: []string{fmt.Sprintf(format, args...)}}
}

const scanAgain = "grant what the inventory lists under unread, and scan again"

func unreadable(e subject) *verdict {
	if e.Unread != "" {
		return blocked("endpoint "+e.Name, "its description could not be read: "+e.Unread, scanAgain)
	}
	if e.Config.Presence == inventory.NotRead {
		return blocked("endpoint configuration "+e.Config.Name, "it could not be read", scanAgain)
	}
	for _, m := range e.Models {
		if m.Presence == inventory.NotRead {
			return blocked("model "+m.Name, "it could not be read", scanAgain)
		}
	}
	return nil
}

func dead(e subject) *verdict {
	switch e.Status {
	case "Failed":
		return decided(Retire, "it failed and serves nothing: %s", firstOf(e.FailureReason, "SageMaker gives no reason"))
	case "Deleting":
		return decided(Retire, "it is being deleted")
	}
	return nil
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func configDeleted(e subject) *verdict {
	if e.Config.Presence != inventory.Deleted {
		return nil
	}
	v := blocked("endpoint configuration "+e.Config.Name,
		"it was deleted while the endpoint runs on, so that its model and instance type cannot be read",
		"create an endpoint configuration of that name again with the model that the endpoint serves, and scan again")
	v.reasons = append(v.reasons, trafficReasons(e)...)
	return v
}

func modelDeleted(e subject) *verdict {
	for _, m := range e.Models {
		if m.Presence == inventory.Deleted {
			return blocked("model "+m.Name, "it was deleted while the endpoint runs on, so that its image and files cannot be read",
				"create the model again under that name, and scan again")
		}
	}
	return nil
}

func changing(e subject) *verdict {
	if e.Status == "InService" {
		return nil
	}
	return decided(MoveLater, "it is %s; scan again when it is InService", e.Status)
}

func imageClosed(e subject) *verdict {
	for _, m := range e.Models {
		for _, c := range m.Containers {
			if c.Image == nil && c.ModelPackage != "" && e.image == "" {
				return blocked("model package "+c.ModelPackage, "its image and files belong to whoever sells it",
					"ask the vendor for an image to run elsewhere, and name it as the workload's image")
			}
			if c.Image != nil && c.Image.BuiltIn != nil && c.Image.BuiltIn.Access == inventory.AccessClosed && e.image == "" {
				return blocked("image "+c.Image.Reference, "its registry refuses it outside SageMaker",
					c.Image.BuiltIn.Replacement+"; then name the new image with --image-map or in the plan")
			}
		}
	}
	return nil
}

func hardwareBound(e subject) *verdict {
	for _, m := range e.Models {
		for _, c := range m.Containers {
			if c.Image != nil && c.Image.BuiltIn != nil && c.Image.BuiltIn.Access == inventory.AccessHardware && e.image == "" {
				return blocked("image "+c.Image.Reference, "its models are compiled for hardware or a service that only AWS has",
					c.Image.BuiltIn.Replacement+"; then name the new image with --image-map or in the plan")
			}
		}
	}
	for _, v := range e.Variants {
		if v.Instance != nil && v.Instance.Accelerator != nil && v.Instance.Accelerator.Vendor == "AWS" {
			return blocked("instance type "+v.InstanceType, "its "+v.Instance.Accelerator.Model+" chips exist on AWS only",
				"serve the model before compilation on CPU or GPU, or keep the endpoint")
		}
	}
	return nil
}

// unsupported names everything that this version cannot move yet.
func unsupported(e subject) *verdict {
	var missing []string
	if e.Mode != inventory.ModeRealTime {
		missing = append(missing, modeWords[e.Mode])
	}
	if len(e.Variants) > 1 {
		missing = append(missing, fmt.Sprintf("%d production variants", len(e.Variants)))
	}
	if len(e.Variants) == 0 {
		missing = append(missing, "an endpoint without variants")
	}
	for _, v := range e.Variants {
		missing = append(missing, variantNeeds(v)...)
	}
	if e.Mode == inventory.ModeRealTime && len(e.Variants) == 1 && e.image == "" {
		missing = append(missing, "a model without a container image")
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	reason := "not supported yet by this version: " + strings.Join(slices.Compact(missing), ", ")
	return &verdict{decision: MoveLater, reasons: append([]string{reason}, trafficReasons(e)...)}
}

var modeWords = map[inventory.Mode]string{
	inventory.ModeServerless:          "serverless inference",
	inventory.ModeAsync:               "asynchronous inference",
	inventory.ModeMultiModel:          "multi-model endpoints",
	inventory.ModeMultiContainer:      "models of several containers",
	inventory.ModeInferenceComponents: "inference components",
	inventory.ModeShadow:              "shadow variants",
	inventory.ModeUnknown:             "an endpoint whose mode is not known",
}

func variantNeeds(v inventory.Variant) []string {
	var needs []string
	if v.Instance != nil && v.Instance.Accelerator != nil {
		needs = append(needs, fmt.Sprintf("GPUs (%s has %d × %s)",
			v.InstanceType, v.Instance.Accelerator.Count, v.Instance.Accelerator.Model))
	}
	if v.Instance == nil && v.InstanceType != "" {
		needs = append(needs, "the instance type "+v.InstanceType+", whose size is not known")
	}
	if v.ElasticInference != "" {
		needs = append(needs, "Elastic Inference ("+v.ElasticInference+")")
	}
	return needs
}
