package verify

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const (
	statV2 = "usage_usec 812345\nuser_usec 700000\nsystem_usec 112345\nnr_periods 450\nnr_throttled 90\nthrottled_usec 3600000\nnr_bursts 0\nburst_usec 0\n"
	statV1 = "nr_periods 450\nnr_throttled 90\nthrottled_time 3600000000\nnr_bursts 0\nburst_time 0\n"
)

func TestParseCPUStat(t *testing.T) {
	want := CPUCounters{Periods: 450, ThrottledPeriods: 90, ThrottledSeconds: 3.6}
	for name, text := range map[string]string{"version 2": statV2, "version 1": statV1, "both names of one file": statV1 + statV1} {
		got, err := ParseCPUStat(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	for text, part := range map[string]string{
		"": "no nr_periods", "usage_usec 1\n": "no nr_periods", "nr_periods x\n": `nr_periods in cpu.stat is "x"`, "nr_periods 1\nthrottled_usec -3\n": "throttled_usec",
	} {
		if _, err := ParseCPUStat(text); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: error %v; want %q", text, err, part)
		}
	}
}

func FuzzParseCPUStat(f *testing.F) {
	f.Add(statV1)
	f.Add(statV2)
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := ParseCPUStat(text); err == nil && c.ThrottledSeconds < 0 {
			t.Errorf("%+v", c)
		}
	})
}

// The limit that is proposed is never below the one that throttled, and is the
// limit and what the threads waited for.
func TestNeededLimit(t *testing.T) {
	before := CPUCounters{Periods: 100, ThrottledPeriods: 10, ThrottledSeconds: 1}
	after := CPUCounters{Periods: 550, ThrottledPeriods: 100, ThrottledSeconds: 4.6}
	f := ThrottlingFigures{LimitMillis: 500, TwicePeak: after.Since(before)}
	f.Conclude()
	// 3.6 s in 90 periods of 0.1 s are 0.4 CPUs.
	if want := (&Throttled{Periods: 450, ThrottledPeriods: 90, Percent: 20, Seconds: 3.6}); f.NeededMillis != 900 || *f.TwicePeak != *want {
		t.Errorf("figures = %+v, %+v; want 900m", f, f.TwicePeak)
	}
	if before.Since(after) != nil {
		t.Error("counters of another container were taken for the same one's")
	}
	rapid.Check(t, func(t *rapid.T) {
		periods := rapid.Uint64Range(0, 1e6).Draw(t, "periods")
		f := ThrottlingFigures{LimitMillis: rapid.Int64Range(1, 1e6).Draw(t, "limit")}
		f.TwicePeak = CPUCounters{
			Periods: periods, ThrottledPeriods: rapid.Uint64Range(0, periods).Draw(t, "throttled"), ThrottledSeconds: rapid.Float64Range(0, 1e6).Draw(t, "seconds"),
		}.Since(CPUCounters{})
		f.Conclude()
		if tooMuch := f.TwicePeak.Percent > mostThrottledPercent && periods >= leastPeriods; tooMuch != (f.NeededMillis > 0) || tooMuch && f.NeededMillis < f.LimitMillis {
			t.Errorf("%+v needs %dm", f.TwicePeak, f.NeededMillis)
		}
	})
}
