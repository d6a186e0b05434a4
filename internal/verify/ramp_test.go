package verify

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// server answers like a queue with so many workers: the time of a request grows
// once all are busy.
func server(workers int, milliseconds float64) func(concurrency int) Load {
	return func(concurrency int) Load {
		busy := min(concurrency, workers)
		latency := milliseconds * max(1, float64(concurrency)/float64(workers))
		perSecond := float64(busy) / milliseconds * 1000
		return Load{
			Concurrency: concurrency, Seconds: 5, Requests: int64(perSecond * 5), AnsweredPerSecond: perSecond,
			P50Milliseconds: latency, P99Milliseconds: latency,
		}
	}
}

func failingFrom(bad int, inner func(int) Load) func(int) Load {
	return func(concurrency int) Load {
		l := inner(concurrency)
		if concurrency >= bad {
			l.Errors = l.Requests / 2
		}
		return l
	}
}

func ramp(limits RampLimits, do func(int) Load) RampFigures {
	var steps []Load
	for {
		next, more := limits.Next(steps)
		if !more {
			return limits.Conclude(steps)
		}
		steps = append(steps, do(next))
	}
}

func TestRamp(t *testing.T) {
	cases := map[string]struct {
		reason string
		do     func(int) Load
		safe   int
		turn   Turn
		why    string
	}{
		"one worker": {
			reason: "two at a time bring nothing", do: server(1, 10), safe: 1, turn: TurnThroughput, why: "2 requests at a time brought 100 answers/s, 1 brought 100",
		},
		"four workers": {reason: "eight at a time bring no more than four", do: server(4, 10), safe: 4, turn: TurnThroughput, why: "8 requests"},
		"slow answers": {reason: "latency doubles before throughput ends", do: func(n int) Load {
			l := server(64, 100)(n)
			if n >= 8 {
				l.P99Milliseconds = 201
			}
			return l
		}, safe: 4, turn: TurnLatency, why: "201 ms, and 200 ms is the bound"},
		"a floor for fast ones": {reason: "twice 2 ms is no harm", do: func(n int) Load {
			l := server(64, 2)(n)
			l.P99Milliseconds = 2 * float64(n)
			return l
		}, safe: 16, turn: TurnLatency, why: "64 ms, and 50 ms"},
		"errors": {reason: "from 4 on half fail", do: failingFrom(4, server(64, 10)), safe: 2, turn: TurnErrors, why: "at 4 requests at a time"},
		"errors at once": {
			reason: "nothing is safe", do: failingFrom(1, server(64, 10)), safe: 0, turn: TurnErrors, why: "at 1 request at a time",
		},
		"no answers at all": {reason: "none is as bad as an error", do: func(n int) Load { return Load{Concurrency: n} }, safe: 0, turn: TurnErrors, why: "0 of 0 failed"},
		"nothing turns":     {reason: "the end of the ramp", do: server(1000, 10), safe: 64, turn: TurnNone, why: "up to 64"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := ramp(DefaultRampLimits(), c.do)
			if got.SafeConcurrency != c.safe || got.Turn != c.turn || !strings.Contains(got.Why, c.why) {
				t.Errorf("%s: safe %d, %s: %q; want %d, %s: …%q…", c.reason, got.SafeConcurrency, got.Turn, got.Why, c.safe, c.turn, c.why)
			}
		})
	}
}

func TestRampStepsDouble(t *testing.T) {
	limits := DefaultRampLimits()
	limits.MostConcurrency = 10
	var got []int
	for _, step := range ramp(limits, server(1000, 10)).Steps {
		got = append(got, step.Concurrency)
	}
	if diff := cmp.Diff([]int{1, 2, 4, 8, 10}, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// Whatever a server does, a ramp ends, and what it calls safe did not turn.
func TestRampEndsAndIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := DefaultRampLimits()
		limits.MostConcurrency = rapid.IntRange(1, 5000).Draw(t, "most")
		figures := ramp(limits, func(concurrency int) Load {
			requests := rapid.Int64Range(0, 10_000).Draw(t, "requests")
			return Load{
				Concurrency: concurrency, Requests: requests, Errors: rapid.Int64Range(0, requests).Draw(t, "errors"),
				AnsweredPerSecond: rapid.Float64Range(0, 1e6).Draw(t, "rate"), P99Milliseconds: rapid.Float64Range(0, 1e5).Draw(t, "p99"),
			}
		})
		if len(figures.Steps) > 14 {
			t.Fatalf("%d steps up to %d", len(figures.Steps), limits.MostConcurrency)
		}
		for i, step := range figures.Steps {
			if step.Concurrency != figures.SafeConcurrency {
				continue
			}
			if turn, why := limits.turned(figures.Steps[:i+1]); turn != TurnNone {
				t.Fatalf("%d is called safe, but %s", step.Concurrency, why)
			}
		}
	})
}
