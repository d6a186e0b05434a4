package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Phase is what one probe does.
type Phase string

// The phases.
const (
	// PhaseAnswers sends each captured request once and compares.
	PhaseAnswers Phase = "answers"
	// PhaseRamp raises the number of requests at a time.
	PhaseRamp Phase = "ramp"
	// PhasePeak sends at a fixed rate, that of the peak.
	PhasePeak Phase = "peak"
	// PhaseTwicePeak does the same at twice the rate.
	PhaseTwicePeak Phase = "twice-peak"
	// PhaseStop sends while the model's pod goes away.
	PhaseStop Phase = "stop"
	// PhaseIsolation tries to reach what a policy closes.
	PhaseIsolation Phase = "isolation"
	// PhaseSettings is PhaseAnswers of a model without some of its variables.
	PhaseSettings Phase = "settings"
)

// Phases are all phases.
var Phases = []Phase{PhaseAnswers, PhaseRamp, PhasePeak, PhaseTwicePeak, PhaseStop, PhaseIsolation, PhaseSettings}

// Observation is one line that the probe writes: exactly one of its parts is
// set, but for Started and Done.
type Observation struct {
	Phase Phase `json:"phase"`
	// Started is the first line: requests are on their way.
	Started bool `json:"started,omitempty"`
	// Done is on the last line.
	Done bool `json:"done,omitempty"`

	Answers *AnswerFigures `json:"answers,omitempty"`
	// Load is a step of the ramp, or the peak.
	Load *Load `json:"load,omitempty"`
	// Stop counts what became of requests while the pod went away.
	Stop *StopCounts `json:"stop,omitempty"`
	// Reach is what the phase isolation reached: once before the policy holds
	// for it, and once more when nothing changed any longer.
	Reach *Reach `json:"reach,omitempty"`
}

// StopCounts are what became of requests while the pod went away.
type StopCounts struct {
	// Answered requests were sent after the deletion and before SIGTERM, when
	// routers may still send some; Failed ones were not answered.
	Answered int64 `json:"answered"`
	Failed   int64 `json:"failed"`
	// InFlight requests had been begun when SIGTERM came; of them,
	// InFlightAnswered were answered.
	InFlight         int64 `json:"inFlight"`
	InFlightAnswered int64 `json:"inFlightAnswered"`
}

// maxLineBytes bounds an observation that is read.
const maxLineBytes = 64 << 10

// ParseObservation reads a line of the probe's log. It is false for lines that
// are none, such as the log of a crash.
func ParseObservation(line []byte) (Observation, bool, error) {
	line = bytes.TrimSpace(line)
	if !bytes.HasPrefix(line, []byte("{")) {
		return Observation{}, false, nil
	}
	if len(line) > maxLineBytes {
		return Observation{}, false, fmt.Errorf("the probe wrote a line of %d bytes; want at most %d", len(line), maxLineBytes)
	}
	var o Observation
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&o); err != nil {
		return Observation{}, false, fmt.Errorf("cannot read a line of the probe; use the same version of Landfall on both sides: %w", err)
	}
	return o, true, nil
}
