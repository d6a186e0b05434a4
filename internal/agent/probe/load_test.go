package probe

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"landfall.dev/landfall/internal/verify"
)

// takes is a model that answers after a time, on a clock that does not run.
func takes(milliseconds int) send {
	return func(ctx context.Context, _ int64) string {
		if !wait(ctx, time.Now().Add(time.Duration(milliseconds)*time.Millisecond)) {
			return failureTimeout
		}
		return ""
	}
}

func TestClosedLoopKeepsSoManyUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		inner := takes(100)
		load := closedLoop(t.Context(), 4, 2*time.Second, func(ctx context.Context, index int64) string {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			return inner(ctx, index)
		})
		if load.Requests != 80 || load.Errors != 0 || load.Concurrency != 4 || most.Load() != 4 {
			t.Errorf("load = %+v with at most %d under way; want 80 requests, 4 at a time", load, most.Load())
		}
		if load.P99Milliseconds < 99 || load.P99Milliseconds > 101 || load.AnsweredPerSecond < 38 || load.AnsweredPerSecond > 42 {
			t.Errorf("load = %+v; want 100 ms and 40 answers/s", load)
		}
	})
}

func TestOpenLoopKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		load := openLoop(t.Context(), 50, 4*time.Second, takes(1500))
		if load.Requests != 200 || load.Errors != 0 || load.OfferedPerSecond != 50 {
			t.Errorf("load = %+v; want 200 requests", load)
		}
		// Slow answers are late, and come at the rate all the same.
		if load.AnsweredPerSecond < 49 || load.AnsweredPerSecond > 51 || load.P50Milliseconds < 1480 || load.P50Milliseconds > 1520 {
			t.Errorf("load = %+v; want 50 answers/s after 1500 ms", load)
		}
	})
}

// A server with one worker answers what it can, and the wait of those in line
// counts as latency.
func TestOpenLoopTellsOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		worker := make(chan struct{}, 1)
		inner := takes(100)
		load := openLoop(t.Context(), 20, 5*time.Second, func(ctx context.Context, index int64) string {
			worker <- struct{}{}
			defer func() { <-worker }()
			return inner(ctx, index)
		})
		if load.AnsweredPerSecond < 9 || load.AnsweredPerSecond > 11 {
			t.Errorf("%g answers/s of a server that can 10", load.AnsweredPerSecond)
		}
		if load.P99Milliseconds < 4000 {
			t.Errorf("p99 = %g ms, though the last waited for 5 s", load.P99Milliseconds)
		}
	})
}

// Memory is bounded: what does not fit into flight is an error.
func TestOpenLoopBoundsWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		load := openLoop(t.Context(), 1000, 2*time.Second, takes(60_000))
		if load.Requests != 2000 || load.Failures[failureRoom] != 2000-mostInFlight {
			t.Errorf("load = %+v; want %d requests without room", load, 2000-mostInFlight)
		}
	})
}

func TestLoopsEndWhenNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		openLoop(ctx, 1, time.Hour, takes(10))
		closedLoop(ctx, 2, time.Hour, takes(10))
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("they went on for %s", took)
		}
	})
}

func TestErrorsAreCountedByKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		load := closedLoop(t.Context(), 1, time.Second, func(ctx context.Context, index int64) string {
			takes(100)(ctx, index)
			if index%2 == 1 {
				return "status 500"
			}
			return ""
		})
		want := verify.Load{Requests: 10, Errors: 5}
		if load.Requests != want.Requests || load.Errors != want.Errors || load.Failures["status 500"] != 5 {
			t.Errorf("load = %+v; want %+v", load, want)
		}
	})
}
