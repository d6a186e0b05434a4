package plan

import (
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
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

	scene *scene
	// work is what the scan concludes about the endpoint.
	work inventory.Workload
	// image is the one to run in the cluster, empty when none is known.
	image string
	// seen is the time that the figures on traffic cover.
	seen window
	// unplaced is set where no node type takes its pods.
	unplaced *placement.Unplaced
}

// rule looks at one aspect of an endpoint, and decides or returns nil.
type rule func(e subject) *verdict

// rules in the order in which they are asked. The first that decides wins.
var rules = []rule{
	dead, unreadable, changing, configDeleted, modelDeleted, unused, bought, gated, imageClosed, hardwareBound,
	betterAsFunction, betterOnItsMachine, unsupported, unplaceable, untold,
}

// decide judges an endpoint.
func decide(e subject) verdict {
	for _, judge := range rules {
		if v := judge(e); v != nil {
			return *v
		}
	}
	v := e.Variants[0]
	reasons := []string{"it serves in real time from one container on " + hardwareWords(v)}
	if onGPU(e.Endpoint) && e.work.Hardware.Needs == inventory.GPUUnused {
		// It comes first, as tables show: of all moves it is the one to try out.
		idle := "its pods get no GPU: measurements show it idle; see that the model starts without one before traffic moves"
		reasons = []string{idle, reasons[0]}
	}
	return verdict{decision: Move, reasons: append(reasons, trafficReasons(e)...)}
}

func hardwareWords(v inventory.Variant) string {
	if v.Instance == nil || v.Instance.Accelerator == nil {
		return fmt.Sprintf("CPU (%s)", v.InstanceType)
	}
	a := v.Instance.Accelerator
	return fmt.Sprintf("GPU (%s has %d × %s)", v.InstanceType, a.Count, a.Model)
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

// bought blocks models whose files belong to a vendor.
func bought(e subject) *verdict {
	for _, m := range e.Models {
		for _, c := range m.Containers {
			if c.Image != nil || c.ModelPackage == "" || e.image != "" {
				continue
			}
			if image := e.scene.packagedImage(e.Place, c.ModelPackage); image != "" {
				v := later("model package "+c.ModelPackage, "the model names a package of your registry, and Landfall reads files from models that name them", "name the package's image "+image+" in the plan, and create the model with the package's image and files")
				v.reasons = append(v.reasons, trafficReasons(e)...)
				return v
			}
			return blocked("model package "+c.ModelPackage, "its image and files belong to whoever sells it", replaceBought)
		}
	}
	return nil
}

// packagedImage is the image of a package of the account's own registry, empty
// for packages that a vendor sells and for those that were not read.
func (s *scene) packagedImage(place inventory.Place, arn string) string {
	for i := range s.inventory.Resources {
		r := &s.inventory.Resources[i]
		if r.Kind != inventory.KindModelPackage || r.Place != place || r.ARN != arn {
			continue
		}
		specification, _ := r.Spec.Fields()["InferenceSpecification"].(map[string]any)
		containers, _ := specification["Containers"].([]any)
		for _, item := range containers {
			container, _ := item.(map[string]any)
			if textAt(container, "ProductId") == "" && textAt(container, "Image") != "" {
				return textAt(container, "Image")
			}
		}
	}
	return ""
}

// gated blocks models whose licence somebody accepted on AWS, which does not
// hold elsewhere.
func gated(e subject) *verdict {
	for _, m := range e.Models {
		for _, c := range m.Containers {
			if c.Artifact != nil && c.Artifact.EULAAccepted {
				return blocked("model files "+c.Artifact.URI, "they are of JumpStart, under a licence that was accepted for SageMaker", replaceGated)
			}
		}
	}
	return nil
}

func imageClosed(e subject) *verdict {
	for _, m := range e.Models {
		for _, c := range m.Containers {
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
				replaceNeuron)
		}
	}
	return nil
}

// unplaceable puts off what no node of the target takes.
func unplaceable(e subject) *verdict {
	if e.unplaced == nil {
		return nil
	}
	v := later("a node for its pods", e.unplaced.Why, e.unplaced.Do)
	v.reasons = append(v.reasons, trafficReasons(e)...)
	return v
}

// need is something that this version has no counterpart for.
type need struct{ what, replacement string }

// unsupported names everything that this version cannot move yet.
func unsupported(e subject) *verdict {
	missing := e.missing()
	if len(missing) == 0 {
		return nil
	}
	slices.SortFunc(missing, func(x, y need) int { return strings.Compare(x.what, y.what) })
	missing = slices.Compact(missing)
	var names []string
	v := &verdict{decision: MoveLater}
	for _, m := range missing {
		names = append(names, m.what)
		v.blockers = append(v.blockers, Blocker{Thing: m.what, Why: "not supported yet by this version", Do: m.replacement})
	}
	v.reasons = append([]string{strings.Join(names, ", ") + ": not supported yet by this version"}, trafficReasons(e)...)
	return v
}

func (e subject) missing() []need {
	var missing []need
	if e.Mode != inventory.ModeRealTime {
		missing = append(missing, need{modeWords[e.Mode], e.modeReplacement()})
	}
	if len(e.Variants) > 1 {
		missing = append(missing, need{fmt.Sprintf("%d production variants", len(e.Variants)), replaceVariants})
	}
	if len(e.Variants) == 0 {
		missing = append(missing, need{"an endpoint without variants", scanAgain})
	}
	for _, v := range e.Variants {
		missing = append(missing, variantNeeds(v)...)
	}
	if e.Mode == inventory.ModeRealTime && len(e.Variants) == 1 && e.image == "" {
		missing = append(missing, need{"a model without a container image", replaceWithoutImage})
	}
	return missing
}

func (e subject) modeReplacement() string {
	direct := slices.ContainsFunc(e.Models, func(m inventory.Model) bool { return m.ExecutionMode == "Direct" })
	if e.Mode == inventory.ModeMultiContainer && direct {
		return replaceDirect
	}
	return modeReplacements[e.Mode]
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

func variantNeeds(v inventory.Variant) []need {
	var needs []need
	if v.Instance == nil && v.InstanceType != "" {
		needs = append(needs, need{"the instance type " + v.InstanceType + ", whose size is not known", replaceInstance})
	}
	if v.ElasticInference != "" {
		needs = append(needs, need{"Elastic Inference (" + v.ElasticInference + ")", replaceElastic})
	}
	return needs
}
