package verify

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Run is what a run of landfall verify found, before anything is concluded.
type Run struct {
	Figures Figures
	// Skipped says why a step has no figures.
	Skipped map[StepName]Reason
	// Broken says why a step could not come to its end, which fails it.
	Broken map[StepName]Reason
	// Left are steps that do not concern the workload: the report has none.
	Left   map[StepName]bool
	Limits RampLimits
	// Outside are findings of services outside the pod that the model calls.
	Outside []Evidence
	// Cause is why the container never came to answer; empty when it did, or
	// when its log does not tell.
	Cause Cause
}

// Evidence is a finding of the export that a step rests on.
type Evidence struct{ ID, Where, Message string }

// Reason is why, and what would help.
type Reason struct{ Why, Do string }

// Thresholds of the verdicts.
const (
	// tightPercent of the memory limit is too near to it.
	tightPercent = 90
	// leastAnsweredPercent of a fixed rate must be answered.
	leastAnsweredPercent = 95
	// leastForRate is from how many requests on the rate is judged.
	leastForRate = 50
	// killedExitCode is SIGKILL's, 128 + 9.
	killedExitCode = 137
	// terminatedExitCode is SIGTERM's, 128 + 15: the usual end of a server that
	// leaves the signal to the system.
	terminatedExitCode = 143
)

// Judge gives a verdict on each step, in their order.
func Judge(r Run) []Step {
	var steps []Step
	for _, name := range StepNames {
		if r.Left[name] {
			continue
		}
		step := r.judge(name)
		step.Name = name
		steps = append(steps, step)
	}
	return steps
}

var judges = map[StepName]func(Run) (Step, bool){
	StepReady: judgeReady, StepHardening: judgeHardening, StepIsolation: judgeIsolation, StepMemory: judgeMemory, StepGPUMemory: judgeGPU,
	StepAnswers: judgeAnswers, StepConcurrency: judgeRamp, StepTwicePeak: judgePeak, StepThrottling: judgeThrottling,
	StepMissingModel: judgeMissing, StepMissingSettings: judgeSettings, StepMissingNetwork: judgeNetwork, StepStop: judgeStop,
}

func (r Run) judge(name StepName) Step {
	if reason, broken := r.Broken[name]; broken {
		return Step{Verdict: Failed, Detail: reason.Why, Do: reason.Do}
	}
	if step, judged := judges[name](r); judged {
		return step
	}
	reason, told := r.Skipped[name]
	if !told {
		reason = Reason{Why: "the run ended before it"}
		if _, never := r.Broken[StepReady]; never {
			reason.Why = "the model was never ready"
		}
	}
	return Step{Verdict: Skipped, Detail: reason.Why, Do: reason.Do}
}

func judgeReady(r Run) (Step, bool) {
	f := r.Figures.Ready
	if f == nil {
		return Step{}, false
	}
	var parts []string
	if f.ImagePullSeconds != nil {
		parts = append(parts, fmt.Sprintf("image %s s", number(*f.ImagePullSeconds)))
	}
	if f.FetchSeconds != nil {
		parts = append(parts, fmt.Sprintf("model's files %s s", number(*f.FetchSeconds)))
	}
	parts = append(parts, fmt.Sprintf("loading %s s", number(f.LoadSeconds)))
	step := Step{Verdict: Passed, Detail: fmt.Sprintf("answered GET /ping after %s s (%s)", number(f.Seconds), strings.Join(parts, ", "))}
	if needs := r.Figures.Hardening.Suggested(); len(needs) > 0 {
		step.Detail = "with needs " + WriteNeeds(needs) + ": " + step.Detail
	}
	return step, true
}

