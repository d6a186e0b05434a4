package verify

import (
	"fmt"
	"strings"
)

// SettingsFigures tell what a container does without variables that findings
// say it reads without a default.
type SettingsFigures struct {
	// Names of the variables that were taken away.
	Names []string `json:"names"`
	// Outcome is nil where the container could not be started.
	Outcome *MissingFigures `json:"outcome,omitempty"`
	// NamesThem says that the container's last words name one of them.
	NamesThem bool `json:"namesThem,omitempty"`
	// Answers are those of a container that was ready without them; nil where
	// no requests were sent.
	Answers *AnswerFigures `json:"answers,omitempty"`
}

func judgeMissing(r Run) (Step, bool) {
	m := r.Figures.Missing
	if m == nil {
		return Step{}, false
	}
	seconds := number(m.Seconds)
	switch m.Outcome {
	case Exits:
		step := Step{Verdict: Passed, Detail: fmt.Sprintf("without its model's files the container ends after %s s with exit code %d", seconds, m.ExitCode)}
		switch {
		case m.ExitCode == 0:
			step.Verdict, step.Do = Warned, "let it end with another code than 0 when it cannot serve"
		case !m.TellsWhy:
			step.Verdict, step.Do = Warned, "let it write the reason to its standard error, where kubectl describe pod shows it"
		}
		return step, true
	case ClaimsHealth:
		return Step{
			Verdict: Warned, Detail: fmt.Sprintf("reports healthy without its model: GET /ping is answered after %s s though the model's files are missing", seconds),
			Do: "let GET /ping fail until the model is loaded: such a pod gets traffic",
		}, true
	default:
		return Step{
			Verdict: Warned, Detail: fmt.Sprintf("without its model's files the container neither ends nor answers for %s s", seconds),
			Do: "let it end with the reason: Kubernetes gives up on it only after startupTimeoutSeconds",
		}, true
	}
}

func judgeSettings(r Run) (Step, bool) {
	s := r.Figures.Settings
	if s == nil || s.Outcome == nil {
		return Step{}, false
	}
	names, m := strings.Join(s.Names, ", "), s.Outcome
	switch {
	case m.Outcome == Exits && m.ExitCode != 0 && s.NamesThem:
		return Step{Verdict: Passed, Detail: fmt.Sprintf("without %s the container ends after %s s with exit code %d, and says which is missing", names, number(m.Seconds), m.ExitCode)}, true
	case m.Outcome == Exits:
		return Step{
			Verdict: Warned, Detail: fmt.Sprintf("without %s the container ends after %s s with exit code %d, and does not say why", names, number(m.Seconds), m.ExitCode),
			Do: "keep them in spec.container.env of the Model; let it name what is missing",
		}, true
	case m.Outcome == Hangs:
		return Step{
			Verdict: Warned, Detail: fmt.Sprintf("without %s the container neither ends nor answers for %s s", names, number(m.Seconds)),
			Do: "keep them in spec.container.env of the Model; let it end with the reason",
		}, true
	case s.Answers == nil:
		return Step{
			Verdict: Warned, Detail: fmt.Sprintf("without %s the container is ready all the same; whether it answers was not tried, as no requests were given", names),
			Do: "give --requests, to see whether requests need them",
		}, true
	case s.Answers.Failed > 0 || s.Answers.Different > 0:
		return Step{
			Verdict: Warned, Detail: fmt.Sprintf("reports healthy without %s, and then %d of %d requests failed and %d answers differed", names, s.Answers.Failed, s.Answers.Sent, s.Answers.Different),
			Do: "keep them in spec.container.env of the Model; let GET /ping fail without them",
		}, true
	default:
		return Step{Verdict: Passed, Detail: fmt.Sprintf("it does not need %s: without, it is ready and answers %s the same", names, count(s.Answers.Sent, "request"))}, true
	}
}

// judgeNetwork reads what the whole run proves: nothing in it had a name server.
func judgeNetwork(r Run) (Step, bool) {
	if r.Figures.Ready == nil {
		return r.judgeUnreached()
	}
	const without = "without a name server it was ready"
	limit := ""
	if f := r.Figures.Isolation; f == nil || f.Enforcement != Enforced {
		limit = "; addresses without names may have been reached, as the network's policy was not seen to hold"
	}
	a, named := r.Figures.Answers, r.outside()
	switch {
	case named == "" && a != nil && a.Failed > 0:
		return Step{
			Verdict: Warned, Detail: fmt.Sprintf("%s, and then %d of %d requests failed; no finding names a service outside it, and what they lack is not known%s", without, a.Failed, a.Sent, limit),
			Do: "see Answers first",
		}, true
	case named == "":
		return Step{Verdict: Passed, Detail: without + ", and no finding names a service outside it" + limit}, true
	case a == nil || a.Sent == 0:
		return Step{
			Verdict: Warned, Detail: without + "; whether requests need " + named + " was not tried, as no requests were given" + limit, Do: howToTry,
		}, true
	case a.Failed > 0 || a.Different > 0:
		return Step{
			Verdict: Warned, Detail: fmt.Sprintf("%s, and then %d of %d requests failed and %d answers differed; findings name %s%s", without, a.Failed, a.Sent, a.Different, named, limit),
			Do: "see whether they failed for want of it; let the pods reach it, or let the model bear its absence",
		}, true
	default:
		return Step{Verdict: Passed, Detail: fmt.Sprintf("bears the absence of %s: %s and answered %s%s", named, without, count(a.Sent, "request"), limit)}, true
	}
}

const howToTry = "give --requests that take the way to it"

// judgeUnreached is of a container that never answered.
func (r Run) judgeUnreached() (Step, bool) {
	if r.Cause.Kind != CauseNameResolution && r.Cause.Kind != CauseCredentials {
		return Step{}, false
	}
	step := Step{Verdict: Failed, Detail: "does not start without what is outside it; its log: " + r.Cause.Line, Do: r.Cause.Do()}
	if named := r.outside(); named != "" {
		step.Detail += "; findings name " + named
	}
	return step, true
}

// outside names findings, at most a few.
func (r Run) outside() string {
	const most = 3
	var words []string
	for _, e := range r.Outside[:min(len(r.Outside), most)] {
		words = append(words, fmt.Sprintf("%s (%s)", e.Message, e.Where))
	}
	if more := len(r.Outside) - most; more > 0 {
		words = append(words, fmt.Sprintf("%d more", more))
	}
	return strings.Join(words, ", ")
}
