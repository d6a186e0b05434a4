package mirror

import (
	"context"
	"slices"

	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/measure"
)

// Sink is told what becomes of copies. It must be safe for concurrent use.
type Sink interface {
	// Copied tells that a copy was sent, or dropped for want of budget.
	Copied(reference, candidate string, sizeBytes int64, dropped bool)
	// Mirrored tells how the candidate answered a copy.
	Mirrored(candidate string, sample measure.Sample)
	// Compared tells what came of a pair of answers.
	Compared(reference, candidate string, verdict measure.Verdict, example evidence.Example)
}

// Answer is what is compared of an answer.
type Answer struct {
	// Status is the container's own status.
	Status int
	// ContentType and ContentEncoding are the answer's.
	ContentType, ContentEncoding string
	// Body is the whole payload.
	Body []byte
}

// Compare compares two answers. It fills in the example's Path, Kind and
// RelativeError when they differ.
type Compare func(reference, candidate Answer) (measure.Verdict, evidence.Example)

// Lane is the copies that go to one variant under one revision of the traffic.
type Lane struct {
	mirror    *Mirror
	candidate string
	arm       exchange.Arm
	compare   Compare
	sink      Sink
	ctx       context.Context //nolint:containedctx // the lane's life, which outlasts every call
	cancel    context.CancelFunc

	// The mirror's lock guards these.
	queue   []*Copy
	running int
}

// NewLane returns a lane to the variant named candidate, which arm reaches.
func (m *Mirror) NewLane(candidate string, arm exchange.Arm, compare Compare, sink Sink) *Lane {
	ctx, cancel := context.WithCancel(context.Background())
	return &Lane{mirror: m, candidate: candidate, arm: arm, compare: compare, sink: sink, ctx: ctx, cancel: cancel}
}

// Candidate is the variant the lane leads to.
func (l *Lane) Candidate() string { return l.candidate }

// Close drops the copies that wait and cancels those that run. No figures come
// of them.
func (l *Lane) Close() {
	l.cancel()
	l.mirror.mu.Lock()
	dropped := l.queue
	l.queue = nil
	l.mirror.waiting -= len(dropped)
	l.mirror.ready = slices.DeleteFunc(l.mirror.ready, func(lane *Lane) bool { return lane == l })
	l.mirror.mu.Unlock()
	for _, c := range dropped {
		c.release()
	}
}

// Begin prepares a copy of a request that reference is about to answer. It
// returns nil, and counts the copy as dropped, when the bytes are spent.
func (l *Lane) Begin(reference string, request *exchange.Request) *Copy {
	if l.ctx.Err() != nil {
		return nil
	}
	if !l.mirror.memory.TryAcquire(request.Body.HeldBytes()) {
		l.sink.Copied(reference, l.candidate, request.Body.SizeBytes(), true)
		return nil
	}
	request.Body.Retain()
	return &Copy{
		lane: l, reference: reference, request: *request,
		answer: keeper{memory: l.mirror.memory},
	}
}
