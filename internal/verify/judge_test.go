package verify

import (
	"strings"
	"testing"
)

// good is a run in which nothing is wrong.
func good() Run {
	return Run{
		Limits: DefaultRampLimits(), Skipped: map[StepName]Reason{}, Broken: map[StepName]Reason{},
		Figures: Figures{
			Ready:   &ReadyFigures{Seconds: 40, LoadSeconds: 33, FetchSeconds: new(2.0), ImagePullSeconds: new(4.2)},
			Memory:  &MemoryFigures{WarmMiB: 700, HighestMiB: 900, LimitMiB: 2048, Samples: 6},
			Answers: &AnswerFigures{Sent: 100, Equal: 100},
			Ramp: &RampFigures{
				SafeConcurrency: 4, SafeRequestsPerSecond: 80, Turn: TurnThroughput, Why: "8 brought no more",
				Steps: []Load{{Concurrency: 1, Requests: 100, P99Milliseconds: 40}},
			},
			Peak: &PeakFigures{
				Load:      Load{OfferedPerSecond: 30, Seconds: 45, Requests: 1350, AnsweredPerSecond: 30, P99Milliseconds: 60},
				CPUMillis: 1000, MemoryMiB: 800, HighestMemoryMiB: 850,
			},
			Missing: &MissingFigures{Outcome: Exits, Seconds: 2, ExitCode: 1, TellsWhy: true},
			Stop:    &StopFigures{Seconds: 1, GraceSeconds: 30, Requests: &StopCounts{Answered: 50, InFlight: 2, InFlightAnswered: 2}},
		},
	}
}

func TestEverythingPasses(t *testing.T) {
	for i, step := range Judge(good()) {
		if step.Verdict != Passed || step.Name != StepNames[i] || step.Detail == "" || step.Do != "" {
			t.Errorf("step = %+v", step)
		}
	}
}

