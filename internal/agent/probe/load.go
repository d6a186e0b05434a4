package probe

import (
	"context"
	"sync"
	"time"

	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/verify"
)

// send sends the request of an index and returns what went wrong, or nothing.
type send func(ctx context.Context, index int64) (failure string)

// tally counts requests, in as much memory for a million as for one.
type tally struct {
	mu          sync.Mutex
	latency     evidence.Sketch
	requests    int64
	failures    map[string]int64
	answered    int64
	first, last time.Time
}

// add counts a request that ended now.
func (t *tally) add(begin time.Time, failure string) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests++
	if failure != "" {
		if t.failures == nil {
			t.failures = map[string]int64{}
		}
		t.failures[failure]++
		return
	}
	t.latency.Add(now.Sub(begin).Seconds())
	if t.answered++; t.answered == 1 {
		t.first = now
	}
	t.last = now
}

// load is what was counted. The rate is that between the first answer and the
// last: what an overloaded server can do, however long its queue is.
func (t *tally) load(took time.Duration) verify.Load {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := verify.Load{Seconds: round(took.Seconds()), Requests: t.requests, Errors: t.requests - t.answered, Failures: t.failures}
	l.AnsweredPerSecond = round(float64(t.answered) / took.Seconds())
	if span := t.last.Sub(t.first).Seconds(); t.answered >= leastForRate && span > 0 {
		l.AnsweredPerSecond = round(float64(t.answered-1) / span)
	}
	l.P50Milliseconds, l.P99Milliseconds = t.quantile(0.5), t.quantile(0.99)
	return l
}

// leastForRate is from how many answers on their distance tells a rate.
const leastForRate = 10

func (t *tally) quantile(q float64) float64 {
	value, _ := t.latency.Quantile(q)
	return round(value * millisecondsPerSecond)
}

// round keeps thousandths, which is finer than anything here is known.
func round(value float64) float64 { return float64(int64(value*1000+0.5)) / 1000 }

// closedLoop keeps so many requests under way for a time: each sender sends its
// next when it has the answer.
func closedLoop(ctx context.Context, concurrency int, duration time.Duration, do send) verify.Load {
	var t tally
	begin := time.Now()
	var group sync.WaitGroup
	for worker := range concurrency {
		group.Go(func() {
			for index := int64(worker); time.Since(begin) < duration && ctx.Err() == nil; index += int64(concurrency) {
				sent := time.Now()
				t.add(sent, do(ctx, index))
			}
		})
	}
	group.Wait()
	l := t.load(time.Since(begin))
	l.Concurrency = concurrency
	return l
}

// openLoop sends at a fixed rate for a time, whether answers come or not.
// Latency counts from when a request was due, so that a server that stalls is
// not spared the requests it kept from being sent.
func openLoop(ctx context.Context, perSecond float64, duration time.Duration, do send) verify.Load {
	var t tally
	begin := time.Now()
	room := make(chan struct{}, mostInFlight)
	var group sync.WaitGroup
	for index := int64(0); ; index++ {
		offset := time.Duration(float64(index) / perSecond * float64(time.Second))
		if offset >= duration || !wait(ctx, begin.Add(offset)) {
			break
		}
		due := begin.Add(offset)
		select {
		case room <- struct{}{}:
			group.Go(func() {
				defer func() { <-room }()
				t.add(due, do(ctx, index))
			})
		default:
			t.add(due, failureRoom)
		}
	}
	sending := time.Since(begin)
	group.Wait()
	l := t.load(max(sending, duration))
	l.OfferedPerSecond = perSecond
	return l
}

// wait returns at that time, or false when nobody waits any longer.
func wait(ctx context.Context, until time.Time) bool {
	pause := time.Until(until)
	if pause <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