func judgeMemory(r Run) (Step, bool) {
	m := r.Figures.Memory
	if m == nil || m.WarmMiB == 0 {
		return Step{}, false
	}
	step := Step{Verdict: Passed, Detail: fmt.Sprintf("%d MiB once warm, at most %d MiB (%s)", m.WarmMiB, m.HighestMiB, count(m.Samples, "sample"))}
	if m.LimitMiB == 0 {
		step.Detail += ", without a limit"
		return step, true
	}
	step.Detail += fmt.Sprintf(", limit %d MiB", m.LimitMiB)
	if float64(m.HighestMiB) > float64(m.LimitMiB)*tightPercent/percent {
		step.Verdict = Warned
		step.Do = fmt.Sprintf("raise the memory limit: more than %d %% of it is used", tightPercent)
	}
	return step, true
}

func judgeAnswers(r Run) (Step, bool) {
	a := r.Figures.Answers
	if a == nil {
		return Step{}, false
	}
	compared := a.Equal + a.Different + a.Opaque
	if compared == 0 && a.Failed == 0 {
		return Step{}, false
	}
	step := Step{Verdict: Passed, Detail: fmt.Sprintf("%d of %d equal, %d different, %d opaque", a.Equal, compared, a.Different, a.Opaque)}
	if compared == 0 {
		step.Detail = "none could be compared"
	}
	if a.Uncompared > 0 {
		step.Detail += fmt.Sprintf(", %d without a captured answer", a.Uncompared)
	}
	switch {
	case a.Failed > 0:
		step.Verdict = Failed
		step.Detail += fmt.Sprintf(", %d failed (%s)", a.Failed, tally(a.Failures))
		step.Do = "look at the log of the model's container: repeat with --keep, then kubectl logs"
	case a.Different > 0:
		step.Verdict = Failed
		step.Detail += "; " + places(a.Differences)
		step.Do = "find out why: another library version, a file that is missing, or answers that vary by themselves"
	case a.Equal == 0:
		step.Verdict = Warned
		step.Do = "answers of this type cannot be compared; check some by hand"
	case a.Opaque > 0:
		step.Verdict = Warned
		step.Do = "opaque answers cannot be compared; check some by hand"
	}
	return step, true
}

// places names where answers differ.
func places(differences []Difference) string {
	var words []string
	for _, d := range differences[:min(len(differences), 3)] {
		place := d.Path
		if place == "" {
			place = "the whole answer"
		}
		words = append(words, fmt.Sprintf("%s (%s, %d times)", place, d.Kind, d.Count))
	}
	return "they differ at " + strings.Join(words, ", ")
}

// tally writes counts by name, the most frequent first.
func tally[N int | int64](counts map[string]N) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return int(counts[b] - counts[a])
		}
		return strings.Compare(a, b)
	})
	var words []string
	for _, name := range names {
		words = append(words, fmt.Sprintf("%s: %d", name, counts[name]))
	}
	return strings.Join(words, ", ")
}

func judgeRamp(r Run) (Step, bool) {
	ramp := r.Figures.Ramp
	if ramp == nil {
		return Step{}, false
	}
	if ramp.SafeConcurrency == 0 {
		step := Step{Verdict: Failed, Detail: "not even one request at a time is safe: " + ramp.Why, Do: "look at the log of the model's container: repeat with --keep, then kubectl logs"}
		if len(ramp.Steps) > 0 && len(ramp.Steps[0].Failures) > 0 {
			step.Detail += " (" + tally(ramp.Steps[0].Failures) + ")"
		}
		return step, true
	}
	are := "are"
	if ramp.SafeConcurrency == 1 {
		are = "is"
	}
	return Step{Verdict: Passed, Detail: fmt.Sprintf("%s at a time %s safe, %s answers/s; %s",
		count(ramp.SafeConcurrency, "request"), are, number(ramp.SafeRequestsPerSecond), ramp.Why)}, true
}

