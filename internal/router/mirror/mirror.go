// Package mirror sends copies of requests to variants that callers do not see,
// and compares the answers.
//
// It owns the bounds: how many bytes copies may hold, how many run at once and
// how many wait. It owns the rule that a copy never costs a caller anything:
// copies start once the caller has been answered, on other goroutines, and are
// dropped and counted when a bound is reached. It refuses to decide which
// requests are copied, and what follows from a difference.
package mirror

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"landfall.dev/landfall/internal/router/exchange"
)

// Bounds limit all copies of a router together.
type Bounds struct {
	// MaxBytes is how much request bodies and answers kept for copies may
	// take.
	MaxBytes int64
	// Concurrency is how many copies may run at once.
	Concurrency int
	// Queue is how many more may wait.
	Queue int
}

// maxAnswerBytes is how much of one answer is kept to be compared: what
// SageMaker's published limit for an answer was, and some.
const maxAnswerBytes = 8 << 20

// Mirror runs copies within bounds. It is safe for concurrent use.
type Mirror struct {
	bounds Bounds
	memory *exchange.Budget
	log    *slog.Logger
	now    func() time.Time

	mu      sync.Mutex
	closed  bool
	running int
	waiting int
	// ready holds the lanes that have copies waiting, in turn.
	ready []*Lane
	idle  sync.WaitGroup
}

// New returns a mirror within bounds.
func New(bounds Bounds, log *slog.Logger, now func() time.Time) *Mirror {
	return &Mirror{bounds: bounds, memory: exchange.NewBudget(bounds.MaxBytes), log: log, now: now}
}

// UsedBytes is how much copies hold now.
func (m *Mirror) UsedBytes() int64 { return m.memory.UsedBytes() }

// Close drops the copies that wait and lets no new ones in; it returns when
// those that run have ended, which closing their lanes hastens.
func (m *Mirror) Close() {
	m.mu.Lock()
	m.closed = true
	lanes := m.ready
	m.ready = nil
	m.mu.Unlock()
	for _, lane := range lanes {
		lane.Close()
	}
	m.idle.Wait()
}

// enqueue takes a copy unless the queue is full.
func (m *Mirror) enqueue(c *Copy) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	lane := c.lane
	if m.closed || lane.ctx.Err() != nil || m.waiting >= m.bounds.Queue && m.running >= m.bounds.Concurrency {
		return false
	}
	// A lane whose variant hangs must leave room for the others.
	if len(lane.queue) >= half(m.bounds.Queue) && lane.running >= half(m.bounds.Concurrency) {
		return false
	}
	lane.queue = append(lane.queue, c)
	m.waiting++
	if len(lane.queue) == 1 {
		m.ready = append(m.ready, lane)
	}
	m.dispatch()
	return true
}

// half is a lane's part of a bound.
func half(bound int) int { return max((bound+1)/2, 1) }

// dispatch starts waiting copies, lane by lane in turn, as far as the bounds
// allow. The lock is held.
func (m *Mirror) dispatch() {
	for passed := 0; m.running < m.bounds.Concurrency && passed < len(m.ready); {
		lane := m.ready[0]
		m.ready = m.ready[1:]
		if lane.running >= half(m.bounds.Concurrency) {
			m.ready = append(m.ready, lane)
			passed++
			continue
		}
		c := lane.queue[0]
		lane.queue = lane.queue[1:]
		m.waiting--
		m.running++
		lane.running++
		if len(lane.queue) > 0 {
			m.ready = append(m.ready, lane)
		}
		passed = 0
		m.idle.Add(1)
		go m.run(lane.ctx, c)
	}
}

func (m *Mirror) run(ctx context.Context, c *Copy) {
	defer m.idle.Done()
	defer func() {
		// What two models answered must never end the serving of callers.
		if reason := recover(); reason != nil {
			m.log.Error("comparing two answers failed", "candidate", c.lane.candidate,
				"requestID", c.request.ID, "panic", reason, "stack", string(debug.Stack()))
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.running--
		c.lane.running--
		m.dispatch()
	}()
	c.send(ctx)
}
