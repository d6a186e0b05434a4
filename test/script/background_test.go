package script

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// program runs in the background of a script. Its two streams go to one text:
// scripts ask what a person sees.
type program struct {
	mu   sync.Mutex
	text bytes.Buffer
	run  *exec.Cmd
	done chan error
}

func (p *program) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(data)
}

func (p *program) shown() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// programs are those of one script, by name.
type programs map[string]*program

type programsKey struct{}

func running(ts *testscript.TestScript, name string) *program {
	all, _ := ts.Value(programsKey{}).(programs)
	p := all[name]
	if p == nil {
		ts.Fatalf("no program %q was started in the background", name)
	}
	return p
}

// background starts a program: background NAME PROGRAM [ARG...].
func background(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: background NAME PROGRAM [ARG...]")
	}
	path, err := exec.LookPath(args[1])
	ts.Check(err)
	p := &program{done: make(chan error, 1)}
	p.run = exec.Command(path, args[2:]...)
	p.run.Dir = ts.MkAbs(".")
	p.run.Stdout, p.run.Stderr = p, p
	for _, name := range []string{"HOME", "PATH", "KUBECONFIG", "NO_COLOR", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		p.run.Env = append(p.run.Env, name+"="+ts.Getenv(name))
	}
	ts.Check(p.run.Start())
	go func() { p.done <- p.run.Wait() }()
	ts.Defer(func() { _ = p.run.Process.Kill() }) // one that has ended cannot be killed, and need not be
	all, _ := ts.Value(programsKey{}).(programs)
	all[args[0]] = p
}

// until waits until a program in the background shows something, or for
// "until NAME exits CODE" until it ends: until NAME REGEXP.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until NAME REGEXP, or until NAME exits CODE")
	}
	p := running(ts, args[0])
	if args[1] == "exits" && len(args) == 3 {
		p.exits(ts, args[2])
		return
	}
	pattern := compile(ts, args[1])
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !pattern.MatchString(p.shown()) {
		select {
		case <-deadline.C:
			ts.Fatalf("%s does not show %s within %s; it shows:\n%s", args[0], args[1], patience, p.shown())
		case <-tick.C:
		}
	}
}

func (p *program) exits(ts *testscript.TestScript, code string) {
	want, err := strconv.Atoi(code)
	ts.Check(err)
	select {
	case <-p.done:
		if got := p.run.ProcessState.ExitCode(); got != want {
			ts.Fatalf("it exits with %d, want %d; it shows:\n%s", got, want, p.shown())
		}
	case <-time.After(patience):
		ts.Fatalf("it does not end within %s; it shows:\n%s", patience, p.shown())
	}
	ts.Logf("[it shows]\n%s", p.shown())
}

// interrupt sends a program in the background what Ctrl-C sends: interrupt NAME.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: interrupt NAME")
	}
	ts.Check(running(ts, args[0]).run.Process.Signal(os.Interrupt))
}

// shows checks what a program in the background has shown so far: [!] shows
// NAME REGEXP [COUNT].
func shows(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: [!] shows NAME REGEXP [COUNT]")
	}
	text := running(ts, args[0]).shown()
	found := compile(ts, args[1]).FindAllString(text, -1)
	switch {
	case neg && len(found) > 0:
		ts.Fatalf("%s shows %s, want not; it shows:\n%s", args[0], strings.Join(found, ", "), text)
	case !neg && len(args) == 3 && strconv.Itoa(len(found)) != args[2]:
		ts.Fatalf("%s shows %s %d times, want %s; it shows:\n%s", args[0], args[1], len(found), args[2], text)
	case !neg && len(found) == 0:
		ts.Fatalf("%s does not show %s; it shows:\n%s", args[0], args[1], text)
	}
}

func compile(ts *testscript.TestScript, pattern string) *regexp.Regexp {
	compiled, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	return compiled
}
