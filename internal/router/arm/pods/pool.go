// Package pods answers requests from the pods of a variant.
//
// It owns the choice of the pod (least outstanding requests), trying another
// pod when one is unreachable, and turning a container's error into SageMaker's
// ModelError. It refuses to decide between variants, and knows connections only
// as a Transport.
package pods

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/table"
)

// Transport carries requests to one pod. Do returns the container's own answer,
// whatever its status, or an *exchange.NoAnswer. Closing it lets requests in
// flight finish and drops idle connections.
type Transport interface {
	exchange.Arm
	Close()
}

// Dialer returns a transport to an address, host:port. It must not block.
type Dialer func(address string) Transport

// Retrying.
const (
	// maxAttempts is how many pods one request may try. A pod that went away
	// and its successor's neighbour make two; a third covers a node going
	// away. More would let one poisonous request visit every pod.
	maxAttempts = 3
	// avoidFor is how long a pod that could not be reached is passed over
	// while others are there: about as long as its removal from the
	// EndpointSlice takes.
	avoidFor = time.Second
)

// pod is one address and how busy it is.
type pod struct {
	address     string
	transport   Transport
	outstanding atomic.Int64
	// avoidUntil is in Unix nanoseconds.
	avoidUntil atomic.Int64
}

// members is an immutable list of pods.
type members struct {
	pods    []*pod
	loading bool
	timeout time.Duration
}

// Pool is a variant's pods. Its membership changes as a whole; counts of busy
// pods survive changes. Update and Close must not run at once; everything else
// may run concurrently.
type Pool struct {
	dial    Dialer
	now     func() time.Time
	onRetry func(exchange.Reason)
	current atomic.Pointer[members]
}

// NewPool returns a pool without pods. onRetry, unless nil, is told why a
// request is tried on another pod.
func NewPool(dial Dialer, now func() time.Time, onRetry func(exchange.Reason)) *Pool {
	p := &Pool{dial: dial, now: now, onRetry: onRetry}
	p.current.Store(&members{})
	return p
}

// Update changes the pool to the pods and the time limit of variant, whose Pods
// must be set.
func (p *Pool) Update(variant *table.Variant) {
	known := map[string]*pod{}
	for _, member := range p.current.Load().pods {
		known[member.address] = member
	}
	next := &members{loading: variant.Pods.Loading, timeout: variant.Timeout}
	for _, address := range variant.Pods.Addresses {
		member := known[address]
		if member == nil {
			member = &pod{address: address, transport: p.dial(address)}
		}
		delete(known, address)
		next.pods = append(next.pods, member)
	}
	p.current.Store(next)
	for _, gone := range known {
		gone.transport.Close()
	}
}

// Close drops all pods and their idle connections.
func (p *Pool) Close() {
	p.Update(&table.Variant{Pods: &table.Pods{}})
}

// Do implements exchange.Arm. The answer's time limit covers its body too.
func (p *Pool) Do(ctx context.Context, request *exchange.Request) (*exchange.Answer, error) {
	set := p.current.Load()
	if len(set.pods) == 0 {
		return nil, set.empty()
	}
	callerDone := ctx.Done()
	ctx, cancel := context.WithTimeout(ctx, set.timeout)
	answer, err := p.try(ctx, set, request)
	if err != nil {
		cancel()
		return nil, classify(err, callerDone)
	}
	return answer.settle(cancel)
}

// empty says why there is no pod to ask.
func (m *members) empty() *exchange.NoAnswer {
	if m.loading {
		return &exchange.NoAnswer{Reason: exchange.Loading, Err: errors.New("no pod has its model loaded yet")}
	}
	return &exchange.NoAnswer{Reason: exchange.NoTarget, Err: errors.New("there is no ready pod")}
}

// try asks one pod after another until one answers.
func (p *Pool) try(ctx context.Context, set *members, request *exchange.Request) (*leased, error) {
	var tried [maxAttempts]*pod
	var last *exchange.NoAnswer
	for attempt := range maxAttempts {
		member := p.pick(set.pods, tried[:attempt])
		if attempt > 0 && p.onRetry != nil {
			p.onRetry(exchange.Unreachable)
		}
		tried[attempt] = member
		answer, err := member.do(ctx, request)
		if err == nil {
			return answer, nil
		}
		noAnswer, ok := errors.AsType[*exchange.NoAnswer](err)
		if !ok || noAnswer.Reason != exchange.Unreachable {
			return nil, err
		}
		seen := noAnswer.Seen || last != nil && last.Seen
		last = &exchange.NoAnswer{Reason: exchange.Unreachable, Err: noAnswer.Err, Seen: seen}
		member.avoidUntil.Store(p.now().Add(avoidFor).UnixNano())
		// The table may have moved on since: a pod that replaced this one is
		// a better choice than those known when the request came in.
		if newer := p.current.Load(); len(newer.pods) > 0 {
			set = newer
		}
	}
	return nil, last
}

// pick returns the pod with the fewest outstanding requests, beginning at a
// random one so that ties spread. Pods already tried, and those that could not
// be reached a moment ago, come last.
func (p *Pool) pick(pods []*pod, tried []*pod) *pod {
	if len(pods) == 1 {
		return pods[0]
	}
	now := p.now().UnixNano()
	start := rand.IntN(len(pods)) //nolint:gosec // spreads ties, guards nothing
	var best *pod
	var bestCost int64
	for i := range pods {
		member := pods[(start+i)%len(pods)]
		cost := member.outstanding.Load()
		if member.avoidUntil.Load() > now {
			cost += avoidCost
		}
		for _, t := range tried {
			if t == member {
				cost += triedCost
			}
		}
		if best == nil || cost < bestCost {
			best, bestCost = member, cost
		}
	}
	return best
}

// Costs beyond any number of outstanding requests.
const (
	avoidCost = 1 << 40
	triedCost = 1 << 50
)

func (m *pod) do(ctx context.Context, request *exchange.Request) (*leased, error) {
	m.outstanding.Add(1)
	answer, err := m.transport.Do(ctx, request)
	if err == nil {
		answer, err = begin(answer)
	}
	if err != nil {
		m.outstanding.Add(-1)
		return nil, err
	}
	return &leased{answer: answer, member: m}, nil
}

// classify tells the caller's going away apart from the variant's time limit:
// both end the same context.
func classify(err error, callerDone <-chan struct{}) error {
	select {
	case <-callerDone:
		return &exchange.NoAnswer{Reason: exchange.Gone, Err: err}
	default:
	}
	if _, ok := errors.AsType[*exchange.NoAnswer](err); ok {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &exchange.NoAnswer{Reason: exchange.TimedOut, Err: err}
	}
	return &exchange.NoAnswer{Reason: exchange.Unreachable, Err: err}
}
