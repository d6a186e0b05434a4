package process

import (
	"context"
	"log/slog"
	"sync"
	"syscall"
	"time"

	"landfall.dev/landfall/localcluster/internal/state"
)

const (
	// firstDelay lets a crashed component come back at once in practice, yet
	// keeps one that cannot start from eating a core.
	firstDelay = 500 * time.Millisecond
	// lastDelay caps the doubling between restarts.
	lastDelay = 10 * time.Second
	// settled is how long a process must have lived for its next crash to count
	// as the first.
	settled = 15 * time.Second
)

// Keeper restarts children for ever and publishes what it knows of them.
type Keeper struct {
	table   *Table
	publish func([]state.Component)

	mu   sync.Mutex
	seen []state.Component
}

// NewKeeper returns a keeper that calls publish after each change, never twice
// at once.
func NewKeeper(table *Table, publish func([]state.Component)) *Keeper {
	return &Keeper{table: table, publish: publish}
}

// Keep runs the child that prepare describes, again and again until ctx ends.
// started is called with each child before it is waited for; it may be nil.
func (k *Keeper) Keep(ctx context.Context, name string, prepare func() (Spec, error), started func(Child) error) {
	index := k.add(name)
	var delay time.Duration
	for ctx.Err() == nil {
		began := time.Now() //nolint:forbidigo // nextDelay, which decides, takes the time as a value
		reason := k.once(index, prepare, started)
		delay = nextDelay(delay, time.Since(began))
		slog.Warn("component ended, restarting it", "component", name, "reason", reason, "delay", delay.String())
		k.change(index, func(c *state.Component) { c.PID, c.LastExit, c.Restarts = 0, reason, c.Restarts+1 })
		select {
		case <-ctx.Done():
		case <-time.After(delay):
		}
	}
}

// nextDelay doubles the pause of a component that keeps failing.
func nextDelay(previous, lived time.Duration) time.Duration {
	if lived >= settled {
		return firstDelay
	}
	return min(max(2*previous, firstDelay), lastDelay)
}

func (k *Keeper) once(index int, prepare func() (Spec, error), started func(Child) error) string {
	spec, err := prepare()
	if err != nil {
		return err.Error()
	}
	child, err := k.table.Start(spec)
	if spec.Output != nil {
		_ = spec.Output.Close()
	}
	if err != nil {
		return err.Error()
	}
	k.change(index, func(c *state.Component) { c.PID = child.PID })
	if started != nil {
		if err := started(child); err != nil {
			_ = syscall.Kill(child.PID, syscall.SIGKILL)
			<-child.Done
			return err.Error()
		}
	}
	return Describe(<-child.Done)
}

func (k *Keeper) add(name string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen = append(k.seen, state.Component{Name: name})
	return len(k.seen) - 1
}

func (k *Keeper) change(index int, edit func(*state.Component)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	edit(&k.seen[index])
	k.publish(append([]state.Component(nil), k.seen...))
}
