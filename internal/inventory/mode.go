package inventory

import "slices"

// Mode is how an endpoint serves.
type Mode string

// The modes.
const (
	ModeRealTime            Mode = "RealTime"
	ModeServerless          Mode = "Serverless"
	ModeAsync               Mode = "Async"
	ModeMultiModel          Mode = "MultiModel"
	ModeMultiContainer      Mode = "MultiContainer"
	ModeInferenceComponents Mode = "InferenceComponents"
	ModeShadow              Mode = "Shadow"
	// ModeUnknown means that what would tell could not be read.
	ModeUnknown Mode = "Unknown"
)

// CountsRequests says whether CloudWatch counts the requests of each variant.
// Asynchronous endpoints and inference components publish no such figure.
func (m Mode) CountsRequests() bool { return m != ModeAsync && m != ModeInferenceComponents }

// ModeOf derives the mode from what was read of an endpoint. Where several
// apply, the one that is hardest to move wins.
func ModeOf(e Endpoint) Mode {
	switch {
	case e.Unread != "":
		return ModeUnknown
	case e.Async != nil:
		return ModeAsync
	case hostsComponents(e):
		return ModeInferenceComponents
	case anyVariant(e, func(v Variant) bool { return v.Serverless != nil }):
		return ModeServerless
	case anyContainer(e, func(c Container) bool { return c.Mode == "MultiModel" }):
		return ModeMultiModel
	case slices.ContainsFunc(e.Models, func(m Model) bool { return len(m.Containers) > 1 }):
		return ModeMultiContainer
	case len(e.ShadowVariants) > 0:
		return ModeShadow
	case e.Config.Presence != Present || !modelsPresent(e):
		return ModeUnknown
	default:
		return ModeRealTime
	}
}

// hostsComponents also recognises an endpoint whose components could not be
// listed: the variants of its configuration name no model.
func hostsComponents(e Endpoint) bool {
	if len(e.Components) > 0 {
		return true
	}
	return e.Config.Presence == Present && len(e.Variants) > 0 &&
		!anyVariant(e, func(v Variant) bool { return v.ModelName != "" })
}

func anyVariant(e Endpoint, is func(Variant) bool) bool {
	return slices.ContainsFunc(e.Variants, is) || slices.ContainsFunc(e.ShadowVariants, is)
}

func anyContainer(e Endpoint, is func(Container) bool) bool {
	return slices.ContainsFunc(e.Models, func(m Model) bool { return slices.ContainsFunc(m.Containers, is) })
}

func modelsPresent(e Endpoint) bool {
	return !slices.ContainsFunc(e.Models, func(m Model) bool { return m.Presence != Present })
}
