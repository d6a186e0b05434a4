package mirror

import (
	"context"
	"errors"
	"io"

	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/measure"
)

// Copy is one request that is to be copied. Exactly one of Submit and Abandon
// ends it. It is not safe for concurrent use.
type Copy struct {
	lane      *Lane
	reference string
	request   exchange.Request
	answer    keeper
	outcome   exchange.Outcome
	header    exchange.AnswerHeader
	status    int
}

// Keep keeps a piece of the reference's answer. It copies the bytes, and never
// fails: an answer that is too large is not compared.
func (c *Copy) Keep(piece []byte) { c.answer.add(piece) }

// Submit hands the copy over once the caller has been answered. What the
// reference answered is taken from answer, except for its body.
func (c *Copy) Submit(answer *exchange.Answer) {
	c.outcome, c.header, c.status = answer.Outcome, answer.Header, answer.OriginalStatus
	size := c.request.Body.SizeBytes()
	// The mirror's memory counts the body; callers shall have theirs back.
	c.request.Body.LeaveBudget()
	if !c.lane.mirror.enqueue(c) {
		c.lane.sink.Copied(c.reference, c.lane.candidate, size, true)
		c.release()
	}
}

// Abandon gives the copy up, when the caller went away without an answer.
func (c *Copy) Abandon() { c.release() }

func (c *Copy) release() {
	c.answer.drop()
	c.lane.mirror.memory.Release(c.request.Body.HeldBytes())
	c.request.Body.Release()
}

// send asks the candidate and compares.
func (c *Copy) send(ctx context.Context) {
	defer c.release()
	lane := c.lane
	lane.sink.Copied(c.reference, lane.candidate, c.request.Body.SizeBytes(), false)
	candidate := keeper{memory: lane.mirror.memory}
	defer candidate.drop()
	start := lane.mirror.now()
	answer, outcome := c.ask(ctx, &candidate)
	if outcome == exchange.Cancelled {
		return
	}
	end := lane.mirror.now()
	lane.sink.Mirrored(lane.candidate, measure.Sample{Outcome: outcome, Latency: end.Sub(start), End: end})
	verdict, example := c.judge(answer, outcome, &candidate)
	example.Time, example.RequestID = end, c.request.ID
	lane.sink.Compared(c.reference, lane.candidate, verdict, example)
}

// ask sends the request to the candidate and reads all of its answer.
func (c *Copy) ask(ctx context.Context, kept *keeper) (*exchange.Answer, exchange.Outcome) {
	answer, err := c.lane.arm.Do(ctx, &c.request)
	if err == nil && answer.Body != nil {
		_, err = io.Copy(kept, answer.Body)
	}
	if answer != nil {
		_ = answer.Close() // all of it was read, or the read error counts
	}
	switch {
	case ctx.Err() != nil:
		return nil, exchange.Cancelled
	case err != nil:
		if none, ok := errors.AsType[*exchange.NoAnswer](err); ok && none.Reason == exchange.Gone {
			return nil, exchange.Cancelled
		}
		return &exchange.Answer{}, exchange.ServiceError
	default:
		return answer, answer.Outcome
	}
}

// judge compares what can be compared.
func (c *Copy) judge(
	answer *exchange.Answer, outcome exchange.Outcome, candidate *keeper,
) (measure.Verdict, evidence.Example) {
	switch {
	case c.outcome == exchange.ServiceError:
		return measure.ReferenceFailed, evidence.Example{}
	case c.outcome != outcome || c.outcome == exchange.CallerError && c.status != answer.OriginalStatus:
		return measure.Different, evidence.Example{Kind: "status"}
	case c.outcome == exchange.CallerError:
		return measure.Equal, evidence.Example{}
	case c.answer.overflowed || candidate.overflowed:
		return measure.Opaque, evidence.Example{}
	}
	// Every success reads as 200 to a caller, whatever 2xx a container chose.
	const success = 200
	return c.lane.compare(
		Answer{
			Status: success, ContentType: c.header[exchange.AnswerContentType],
			ContentEncoding: c.header[exchange.AnswerContentEncoding], Body: c.answer.data,
		},
		Answer{
			Status: success, ContentType: answer.Header[exchange.AnswerContentType],
			ContentEncoding: answer.Header[exchange.AnswerContentEncoding], Body: candidate.data,
		},
	)
}

// keeper keeps an answer within the mirror's memory.
type keeper struct {
	memory *exchange.Budget
	data   []byte
	// heldBytes is what data takes of memory.
	heldBytes  int64
	overflowed bool
}

// Write implements io.Writer; it never fails.
func (k *keeper) Write(piece []byte) (int, error) {
	k.add(piece)
	return len(piece), nil
}

func (k *keeper) add(piece []byte) {
	if k.overflowed || len(piece) == 0 {
		return
	}
	size := len(k.data) + len(piece)
	if size > maxAnswerBytes {
		k.overflow()
		return
	}
	if size > cap(k.data) {
		capacity := max(size, min(2*cap(k.data), maxAnswerBytes))
		if !k.memory.TryAcquire(int64(capacity) - k.heldBytes) {
			k.overflow()
			return
		}
		k.heldBytes = int64(capacity)
		k.data = append(make([]byte, 0, capacity), k.data...)
	}
	k.data = append(k.data, piece...)
}

func (k *keeper) overflow() {
	k.drop()
	k.overflowed = true
}

func (k *keeper) drop() {
	k.memory.Release(k.heldBytes)
	k.data, k.heldBytes = nil, 0
}
