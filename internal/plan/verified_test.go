package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
	"landfall.dev/landfall/internal/verify"
)

// reportOf is a report of that endpoint with an image.
func reportOf(image string) verify.Report {
	return verify.Report{
		Workload:   verify.Workload{EndpointName: "churn", Region: "us-east-1"},
		Conditions: verify.Conditions{Image: image, StartedAt: "2026-11-21T08:00:00Z"},
		Steps:      []verify.Step{{Name: verify.StepTwicePeak, Verdict: verify.Passed}},
		Figures: verify.Figures{
			Ready:  &verify.ReadyFigures{Seconds: 40, LoadSeconds: 33},
			Memory: &verify.MemoryFigures{WarmMiB: 700, HighestMiB: 900},
			Ramp:   &verify.RampFigures{SafeConcurrency: 8, SafeRequestsPerSecond: 400},
			Peak:   &verify.PeakFigures{Load: verify.Load{OfferedPerSecond: 30}, CPUMillis: 1000, MemoryMiB: 800},
		},
	}
}

func verificationOf(t *testing.T, r verify.Report) []Verification {
	t.Helper()
	v, err := VerificationOf(r, "bundle.verify.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return []Verification{v}
}

func TestSizesFollowVerify(t *testing.T) {
	inv := account(named("churn", "m"))
	before, _ := built(t, inv, nil, Options{})
	image := before.Workloads[0].Image
	after, changes := built(t, inv, reread(t, before), Options{Verified: verificationOf(t, reportOf(image))})
	w := after.Workloads[0]
	want := Resources{Requests: Amounts{CPU: "1100m", Memory: "880Mi"}, Limits: Amounts{CPU: "1500m", Memory: "1200Mi"}}
	if diff := cmp.Diff(want, w.Resources); diff != "" {
		t.Errorf("resources (-want +got):\n%s", diff)
	}
	told := strings.Join(w.Sizing, "\n")
	for _, part := range []string{"landfall verify measured 1000m", "sizes follow bundle.verify.yaml, measured at 2026-11-21T08:00:00Z"} {
		if !strings.Contains(told, part) {
			t.Errorf("sizing does not say %q:\n%s", part, told)
		}
	}
	if len(changes) == 0 {
		t.Error("no change was told")
	}

	again, changes := built(t, inv, reread(t, after), Options{})
	if diff := cmp.Diff(after.Workloads[0], again.Workloads[0]); diff != "" || len(changes) > 0 {
		t.Errorf("a later plan forgets what was verified (-before +after):\n%s\n%v", diff, changes)
	}
}

// A limit that throttled is raised, and a need is told and given to nobody.
func TestWhatVerifySuggests(t *testing.T) {
	inv := account(named("churn", "m"))
	before, _ := built(t, inv, nil, Options{})
	report := reportOf(before.Workloads[0].Image)
	report.Figures.Throttling = &verify.ThrottlingFigures{LimitMillis: 1500, NeededMillis: 1904}
	report.Figures.GPU = &verify.GPUFigures{Devices: []verify.GPUMemory{{HighestMiB: 5000}}}
	report.Figures.Hardening = &verify.HardeningFigures{FailedWhy: "x", Tries: []verify.HardeningTry{{Added: verify.NeedRoot}}}
	after, _ := built(t, inv, reread(t, before), Options{Verified: verificationOf(t, report)})
	w := after.Workloads[0]
	if w.Resources.Limits.CPU != "1910m" || w.Resources.Requests.CPU != "1100m" {
		t.Errorf("resources = %+v; want a limit of 1910m", w.Resources)
	}
	for _, part := range []string{"saw a lower one throttle", "it ran only with needs Root: set spec.container.needs"} {
		if told := strings.Join(w.Sizing, "\n"); !strings.Contains(told, part) {
			t.Errorf("sizing does not say %q:\n%s", part, told)
		}
	}
	if v := verificationOf(t, report)[0].Verified; v.GPUMemoryMiB != 5000 {
		t.Errorf("verified = %+v", v)
	}
}

// A pod sized for one rate bears no more, and a load that was too much says
// nothing about sizes.
func TestWhatAReportProves(t *testing.T) {
	v := verificationOf(t, reportOf("i"))[0].Verified
	m := measuredOf(v)
	if m.Verified.SafeRequestsPerSecond != 30 || m.Verified.SafeConcurrency != 8 || m.WarmMemoryMiB != 700 {
		t.Errorf("measured = %+v", m.Verified)
	}
	if s := v.scaleUp(); s.ModelLoadSeconds != 33 {
		t.Errorf("scale-up = %+v", s)
	}

	failed := reportOf("i")
	failed.Steps[0].Verdict = verify.Failed
	failed.Figures.Ready.LoadSeconds = 0
	v = verificationOf(t, failed)[0].Verified
	m = measuredOf(v)
	if m.Verified.CPUMillis != 0 || m.Verified.MemoryMiB != 0 || m.Verified.SafeRequestsPerSecond != 400 {
		t.Errorf("after a failed peak, measured = %+v", m.Verified)
	}
	if s := v.scaleUp(); s.ModelLoadSeconds >= 0 {
		t.Errorf("a model that loads at once is taken for one of unknown time: %+v", s)
	}

	failed.Figures.Ready = nil
	if _, err := VerificationOf(failed, "x"); err == nil || !strings.Contains(err.Error(), "never ready") {
		t.Errorf("a model that was never ready gives sizes: %v", err)
	}
}

func TestFiguresOfAnotherImageAreNotUsed(t *testing.T) {
	inv := account(named("churn", "m"))
	before, _ := built(t, inv, nil, Options{})
	after, _ := built(t, inv, reread(t, before), Options{Verified: verificationOf(t, reportOf("registry.example.com/old:1"))})
	w := after.Workloads[0]
	if diff := cmp.Diff(before.Workloads[0].Resources, w.Resources); diff != "" {
		t.Errorf("resources follow another image (-before +after):\n%s", diff)
	}
	if told := w.Sizing[len(w.Sizing)-1]; !strings.Contains(told, "is not used, it measured the image registry.example.com/old:1") {
		t.Errorf("sizing ends with %q", told)
	}
}

func TestReportsOfNoEndpointAreRefused(t *testing.T) {
	inv := account(named("churn", "m"))
	for name, c := range map[string]struct {
		change func(*verify.Workload)
		want   string
	}{
		"another name":    {func(w *verify.Workload) { w.EndpointName = "fraud" }, `"fraud"`},
		"another region":  {func(w *verify.Workload) { w.Region = "mars-1" }, `"mars-1"`},
		"another account": {func(w *verify.Workload) { w.AccountID = "210987654321" }, `"210987654321"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := reportOf("i")
			inv.Endpoints[0].Place = inventory.Place{AccountID: "123456789012", Region: "us-east-1"}
			inv.Accounts = []inventory.Account{{ID: "123456789012", Region: "us-east-1"}}
			c.change(&r.Workload)
			_, _, err := Build(inv, nil, Options{Verified: verificationOf(t, r)})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "has 0; want 1") {
				t.Errorf("error %v; want one that names %s", err, c.want)
			}
		})
	}
}

func measuredOf(v Verified) placement.Measured {
	var m placement.Measured
	v.measured(&m)
	return m
}

func TestDecodeRefusesFiguresOfNoPod(t *testing.T) {
	d, _ := built(t, account(named("churn", "m")), nil, Options{})
	d.Verified = map[string]Verified{"k": {CPUMillis: -1}}
	text, err := Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(text); err == nil || !strings.Contains(err.Error(), "verified[k].cpuMillis is -1") {
		t.Errorf("error %v", err)
	}
}
