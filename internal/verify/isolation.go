package verify

import (
	"fmt"
	"slices"
	"strings"
)

// Place is somewhere that a pod tries to connect to.
type Place string

// The places.
const (
	// PlaceAPIServer is the address of the Kubernetes API, as pods have it.
	PlaceAPIServer Place = "the API server"
	// PlaceNameServer is the pod's name server.
	PlaceNameServer Place = "the name server"
	// PlaceMetadata is where hosts of AWS hand out their role's credentials.
	PlaceMetadata Place = "169.254.169.254"
	// PlaceModel is the model's port, which the probes alone may reach.
	PlaceModel Place = "the model's port"
)

// Places are all of them.
var Places = []Place{PlaceAPIServer, PlaceNameServer, PlaceMetadata, PlaceModel}

// Reach is which places a pod reached.
type Reach struct {
	// Tried and Reached are in the order of Places.
	Tried   []Place `json:"tried"`
	Reached []Place `json:"reached,omitempty"`
	// Seconds since the first try.
	Seconds float64 `json:"seconds"`
}

// Enforcement says whether the cluster's network does what NetworkPolicies ask.
type Enforcement string

// The answers.
const (
	Enforced       Enforcement = "Enforced"
	PartlyEnforced Enforcement = "Partly"
	NotEnforced    Enforcement = "NotEnforced"
	// Unknown means that nothing could be reached that a policy could close.
	Unknown Enforcement = "Unknown"
)

// IsolationFigures tell how far the network kept the model from others. They
// were taken by a pod under the policy that holds for the model's.
type IsolationFigures struct {
	Enforcement Enforcement `json:"enforcement"`
	// Before are the places that the pod reached without the policy, After
	// those that it still reached with it, AfterSeconds how long it was tried.
	Before       []Place `json:"before,omitempty"`
	After        []Place `json:"after,omitempty"`
	AfterSeconds float64 `json:"afterSeconds"`
}

// Isolate concludes from what a pod reached before the policy held for it and
// after. ModelAnswers says that the probes, which may, did reach the model: then
// its port counts as tried even where it was never reached.
func Isolate(before, after Reach, modelAnswers bool) *IsolationFigures {
	f := &IsolationFigures{Before: before.Reached, After: after.Reached, AfterSeconds: after.Seconds - before.Seconds}
	var open, closable int
	for _, place := range after.Tried {
		stays := slices.Contains(after.Reached, place)
		if stays || slices.Contains(before.Reached, place) || place == PlaceModel && modelAnswers {
			closable++
		}
		if stays {
			open++
		}
	}
	switch {
	case closable == 0:
		f.Enforcement = Unknown
	case open == 0:
		f.Enforcement = Enforced
	case open == closable:
		f.Enforcement = NotEnforced
	default:
		f.Enforcement = PartlyEnforced
	}
	return f
}

const environmentOnly = "AWS was taken away from the container's environment only (no AWS_ variables, no token, no name server)"

func judgeIsolation(r Run) (Step, bool) {
	f := r.Figures.Isolation
	if f == nil {
		return Step{}, false
	}
	metadata := "; 169.254.169.254 (credentials of AWS hosts) could not be reached"
	if slices.Contains(f.After, PlaceMetadata) {
		metadata = "; 169.254.169.254 (credentials of AWS hosts) COULD be reached"
	}
	do := "look at what findings say of calls to AWS; for a full proof repeat it where the network enforces NetworkPolicies"
	switch f.Enforcement {
	case Enforced:
		return Step{Verdict: Passed, Detail: "enforced by the cluster's network: with the policy, a pod beside the model reached nothing" + was(f.Before)}, true
	case NotEnforced:
		return Step{Verdict: Warned, Do: do, Detail: fmt.Sprintf("not enforced by this cluster's network: %s after the policy a pod still reached %s; %s%s",
			seconds(f.AfterSeconds), list(f.After), environmentOnly, metadata)}, true
	case PartlyEnforced:
		return Step{Verdict: Warned, Do: do, Detail: fmt.Sprintf("partly enforced by this cluster's network: %s after the policy a pod still reached %s%s; to there, %s%s",
			seconds(f.AfterSeconds), list(f.After), but(f.Before, f.After), environmentOnly, metadata)}, true
	case Unknown:
		return Step{Verdict: Warned, Do: do, Detail: "not known: a pod without the policy reached nothing either, so that nothing could be seen to close; " + environmentOnly + " for certain"}, true
	}
	return Step{}, false
}

// was names what was reached before.
func was(before []Place) string {
	if len(before) == 0 {
		return ""
	}
	return ", before it " + list(before)
}

// but names what the policy closed.
func but(before, after []Place) string {
	closed := slices.DeleteFunc(slices.Clone(before), func(p Place) bool { return slices.Contains(after, p) })
	if len(closed) == 0 {
		return ""
	}
	return " and no longer " + list(closed)
}

func seconds(s float64) string { return number(s) + " s" }

func list(places []Place) string {
	words := make([]string, len(places))
	for i, place := range places {
		words[i] = string(place)
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
