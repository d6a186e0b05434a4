// Package process runs the children of an init process.
//
// The first process of a namespace inherits every orphan and must reap it, which
// os/exec cannot do: its Wait and a reaper would steal each other's results. A
// Table is the only caller of wait4 in its process and hands each exit status
// to whoever started that child. It kills nothing: when the process that owns
// the namespace ends, the kernel ends the rest.
package process

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
)

// Spec describes a child.
type Spec struct {
	// Path is the program; Args is its full argv, name first.
	Path string
	Args []string
	Env  []string
	// Output receives stdout and stderr.
	Output *os.File
	// Input is standard input; nil means /dev/null.
	Input *os.File
	// Cloneflags asks for new namespaces, as in clone(2).
	Cloneflags uintptr
}

// Child is a started process.
type Child struct {
	// PID as this process sees it.
	PID int
	// Done yields the exit status once.
	Done <-chan syscall.WaitStatus
}

// Table starts and reaps. Make one per process with NewTable.
type Table struct {
	requests chan request

	mu      sync.Mutex
	waiting map[int]chan syscall.WaitStatus
}

type request struct {
	spec  Spec
	reply chan<- result
}

type result struct {
	child Child
	err   error
}

// NewTable takes over child handling for the whole process.
func NewTable() *Table {
	t := &Table{requests: make(chan request), waiting: map[int]chan syscall.WaitStatus{}}
	go t.spawn()
	go t.reap()
	return t
}

// Start runs a child.
func (t *Table) Start(spec Spec) (Child, error) {
	reply := make(chan result, 1)
	t.requests <- request{spec: spec, reply: reply}
	r := <-reply
	return r.child, r.err
}

// Run starts a child and waits for it; a failing exit is an error.
func (t *Table) Run(spec Spec) error {
	child, err := t.Start(spec)
	if err != nil {
		return err
	}
	if status := <-child.Done; status != 0 {
		return fmt.Errorf("%s: %s", spec.Args[0], Describe(status))
	}
	return nil
}

// spawn forks from one thread that never ends, because a child's parent-death
// signal fires when the thread that made it ends, not the process.
func (t *Table) spawn() {
	runtime.LockOSThread()
	for r := range t.requests {
		child, err := t.fork(r.spec)
		r.reply <- result{child: child, err: err}
	}
}

func (t *Table) fork(spec Spec) (Child, error) {
	input := spec.Input
	if input == nil {
		null, err := os.Open(os.DevNull)
		if err != nil {
			return Child{}, fmt.Errorf("open standard input of %s: %w", spec.Args[0], err)
		}
		defer null.Close()
		input = null
	}
	// Held across the fork so that a child that ends at once is not reaped
	// before it is in the table.
	t.mu.Lock()
	defer t.mu.Unlock()
	//nolint:gosec // running what it is told to is this package's purpose
	pid, err := syscall.ForkExec(spec.Path, spec.Args, &syscall.ProcAttr{
		Env:   spec.Env,
		Files: []uintptr{input.Fd(), spec.Output.Fd(), spec.Output.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: spec.Cloneflags},
	})
	if err != nil {
		return Child{}, fmt.Errorf("start %s (%s): %w", spec.Args[0], spec.Path, err)
	}
	done := make(chan syscall.WaitStatus, 1)
	t.waiting[pid] = done
	return Child{PID: pid, Done: done}, nil
}

func (t *Table) reap() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	for {
		for t.reapOne() {
		}
		<-ended
	}
}

// reapOne collects one ended child, ours or inherited; false when there is none.
func (t *Table) reapOne() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
	if err == syscall.EINTR {
		return true
	}
	if err != nil || pid <= 0 {
		return false
	}
	if done, ours := t.waiting[pid]; ours {
		delete(t.waiting, pid)
		done <- status
	}
	return true
}

// Describe says in words how a process ended.
func Describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "killed by signal " + status.Signal().String()
	}
	return fmt.Sprintf("exited with status %d", status.ExitStatus())
}
