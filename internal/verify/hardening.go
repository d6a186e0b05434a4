package verify

import (
	"fmt"
	"strings"
)

// HardeningFigures tell whether the container runs with the security settings
// that Landfall gives to pods.
type HardeningFigures struct {
	// Declared are the needs that the Model names already.
	Declared []Need `json:"declared,omitempty"`
	// FailedWhy says why the container did not run as hardened; empty when it
	// did.
	FailedWhy string `json:"failedWhy,omitempty"`
	// Evidence is the line of its log that names the need.
	Evidence string `json:"evidence,omitempty"`
	// Tried is the need that a second try added; empty without one.
	Tried Need `json:"tried,omitempty"`
	// TriedWhy says why the second try failed; empty when it ran.
	TriedWhy string `json:"triedWhy,omitempty"`
	// Mend says what would make the need needless.
	Mend string `json:"mend,omitempty"`
}

// Suggested are the needs without which the container did not run, and with
// which it did. The Model has to name them all before it is deployed; nothing
// does that by itself.
func (f *HardeningFigures) Suggested() []Need {
	if f == nil || f.Tried == "" || f.TriedWhy != "" {
		return nil
	}
	return append(append([]Need{}, f.Declared...), f.Tried)
}

// WriteNeeds writes needs as a Model has them: [Root, UnconfinedSeccomp].
func WriteNeeds(needs []Need) string {
	words := make([]string, len(needs))
	for i, need := range needs {
		words[i] = string(need)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

func judgeHardening(r Run) (Step, bool) {
	f := r.Figures.Hardening
	if f == nil {
		return Step{}, false
	}
	evidence := ""
	if f.Evidence != "" {
		evidence = "; its log: " + f.Evidence
	}
	switch {
	case f.FailedWhy == "" && len(f.Declared) == 0:
		return Step{Verdict: Passed, Detail: "runs hardened: as user 10001, root file system read-only, no capabilities, RuntimeDefault seccomp"}, true
	case f.FailedWhy == "":
		return Step{Verdict: Passed, Detail: "runs hardened but for what its Model names: needs " + WriteNeeds(f.Declared)}, true
	case f.Tried == "":
		return Step{}, false
	case f.TriedWhy != "":
		return Step{
			Verdict: Failed, Detail: fmt.Sprintf("fails as hardened (%s%s), and with needs %s too (%s)",
				f.FailedWhy, evidence, WriteNeeds(append(append([]Need{}, f.Declared...), f.Tried)), f.TriedWhy),
			Do: f.Mend,
		}, true
	default:
		needs := WriteNeeds(f.Suggested())
		return Step{
			Verdict: RunsWithNeeds, Detail: fmt.Sprintf("fails as hardened (%s%s); runs with needs: %s", f.FailedWhy, evidence, needs),
			Do: fmt.Sprintf("best, %s; or allow it: set spec.container.needs: %s in manifests/model.yaml", f.Mend, needs),
		}, true
	}
}
