package pods

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/table"
)

// fakePod answers what its function says.
type fakePod struct {
	do     func(ctx context.Context) (*exchange.Answer, error)
	calls  int
	closed bool
}

func (f *fakePod) Do(ctx context.Context, _ *exchange.Request) (*exchange.Answer, error) {
	f.calls++
	return f.do(ctx)
}

func (f *fakePod) Close() { f.closed = true }

func answers(status int, text string) func(context.Context) (*exchange.Answer, error) {
	return func(context.Context) (*exchange.Answer, error) {
		return &exchange.Answer{
			Status: status, LengthBytes: int64(len(text)), Body: io.NopCloser(strings.NewReader(text)),
		}, nil
	}
}

func unreachable(context.Context) (*exchange.Answer, error) {
	return nil, &exchange.NoAnswer{Reason: exchange.Unreachable, Err: errors.New("refused")}
}

// pool returns a pool of fakes, and a clock that stands still until it is moved.
func pool(fakes map[string]*fakePod) (*Pool, *time.Time) {
	now := time.Unix(1000, 0)
	p := NewPool(func(address string) Transport { return fakes[address] }, func() time.Time { return now }, nil)
	return p, &now
}

func variant(addresses ...string) *table.Variant {
	return &table.Variant{Timeout: time.Minute, Pods: &table.Pods{Addresses: addresses}}
}

var request = &exchange.Request{Body: exchange.NewBody(nil)}

// The pod with the fewest requests in hand gets the next one; a streamed answer
// counts until it is closed.
func TestLeastOutstanding(t *testing.T) {
	stream := func(context.Context) (*exchange.Answer, error) {
		return &exchange.Answer{Status: 200, LengthBytes: -1, Body: io.NopCloser(strings.NewReader("x"))}, nil
	}
	fakes := map[string]*fakePod{"a": {do: stream}, "b": {do: stream}, "c": {do: stream}}
	p, _ := pool(fakes)
	p.Update(variant("a", "b", "c"))
	var open []*exchange.Answer
	for range 9 {
		answer, err := p.Do(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, answer)
	}
	for address, f := range fakes {
		if f.calls != 3 {
			t.Errorf("pod %s got %d of 9 requests in hand; want 3", address, f.calls)
		}
	}
	p.Update(variant("a", "b"))
	if !fakes["c"].closed || fakes["a"].closed {
		t.Error("the connections of the pod that left stay open, or another's were closed")
	}
	for _, answer := range open {
		if err := answer.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, member := range p.current.Load().pods {
		if n := member.outstanding.Load(); n != 0 {
			t.Errorf("pod %s still counts %d requests", member.address, n)
		}
	}
}

// A pod that could not be reached is passed over for a while, then tried again.
func TestAvoidsUnreachable(t *testing.T) {
	fakes := map[string]*fakePod{"bad": {do: unreachable}, "good": {do: answers(200, "ok")}}
	p, now := pool(fakes)
	p.Update(variant("bad", "good"))
	ask := func() {
		t.Helper()
		for range 50 {
			if _, err := p.Do(t.Context(), request); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask()
	if fakes["bad"].calls > 1 {
		t.Errorf("the unreachable pod was asked %d times within a moment; want at most once", fakes["bad"].calls)
	}
	before := fakes["bad"].calls
	*now = now.Add(avoidFor + time.Millisecond)
	ask()
	if fakes["bad"].calls != before+1 {
		t.Errorf("after a while the pod was asked %d times; want once", fakes["bad"].calls-before)
	}
}

// Attempts are bounded, and errors that are an answer are not tried again.
func TestAttempts(t *testing.T) {
	cases := map[string]struct {
		reason  string
		do      func(context.Context) (*exchange.Answer, error)
		calls   int
		noReply exchange.Reason
	}{
		"Unreachable": {"Every pod unreachable: three attempts.", unreachable, maxAttempts, exchange.Unreachable},
		"TimedOut": {"A time-out is not tried again.", func(context.Context) (*exchange.Answer, error) {
			return nil, &exchange.NoAnswer{Reason: exchange.TimedOut, Err: context.DeadlineExceeded}
		}, 1, exchange.TimedOut},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			fakes := map[string]*fakePod{}
			var addresses []string
			for _, address := range []string{"a", "b", "c", "d", "e"} {
				fakes[address] = &fakePod{do: tc.do}
				addresses = append(addresses, address)
			}
			p, _ := pool(fakes)
			p.Update(variant(addresses...))
			_, err := p.Do(t.Context(), request)
			none, ok := errors.AsType[*exchange.NoAnswer](err)
			if !ok || none.Reason != tc.noReply {
				t.Errorf("%s\nerror is %v; want %s", tc.reason, err, tc.noReply)
			}
			calls := 0
			for _, f := range fakes {
				if f.calls > 1 {
					t.Errorf("%s\na pod was asked %d times; want each at most once", tc.reason, f.calls)
				}
				calls += f.calls
			}
			if calls != tc.calls {
				t.Errorf("%s\n%d attempts; want %d", tc.reason, calls, tc.calls)
			}
		})
	}
}

// A container's error body is cut, and made valid text.
func TestLongError(t *testing.T) {
	long := strings.Repeat("\xff", exchange.MaxOriginalBytes+5)
	p, _ := pool(map[string]*fakePod{"a": {do: answers(500, long)}})
	p.Update(variant("a"))
	answer, err := p.Do(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	original := answer.Fault.Original
	if !original.Truncated || original.Message != "\uFFFD" || answer.Outcome != exchange.ServiceError {
		t.Errorf("a long broken error reads as %d bytes, truncated %t, %s", len(original.Message), original.Truncated, answer.Outcome)
	}
}

// Membership may change while requests run.
func TestConcurrentUpdates(t *testing.T) {
	dial := func(string) Transport { return safePod{} }
	p := NewPool(dial, time.Now, nil)
	p.Update(variant("a"))
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range 500 {
				answer, err := p.Do(context.Background(), request)
				if err != nil {
					t.Error(err)
					return
				}
				_ = answer.Close()
			}
		})
	}
	for i := range 200 {
		p.Update(variant("a", string(rune('b'+i%20))))
	}
	running.Wait()
	p.Close()
	if _, err := p.Do(context.Background(), request); err == nil {
		t.Error("a closed pool answers")
	}
}

type safePod struct{}

func (safePod) Do(ctx context.Context, _ *exchange.Request) (*exchange.Answer, error) {
	return answers(200, "ok")(ctx)
}

func (safePod) Close() {}
