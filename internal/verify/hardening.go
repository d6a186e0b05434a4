package verify

import (
	"fmt"
	"slices"
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
	// Tries are those after the first. Each has the needs of those before it, and
	// one more.
	Tries []HardeningTry `json:"tries,omitempty"`
	// Mend says what would make the needs needless.
	Mend string `json:"mend,omitempty"`
}

// HardeningTry is one more start of the container, with one need more.
type HardeningTry struct {
	// Added is the need that the log of the try before named.
	Added Need `json:"added"`
	// FailedWhy and Evidence are as those of the first; empty when it ran.
	FailedWhy string `json:"failedWhy,omitempty"`
	Evidence  string `json:"evidence,omitempty"`
}

// Fail takes down why the newest try failed, and what would mend it; empty where
// the log does not tell.
func (f *HardeningFigures) Fail(why, evidence, mend string) {
	if last := len(f.Tries) - 1; last >= 0 {
		f.Tries[last].FailedWhy, f.Tries[last].Evidence = why, evidence
	} else {
		f.FailedWhy, f.Evidence = why, evidence
	}
	switch {
	case f.Mend == "":
		f.Mend = mend
	case mend != "" && !strings.Contains(f.Mend, mend):
		f.Mend += ", and " + mend
	}
}

// Try begins another try with one need more.
func (f *HardeningFigures) Try(added Need) { f.Tries = append(f.Tries, HardeningTry{Added: added}) }

// Needs are those that the newest try had.
func (f *HardeningFigures) Needs() []Need { return f.needs(len(f.Tries)) }

// needs are those after so many tries.
func (f *HardeningFigures) needs(tries int) []Need {
	needs := slices.Clone(f.Declared)
	for _, try := range f.Tries[:tries] {
		needs = append(needs, try.Added)
	}
	return needs
}

// Suggested are the needs without which the container did not run, and with
// which it did. The Model has to name them all before it is deployed; nothing
// does that by itself.
func (f *HardeningFigures) Suggested() []Need {
	if f == nil || len(f.Tries) == 0 || f.Tries[len(f.Tries)-1].FailedWhy != "" {
		return nil
	}
	return f.Needs()
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
	switch {
	case f.FailedWhy == "" && len(f.Declared) == 0:
		return Step{Verdict: Passed, Detail: "runs hardened: as user 10001, root file system read-only, no capabilities, RuntimeDefault seccomp"}, true
	case f.FailedWhy == "":
		return Step{Verdict: Passed, Detail: "runs hardened but for what its Model names: needs " + WriteNeeds(f.Declared)}, true
	case len(f.Tries) == 0:
		return Step{}, false
	}
	failures := []string{"fails as hardened (" + because(f.FailedWhy, f.Evidence) + ")"}
	for i, try := range f.Tries {
		if try.FailedWhy != "" {
			failures = append(failures, fmt.Sprintf("with needs %s too (%s)", WriteNeeds(f.needs(i+1)), because(try.FailedWhy, try.Evidence)))
		}
	}
	step := Step{Verdict: Failed, Detail: strings.Join(failures, ", and "), Do: f.Mend}
	if suggested := f.Suggested(); len(suggested) > 0 {
		needs := WriteNeeds(suggested)
		step.Verdict = RunsWithNeeds
		step.Detail += "; runs with needs: " + needs
		step.Do = fmt.Sprintf("best, %s; or allow it: set spec.container.needs: %s in manifests/model.yaml", f.Mend, needs)
	}
	return step, true
}

// because is why, and the line that tells.
func because(why, evidence string) string {
	if evidence == "" {
		return why
	}
	return why + "; its log: " + evidence
}
