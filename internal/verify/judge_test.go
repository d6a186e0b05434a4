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
			Hardening: &HardeningFigures{},
			Isolation: &IsolationFigures{Enforcement: Enforced, Before: []Place{PlaceAPIServer, PlaceNameServer}},
			GPU:       &GPUFigures{Samples: 3, Devices: []GPUMemory{{Name: "NVIDIA A10G", TotalMiB: 23028, WarmMiB: 4000, HighestMiB: 5000}}},
			Throttling: &ThrottlingFigures{
				Source: "cpu.stat", LimitMillis: 1500, Start: &Throttled{Periods: 300, ThrottledPeriods: 30, Percent: 10},
				Peak: &Throttled{Periods: 150}, TwicePeak: &Throttled{Periods: 450, ThrottledPeriods: 9, Percent: 2, Seconds: 0.1},
			},
			Settings: &SettingsFigures{Names: []string{"SM_X"}, Outcome: &MissingFigures{Outcome: Exits, ExitCode: 1}, NamesThem: true},
			Ready:    &ReadyFigures{Seconds: 40, LoadSeconds: 33, FetchSeconds: new(2.0), ImagePullSeconds: new(4.2)},
			Memory:   &MemoryFigures{WarmMiB: 700, HighestMiB: 900, LimitMiB: 2048, Samples: 6},
			Answers:  &AnswerFigures{Sent: 100, Equal: 100},
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
		"throttled at twice the peak": {
			func(r *Run) {
				r.Figures.Throttling.TwicePeak = &Throttled{Periods: 450, ThrottledPeriods: 90, Percent: 20}
				r.Figures.Throttling.NeededMillis = 1900
			},
			StepThrottling, Warned, "limit of 1500m held it up: 10 % until ready, 0 % at the peak, 20 % at twice the peak", "raise it to about 1900m",
		},
		"throttled while it loads": {func(*Run) {}, StepThrottling, Passed, "would load the model sooner", ""},
		"throttling not read": {
			func(r *Run) {
				r.Figures.Throttling, r.Skipped[StepThrottling] = nil, Reason{"CPU throttling was not measured: no cat", "be allowed"}
			},
			StepThrottling, Skipped, "no cat", "be allowed",
		},
		"GPU memory near its end": {
			func(r *Run) { r.Figures.GPU.Devices[0].HighestMiB = 22000 }, StepGPUMemory, Warned, "4000 MiB once warm, at most 22000 of 23028 MiB", "more memory",
		},
		"runs with needs": {
			func(r *Run) {
				r.Figures.Hardening = &HardeningFigures{
					FailedWhy: "exit code 3", Evidence: "Read-only file system: '/x'", Tries: []HardeningTry{{Added: NeedWritableRootFilesystem}}, Declared: []Need{NeedUnconfinedSeccomp}, Mend: "let it write below /tmp",
				}
			},
			StepHardening, RunsWithNeeds, "fails as hardened (exit code 3; its log: Read-only file system: '/x'); runs with needs: [UnconfinedSeccomp, WritableRootFilesystem]", "set spec.container.needs: [UnconfinedSeccomp, WritableRootFilesystem]",
		},
		"fails with needs too": {
			func(r *Run) {
				r.Figures.Hardening = &HardeningFigures{FailedWhy: "exit code 3", Tries: []HardeningTry{{Added: NeedRoot, FailedWhy: "exit code 4"}}, Mend: "m"}
			},
			StepHardening, Failed, "fails as hardened (exit code 3), and with needs [Root] too (exit code 4)", "m",
		},
		"runs with two needs, each after evidence of its own": {
			func(r *Run) {
				r.Figures.Hardening = &HardeningFigures{}
				r.Figures.Hardening.Fail("exit code 3", "Read-only file system: '/x'", "let it write below /tmp")
				r.Figures.Hardening.Try(NeedWritableRootFilesystem)
				r.Figures.Hardening.Fail("exit code 4", "Permission denied: '/x'", "give 10001 what it needs")
				r.Figures.Hardening.Try(NeedRoot)
			},
			StepHardening, RunsWithNeeds,
			"fails as hardened (exit code 3; its log: Read-only file system: '/x'), and with needs [WritableRootFilesystem] too (exit code 4; its log: Permission denied: '/x'); runs with needs: [WritableRootFilesystem, Root]",
			"best, let it write below /tmp, and give 10001 what it needs; or allow it: set spec.container.needs: [WritableRootFilesystem, Root]",
		},
		"requests that fail without load are not for want of size": {
			func(r *Run) {
				r.Figures.Answers = &AnswerFigures{Sent: 1, Failed: 1, Failures: map[string]int{"status 400": 1}}
				r.Figures.Peak.Load = Load{OfferedPerSecond: 9, Seconds: 45, Requests: 419, Errors: 419, Failures: map[string]int64{"status 400": 419}}
			},
			StepTwicePeak, Failed, "memory 800 MiB, at most 850 MiB; status 400: 419", "without any load too",
		},
		"a slowest hundredth takes a hundred": {
			func(r *Run) {
				r.Figures.Peak.Load = Load{OfferedPerSecond: 1, Seconds: 10, Requests: 10, AnsweredPerSecond: 1, P99Milliseconds: 7}
			},
			StepTwicePeak, Passed, "0 of 10 failed, the slowest of 10 answers took 7 ms", "",
		},
		"few periods are not judged": {
			func(r *Run) {
				r.Figures.Throttling = &ThrottlingFigures{LimitMillis: 100, TwicePeak: &Throttled{Periods: 4, ThrottledPeriods: 2, Percent: 50}}
			},
			StepThrottling, Passed, "50 % at twice the peak (2 of 4, too few to judge)", "",
		},
		"needs that the Model names": {
			func(r *Run) { r.Figures.Hardening.Declared = []Need{NeedRoot} }, StepHardening, Passed, "but for what its Model names: needs [Root]", "",
		},
		"policies not enforced": {
			func(r *Run) {
				r.Figures.Isolation = &IsolationFigures{Enforcement: NotEnforced, After: []Place{PlaceAPIServer, PlaceNameServer}, AfterSeconds: 12}
			},
			StepIsolation, Warned, "not enforced by this cluster's network: 12 s after the policy a pod still reached the API server and the name server; AWS was taken away from the container's environment only", "enforces NetworkPolicies",
		},
		"the metadata service is open": {
			func(r *Run) {
				r.Figures.Isolation = &IsolationFigures{Enforcement: PartlyEnforced, Before: Places, After: []Place{PlaceMetadata}}
			},
			StepIsolation, Warned, "still reached 169.254.169.254 and no longer the API server, the name server and the model's port", "enforces NetworkPolicies",
		},
		"isolation unknown": {
			func(r *Run) { r.Figures.Isolation = &IsolationFigures{Enforcement: Unknown} }, StepIsolation, Warned, "not known", "repeat it",
		},
		"a setting is missed silently": {func(r *Run) { r.Figures.Settings.NamesThem = false }, StepMissingSettings, Warned, "does not say why", "name what is missing"},
		"a setting is not needed": {
			func(r *Run) {
				r.Figures.Settings.Outcome, r.Figures.Settings.Answers = &MissingFigures{Outcome: ClaimsHealth}, &AnswerFigures{Sent: 5, Equal: 5}
			},
			StepMissingSettings, Passed, "it does not need SM_X: without, it is ready and answers 5 requests the same", "",
		},
		"a setting is missed by requests": {
			func(r *Run) {
				r.Figures.Settings.Outcome, r.Figures.Settings.Answers = &MissingFigures{Outcome: ClaimsHealth}, &AnswerFigures{Sent: 5, Failed: 5}
			},
			StepMissingSettings, Warned, "reports healthy without SM_X, and then 5 of 5 requests failed", "let GET /ping fail",
		},
		"a setting, not tried": {
			func(r *Run) { r.Figures.Settings.Outcome = &MissingFigures{Outcome: ClaimsHealth} }, StepMissingSettings, Warned, "was not tried", "give --requests",
		},
		"a setting, hangs": {
			func(r *Run) { r.Figures.Settings.Outcome = &MissingFigures{Outcome: Hangs, Seconds: 30} }, StepMissingSettings, Warned, "neither ends nor answers for 30 s", "keep them",
		},
		"services outside are borne": {
			func(r *Run) { r.Outside = []Evidence{{"HostCalled", "a.py:3", "requests.get of x"}} },
			StepMissingNetwork, Passed, "bears the absence of requests.get of x (a.py:3): without a name server it was ready and answered 100 requests", "",
		},
		"services outside, policy not enforced": {
			func(r *Run) { r.Figures.Isolation.Enforcement = NotEnforced }, StepMissingNetwork, Passed, "addresses without names may have been reached", "",
		},
		"services outside, requests fail": {
			func(r *Run) {
				r.Outside = []Evidence{{"HostCalled", "a.py:3", "requests.get of x"}}
				r.Figures.Answers = &AnswerFigures{Sent: 3, Failed: 3}
				r.Broken[StepAnswers] = Reason{"told there", ""}
			},
			StepMissingNetwork, Warned, "3 of 3 requests failed and 0 answers differed; findings name requests.get of x (a.py:3)", "bear its absence",
		},
		"services outside at the start": {
			func(r *Run) {
				r.Figures.Ready, r.Cause = nil, Cause{Kind: CauseNameResolution, Line: "Temporary failure in name resolution"}
				r.Outside = make([]Evidence, 5)
			},
			StepMissingNetwork, Failed, "does not start without what is outside it; its log: Temporary failure in name resolution; findings name  (),  (),  (), 2 more", "archive",
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
			if len(run.Broken) == 0 && report.Failed() != (c.verdict == Failed) {
				t.Errorf("Failed() = %t", report.Failed())
			}
		})
	}
}

// What fails without load and without a stop is blamed on neither, and nothing is
// said to be borne.
func TestRequestsThatAlwaysFail(t *testing.T) {
	run := good()
	run.Outside = nil
	run.Figures.Answers = &AnswerFigures{Sent: 2, Failed: 2, Failures: map[string]int{"status 400": 2}}
	run.Figures.Stop.Requests = &StopCounts{Failed: 100, InFlight: 2}
	report := Report{Steps: Judge(run)}
	for name, want := range map[StepName]Step{
		StepAnswers:        {Verdict: Failed, Detail: "none could be compared, 2 failed (status 400: 2)", Do: "log"},
		StepStop:           {Verdict: Warned, Detail: "100 failed", Do: "without any load too"},
		StepMissingNetwork: {Verdict: Warned, Detail: "2 of 2 requests failed; no finding names a service", Do: "see Answers"},
	} {
		step, _ := report.Step(name)
		if step.Verdict != want.Verdict || !strings.Contains(step.Detail, want.Detail) || !strings.Contains(step.Do, want.Do) {
			t.Errorf("%+v; want %+v", step, want)
		}
	}
}
