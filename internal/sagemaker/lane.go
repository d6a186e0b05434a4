package sagemaker

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// lane does the calls of one operation, a few at once, in the order in which
// they came. A lane of its own for each operation keeps one that waits for its
// turn from holding up the others.
type lane struct {
	group *errgroup.Group
	width int

	mu sync.Mutex
	// first go before waiting.
	first, waiting []func() error
	running        int
}

// add has a call done. It never waits, and may be used by a call under way.
func (l *lane) add(call func() error, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if first {
		l.first = append(l.first, call)
	} else {
		l.waiting = append(l.waiting, call)
	}
	if l.running < l.width {
		l.running++
		l.group.Go(l.work)
	}
}

func (l *lane) work() error {
	for {
		call, found := l.next()
		if !found {
			return nil
		}
		if err := call(); err != nil {
			return err
		}
	}
}

// next takes the next call. A worker that finds none has ended.
func (l *lane) next() (call func() error, found bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, queue := range []*[]func() error{&l.first, &l.waiting} {
		if len(*queue) > 0 {
			call, (*queue)[0] = (*queue)[0], nil
			*queue = (*queue)[1:]
			return call, true
		}
	}
	l.running--
	return nil, false
}

func (l *lane) length() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.first) + len(l.waiting) + l.running
}

// lanes are the lanes of all operations.
type lanes struct {
	ctx   context.Context //nolint:containedctx // a lane lives as long as the scan that it belongs to
	group *errgroup.Group
	width int

	mu   sync.Mutex
	byOp map[string]*lane
	// known and done count the calls of all lanes.
	known, done int
	// ended hears of each call that ended.
	ended func()
}

func newLanes(ctx context.Context, group *errgroup.Group, width int) *lanes {
	return &lanes{ctx: ctx, group: group, width: width, byOp: map[string]*lane{}, ended: func() {}}
}

// add has a call of an operation done. after is called when it has ended,
// whatever came of it.
func (l *lanes) add(operation string, call func(context.Context) error, after ...func()) {
	l.enter(operation, call, after, false)
}

// addFirst is add for a call that goes before those that wait.
func (l *lanes) addFirst(operation string, call func(context.Context) error, after ...func()) {
	l.enter(operation, call, after, true)
}

func (l *lanes) enter(operation string, call func(context.Context) error, after []func(), first bool) {
	l.mu.Lock()
	at := l.byOp[operation]
	if at == nil {
		at = &lane{group: l.group, width: l.width}
		l.byOp[operation] = at
	}
	l.known++
	l.mu.Unlock()
	at.add(func() error {
		err := l.ctx.Err()
		if err == nil {
			err = call(l.ctx)
		}
		l.mu.Lock()
		l.done++
		l.mu.Unlock()
		for _, f := range after {
			f()
		}
		l.ended()
		return err
	}, first)
}

// count returns how many calls are done and how many are known of.
func (l *lanes) count() (done, known int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done, l.known
}

// waiting returns the calls that each operation has still to do.
func (l *lanes) waiting() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := make(map[string]int, len(l.byOp))
	for operation, at := range l.byOp {
		waiting[operation] = at.length()
	}
	return waiting
}
