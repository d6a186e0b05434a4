package verify

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func report() Report {
	run := good()
	return Report{
		Workload: Workload{EndpointName: "Churn-Prod", Region: "us-east-1", AccountID: "123456789012"},
		Conditions: Conditions{
			Image: "registry.example.com/churn:1", StartedAt: "2026-11-21T08:00:00Z", Limits: map[string]string{"memory": "1Gi"},
			UsageSource: "metrics.k8s.io", DroppedEnv: []string{"AWS_REGION"},
		},
		Steps: Judge(run), Figures: run.Figures,
	}
}

func TestReportsAreReadAsWritten(t *testing.T) {
	text, err := Encode(report())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	want := report()
	want.Header = got.Header
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Report)
		want   string
	}{
		"no endpoint":     {func(r *Report) { r.Workload.EndpointName = "" }, "workload.endpointName is empty"},
		"unknown step":    {func(r *Report) { r.Steps[0].Name = "Nap" }, `"Nap"`},
		"unknown verdict": {func(r *Report) { r.Steps[0].Verdict = "Perhaps" }, `"Perhaps"`},
		"negative memory": {func(r *Report) { r.Figures.Memory.WarmMiB = -1 }, "-1"},
		"absurd rate":     {func(r *Report) { r.Figures.Ramp.SafeRequestsPerSecond = 1e12 }, "1e+12"},
	} {
		t.Run(name, func(t *testing.T) {
			r := report()
			c.change(&r)
			text, err := Encode(r)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Decode(text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v; want %q", err, c.want)
			}
		})
	}
	if _, err := Decode([]byte("apiVersion: verify.landfall.dev/v1alpha1\nkind: VerifyReport\nworkload: {endpointName: a}\nnap: 1\n")); err == nil {
		t.Error("an unknown field was accepted")
	}
}

func FuzzDecode(f *testing.F) {
	text, err := Encode(report())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("apiVersion: verify.landfall.dev/v1alpha1\nkind: VerifyReport\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(again); err != nil {
			t.Fatalf("what was accepted is refused when written again: %v", err)
		}
	})
}

func TestUsage(t *testing.T) {
	begin := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return begin.Add(time.Duration(seconds) * time.Second) }
	const mib = 1 << 20
	samples := []Sample{
		{At: at(5), WindowSeconds: 10, MemoryBytes: 100 * mib, CPUMillis: 10},
		{At: at(15), WindowSeconds: 10, MemoryBytes: 120*mib + 1, CPUMillis: -1},
		{At: at(25), WindowSeconds: 10, MemoryBytes: 300 * mib, CPUMillis: 500}, // its window begins before the load
		{At: at(40), WindowSeconds: 10, MemoryBytes: 200 * mib, CPUMillis: 900},
		{At: at(50), WindowSeconds: 10, MemoryBytes: 210 * mib, CPUMillis: 950},
		{At: at(65), WindowSeconds: 10, MemoryBytes: 400 * mib, CPUMillis: 20},
	}
	if got := Warm(samples, Span{From: at(10), To: at(18)}); got != 121 {
		t.Errorf("warm = %d MiB, want 121", got)
	}
	if got := Warm(samples, Span{From: at(16), To: at(18)}); got != 0 {
		t.Errorf("warm = %d MiB, though nothing was measured then", got)
	}
	if got := Highest(samples); got != 400 {
		t.Errorf("highest = %d MiB, want 400", got)
	}
	var peak PeakFigures
	peak.UnderLoad(samples, Span{From: at(20), To: at(60)})
	want := PeakFigures{CPUMillis: 950, MemoryMiB: 210, HighestMemoryMiB: 300}
	if diff := cmp.Diff(want, peak); diff != "" {
		t.Errorf("under load (-want +got):\n%s", diff)
	}
}

func TestParseObservation(t *testing.T) {
	for text, want := range map[string]bool{
		`{"phase":"ramp","started":true}`: true, "time=now level=INFO": false, "": false,
	} {
		if _, is, err := ParseObservation([]byte(text)); is != want || err != nil {
			t.Errorf("%q: %t, %v", text, is, err)
		}
	}
	for _, text := range []string{`{"phase":`, `{"nap":1}`, `{"phase":"` + strings.Repeat("x", maxLineBytes) + `"}`} {
		if _, _, err := ParseObservation([]byte(text)); err == nil {
			t.Errorf("%.20q was accepted", text)
		}
	}
}
