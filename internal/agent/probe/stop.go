package probe

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"landfall.dev/landfall/internal/verify"
)

// stopConcurrency is how many requests are under way while a pod goes away.
const stopConcurrency = 2

// stopTimes are from the first request, at which the pod is deleted. For five
// seconds from then it still answers (its preStop sleep), then SIGTERM comes.
type stopTimes struct {
	// send is how long ordinary requests are sent: routers have heard of the
	// deletion by then.
	send time.Duration
	// release is when requests that were begun at send get their last byte.
	release time.Duration
}

var usualStop = stopTimes{send: 3 * time.Second, release: 8 * time.Second}

// throughStop sends requests while the pod drains, and then some that are in
// flight when SIGTERM comes, however fast the model is: their last byte is held
// back until after it.
func throughStop(ctx context.Context, s *sender, times stopTimes) verify.StopCounts {
	begin := time.Now()
	load := closedLoop(ctx, stopConcurrency, times.send, s.send)
	counts := verify.StopCounts{Answered: load.Requests - load.Errors, Failed: load.Errors}
	var mu sync.Mutex
	var group sync.WaitGroup
	for index := range stopConcurrency {
		r := s.requests[index%len(s.requests)]
		if len(r.Body) == 0 {
			continue // nothing to hold back
		}
		counts.InFlight++
		group.Go(func() {
			if s.sendHeld(ctx, r, begin.Add(times.release)) == "" {
				mu.Lock()
				defer mu.Unlock()
				counts.InFlightAnswered++
			}
		})
	}
	group.Wait()
	return counts
}

// sendHeld sends a request whose last byte leaves at a given time.
func (s *sender) sendHeld(ctx context.Context, r verify.Request, release time.Time) string {
	ctx, cancel := context.WithTimeout(ctx, time.Until(release)+s.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, &heldReader{ctx: ctx, body: r.Body, release: release})
	if err != nil {
		return failureOther
	}
	request.ContentLength = int64(len(r.Body))
	setHeaders(request, r)
	response, err := s.client.Do(request)
	if err != nil {
		return failureOf(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return failureOf(err)
	}
	return statusFailure(response.StatusCode, r)
}

// heldReader keeps the last byte back. It is read by one goroutine.
type heldReader struct {
	ctx     context.Context //nolint:containedctx // a reader has no other way to hear of it
	body    []byte
	release time.Time
}

func (h *heldReader) Read(into []byte) (int, error) {
	if len(h.body) == 0 {
		return 0, io.EOF
	}
	until := len(h.body) - 1
	if until == 0 {
		if !wait(h.ctx, h.release) {
			return 0, h.ctx.Err()
		}
		until = 1
	}
	n := copy(into, h.body[:until])
	h.body = h.body[n:]
	return n, nil
}