func TestJudge(t *testing.T) {
	cases := map[string]struct {
		change  func(*Run)
		step    StepName
		verdict Verdict
		detail  string
		do      string
	}{
		"never ready": {
			func(r *Run) { r.Broken[StepReady] = Reason{"the container model ended: exit code 1", "see its log"} },
			StepReady, Failed, "exit code 1", "see its log",
		},
		"the parts of the start": {func(*Run) {}, StepReady, Passed, "after 40 s (image 4.2 s, model's files 2 s, loading 33 s)", ""},
		"no memory measured": {
			func(r *Run) {
				r.Figures.Memory, r.Skipped[StepMemory] = nil, Reason{"neither source is readable", "install metrics-server"}
			},
			StepMemory, Skipped, "neither source is readable", "install metrics-server",
		},
		"memory near its limit": {func(r *Run) { r.Figures.Memory.LimitMiB = 950 }, StepMemory, Warned, "limit 950 MiB", "raise the memory limit"},
		"no limit":              {func(r *Run) { r.Figures.Memory.LimitMiB = 0 }, StepMemory, Passed, "without a limit", ""},
		"different answers": {
			func(r *Run) {
				r.Figures.Answers = &AnswerFigures{
					Sent: 100, Equal: 96, Different: 4, Differences: []Difference{{Path: "predictions[0].label", Kind: "text", Count: 4}},
				}
			},
			StepAnswers, Failed, "96 of 100 equal, 4 different, 0 opaque; they differ at predictions[0].label (text, 4 times)", "find out why",
		},
		"failed requests": {
			func(r *Run) {
				r.Figures.Answers = &AnswerFigures{Sent: 3, Equal: 1, Failed: 2, Failures: map[string]int{"status 500": 2}}
			},
			StepAnswers, Failed, "2 failed (status 500: 2)", "kubectl logs",
		},
		"opaque answers": {func(r *Run) { r.Figures.Answers = &AnswerFigures{Sent: 3, Opaque: 3} }, StepAnswers, Warned, "0 of 3 equal", "by hand"},
		"nothing to compare with": {
			func(r *Run) {
				r.Figures.Answers = &AnswerFigures{Sent: 3, Uncompared: 3}
				r.Skipped[StepAnswers] = Reason{"no answers were captured", "give --requests"}
			},
			StepAnswers, Skipped, "no answers were captured", "give --requests",
		},
		"not even one": {
			func(r *Run) {
				r.Figures.Ramp = &RampFigures{Turn: TurnErrors, Why: "at 1 requests at a time 9 of 9 failed", Steps: []Load{{Failures: map[string]int64{"timeout": 9}}}}
			},
			StepConcurrency, Failed, "9 of 9 failed (timeout: 9)", "kubectl logs",
		},
		"out of memory": {
			func(r *Run) { r.Figures.Peak.Ended = "exit code 137 OOMKilled" }, StepTwicePeak, Failed, "OOMKilled", "raise the memory limit",
		},
		"errors at the peak": {
			func(r *Run) {
				r.Figures.Peak.Load.Errors, r.Figures.Peak.Load.Failures = 2, map[string]int64{"status 503": 2}
			},
			StepTwicePeak, Failed, "2 of 1350 failed", "larger pods",
		},
		"cannot keep up": {
			func(r *Run) { r.Figures.Peak.Load.AnsweredPerSecond = 20 }, StepTwicePeak, Failed, "only 20 answers/s came", "larger pods",
		},
		"too few to tell a rate": {
			func(r *Run) {
				r.Figures.Peak.Load.Requests, r.Figures.Peak.Load.AnsweredPerSecond = 10, 20
			}, StepTwicePeak, Passed, "0 of 10 failed", "",
		},
		"slow at the peak": {
			func(r *Run) { r.Figures.Peak.Load.P99Milliseconds = 90 }, StepTwicePeak, Warned, "80 ms is the bound", "larger pods",
		},
		"claims health": {
			func(r *Run) { r.Figures.Missing = &MissingFigures{Outcome: ClaimsHealth, Seconds: 1} },
			StepMissingModel, Warned, "reports healthy without its model", "let GET /ping fail",
		},
		"hangs": {
			func(r *Run) { r.Figures.Missing = &MissingFigures{Outcome: Hangs, Seconds: 20} }, StepMissingModel, Warned, "neither ends nor answers for 20 s", "end with the reason",
		},
		"ends as if all were well": {func(r *Run) { r.Figures.Missing.ExitCode = 0 }, StepMissingModel, Warned, "exit code 0", "another code than 0"},
		"ends silently":            {func(r *Run) { r.Figures.Missing.TellsWhy = false }, StepMissingModel, Warned, "exit code 1", "standard error"},
		"killed": {
			func(r *Run) { r.Figures.Stop.ExitCode = 137 }, StepStop, Failed, "was killed: it did not end within 30 s", "process 1",
		},
		"cuts off": {func(r *Run) { r.Figures.Stop.Requests.InFlightAnswered = 1 }, StepStop, Warned, "of 2 in flight 1 were answered", "finish on SIGTERM"},
		"fails before SIGTERM": {
			func(r *Run) { r.Figures.Stop.Requests.Failed = 3 }, StepStop, Warned, "3 failed", "until SIGTERM",
		},
		"the system's own end": {func(r *Run) { r.Figures.Stop.ExitCode = 143 }, StepStop, Passed, "exit code 143", ""},
		"crashes on SIGTERM":   {func(r *Run) { r.Figures.Stop.ExitCode = 1 }, StepStop, Warned, "exit code 1", "exit code 0"},
		"stops unloaded":       {func(r *Run) { r.Figures.Stop.Requests = nil }, StepStop, Passed, "no requests were in flight", ""},
		"never came to it":     {func(r *Run) { r.Figures.Stop = nil }, StepStop, Skipped, "the run ended before it", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			run := good()
			c.change(&run)
			report := Report{Steps: Judge(run)}
			step, ok := report.Step(c.step)
			if !ok || step.Verdict != c.verdict || !strings.Contains(step.Detail, c.detail) || !strings.Contains(step.Do, c.do) || c.do == "" && step.Do != "" {
				t.Errorf("step = %+v; want %s with %q and %q", step, c.verdict, c.detail, c.do)
			}
			if report.Failed() != (c.verdict == Failed) {
				t.Errorf("Failed() = %t", report.Failed())
			}
		})
	}
}
