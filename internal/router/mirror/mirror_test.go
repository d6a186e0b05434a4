package mirror

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/measure"
)

// tally is a Sink that counts.
type tally struct{ sent, dropped, mirrored, compared, opaque atomic.Int64 }

func (c *tally) Copied(_, _ string, _ int64, dropped bool) {
	if dropped {
		c.dropped.Add(1)
	} else {
		c.sent.Add(1)
	}
}

func (c *tally) Mirrored(string, measure.Sample) { c.mirrored.Add(1) }

func (c *tally) Compared(_, _ string, verdict measure.Verdict, _ evidence.Example) {
	c.compared.Add(1)
	if verdict == measure.Opaque {
		c.opaque.Add(1)
	}
}

type armFunc func(ctx context.Context) (*exchange.Answer, error)

func (f armFunc) Do(ctx context.Context, _ *exchange.Request) (*exchange.Answer, error) {
	return f(ctx)
}

func ok(context.Context) (*exchange.Answer, error) {
	return &exchange.Answer{Status: 200, OriginalStatus: 200, Body: exchange.NewBytes([]byte("ok"))}, nil
}

func equal(Answer, Answer) (measure.Verdict, evidence.Example) {
	return measure.Equal, evidence.Example{}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// submit copies one request that was answered with text.
func submit(l *Lane, body, text string) {
	request := &exchange.Request{Body: exchange.NewBody([]byte(body))}
	defer request.Body.Release()
	if c := l.Begin("blue", request); c != nil {
		c.Keep([]byte(text))
		c.Submit(&exchange.Answer{Status: 200, OriginalStatus: 200})
	}
}

// A comparison that panics costs its own figures and nothing else.
func TestPanicIsContained(t *testing.T) {
	m := New(Bounds{MaxBytes: 1 << 20, Concurrency: 2, Queue: 2}, discard(), time.Now)
	var sink tally
	l := m.NewLane("green", armFunc(ok), func(Answer, Answer) (measure.Verdict, evidence.Example) {
		panic("a bug in a comparator")
	}, &sink)
	for range 20 {
		submit(l, "{}", "ok")
	}
	m.idle.Wait()
	if sink.sent.Load() == 0 || sink.compared.Load() != 0 || m.UsedBytes() != 0 {
		t.Errorf("%d sent, %d compared, %d bytes held; want some, none, none", sink.sent.Load(), sink.compared.Load(), m.UsedBytes())
	}
	l.Close()
	m.Close()
}

// Answers over the limit are not compared, and still count as answers.
func TestLargeAnswersAreOpaque(t *testing.T) {
	m := New(Bounds{MaxBytes: 64 << 20, Concurrency: 1, Queue: 1}, discard(), time.Now)
	var sink tally
	l := m.NewLane("green", armFunc(ok), equal, &sink)
	submit(l, "{}", strings.Repeat("x", maxAnswerBytes+1))
	m.idle.Wait()
	if sink.opaque.Load() != 1 || sink.mirrored.Load() != 1 || m.UsedBytes() != 0 {
		t.Errorf("%d opaque, %d mirrored, %d bytes held; want 1, 1, 0", sink.opaque.Load(), sink.mirrored.Load(), m.UsedBytes())
	}
	l.Close()
	m.Close()
}

// However many callers submit at once, never more copies run than allowed, each
// is sent or dropped, and everything is given back.
func TestBounds(t *testing.T) {
	const concurrency, queue, callers, each = 4, 6, 8, 200
	m := New(Bounds{MaxBytes: 1 << 20, Concurrency: concurrency, Queue: queue}, discard(), time.Now)
	var running, most atomic.Int64
	arm := armFunc(func(ctx context.Context) (*exchange.Answer, error) {
		now := running.Add(1)
		defer running.Add(-1)
		for {
			seen := most.Load()
			if now <= seen || most.CompareAndSwap(seen, now) {
				return ok(ctx)
			}
		}
	})
	var sink tally
	lanes := []*Lane{m.NewLane("green", arm, equal, &sink), m.NewLane("red", arm, equal, &sink)}
	var submitting sync.WaitGroup
	for caller := range callers {
		submitting.Go(func() {
			for range each {
				submit(lanes[caller%2], "{}", "ok")
			}
		})
	}
	submitting.Wait()
	m.idle.Wait()
	if most.Load() > concurrency {
		t.Errorf("%d copies ran at once; want at most %d", most.Load(), concurrency)
	}
	if total := sink.sent.Load() + sink.dropped.Load(); total != callers*each || sink.compared.Load() != sink.sent.Load() {
		t.Errorf("%d sent, %d dropped, %d compared; want %d in all and each sent one compared",
			sink.sent.Load(), sink.dropped.Load(), sink.compared.Load(), callers*each)
	}
	for _, l := range lanes {
		l.Close()
	}
	m.Close()
	submit(lanes[0], "{}", "ok")
	if m.UsedBytes() != 0 {
		t.Errorf("%d bytes are held after the end", m.UsedBytes())
	}
}