func judgePeak(r Run) (Step, bool) {
	p := r.Figures.Peak
	if p == nil {
		return Step{}, false
	}
	l := p.Load
	step := Step{Verdict: Passed, Detail: fmt.Sprintf("%s requests/s for %s s: %d of %d failed",
		number(l.OfferedPerSecond), number(l.Seconds), l.Errors, l.Requests)}
	if l.Requests > l.Errors {
		step.Detail += ", " + l.slowest()
	}
	if p.CPUMillis > 0 {
		step.Detail += fmt.Sprintf(", CPU %dm", p.CPUMillis)
	}
	if p.MemoryMiB > 0 {
		step.Detail += fmt.Sprintf(", memory %d MiB, at most %d MiB", p.MemoryMiB, p.HighestMemoryMiB)
	}
	switch {
	case p.Ended != "":
		step.Verdict, step.Do = Failed, "raise the memory limit, or plan more pods"
		step.Detail += "; the container ended under the load: " + p.Ended
	case r.failsAlone():
		step.Verdict, step.Do = Failed, failingAlone
		step.Detail += "; " + tally(l.Failures)
	case l.Requests == 0 || l.ErrorPercent() > r.Limits.MostErrorPercent:
		step.Verdict, step.Do = Failed, "plan larger pods, or more of them"
		step.Detail += "; " + tally(l.Failures)
	case l.Requests >= leastForRate && l.AnsweredPerSecond < l.OfferedPerSecond*leastAnsweredPercent/percent:
		step.Verdict, step.Do = Failed, "plan larger pods, or more of them"
		step.Detail += fmt.Sprintf("; only %s answers/s came", number(l.AnsweredPerSecond))
	default:
		r.warnOfLatency(&step, l)
	}
	return step, true
}

const failingAlone = "requests fail without any load too, so that this tells nothing: mend first what Answers found"

// failsAlone says that every request failed before any load, which is not for
// want of size.
func (r Run) failsAlone() bool {
	a := r.Figures.Answers
	return a != nil && a.Sent > 0 && a.Failed == a.Sent
}

// warnOfLatency compares with one request at a time.
func (r Run) warnOfLatency(step *Step, l Load) {
	if r.Figures.Ramp == nil || len(r.Figures.Ramp.Steps) == 0 {
		return
	}
	if bound := r.Limits.LatencyBound(r.Figures.Ramp.Steps[0]); l.P99Milliseconds > bound {
		step.Verdict = Warned
		step.Detail += fmt.Sprintf(", and %s ms is the bound", number(bound))
		step.Do = "plan larger pods, or more of them, if callers mind"
	}
}

func judgeStop(r Run) (Step, bool) {
	s := r.Figures.Stop
	if s == nil {
		return Step{}, false
	}
	step := Step{Verdict: Passed, Detail: fmt.Sprintf("ended %s s after SIGTERM with exit code %d", number(s.Seconds), s.ExitCode)}
	if s.ExitCode == killedExitCode {
		step.Detail = fmt.Sprintf("was killed: it did not end within %d s of SIGTERM", s.GraceSeconds)
	}
	q := s.Requests
	if q == nil {
		step.Detail += "; no requests were in flight, as none were given"
	} else {
		step.Detail += fmt.Sprintf("; before it %d requests were answered and %d failed; of %d in flight %d were answered",
			q.Answered, q.Failed, q.InFlight, q.InFlightAnswered)
	}
	switch {
	case s.ExitCode == killedExitCode:
		step.Verdict = Failed
		step.Do = "let the server end on SIGTERM; a shell as process 1 must exec it, or pass the signal on"
	case q != nil && q.Failed > 0 && r.failsAlone():
		step.Verdict, step.Do = Warned, failingAlone
	case q != nil && q.Failed > 0:
		step.Verdict = Warned
		step.Do = "routers may send a pod requests for a second after its deletion; let it answer until SIGTERM"
	case q != nil && q.InFlightAnswered < q.InFlight:
		step.Verdict = Warned
		step.Do = "let the server finish on SIGTERM what it has begun"
	case s.ExitCode != 0 && s.ExitCode != terminatedExitCode:
		step.Verdict = Warned
		step.Do = "let it end with exit code 0 on SIGTERM: others look like crashes"
	}
	return step, true
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// number writes a figure with three significant digits, large ones whole.
func number(value float64) string {
	if math.Abs(value) >= 100 {
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.3g", value)
}
