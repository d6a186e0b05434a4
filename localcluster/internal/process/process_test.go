package process

import (
	"bufio"
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"landfall.dev/landfall/localcluster/internal/state"
)

// table is the one reaper of this test program; two would steal each other's
// children.
var table = NewTable()

func shell(t *testing.T, script string) (Spec, *bufio.Scanner) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close(); write.Close() })
	return Spec{Path: "/bin/sh", Args: []string{"sh", "-c", script}, Env: []string{"GREETING=hello"}, Output: write}, bufio.NewScanner(read)
}

func TestStart(t *testing.T) {
	tests := map[string]struct{ script, want string }{
		"success": {script: "exit 0", want: "exited with status 0"},
		"failure": {script: "exit 7", want: "exited with status 7"},
		"signal":  {script: "kill -9 $$", want: "killed by signal killed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			spec, _ := shell(t, tt.script)
			child, err := table.Start(spec)
			if err != nil {
				t.Fatal(err)
			}
			if got := Describe(<-child.Done); got != tt.want {
				t.Errorf("%q %s, want %q", tt.script, got, tt.want)
			}
		})
	}
}

func TestStartPassesOnlyWhatItIsGiven(t *testing.T) {
	t.Setenv("SECRET", "of our own environment")
	spec, output := shell(t, "echo $GREETING $SECRET; cat; echo end")
	if err := table.Run(spec); err != nil {
		t.Fatal(err)
	}
	spec.Output.Close()
	var lines []string
	for output.Scan() {
		lines = append(lines, output.Text())
	}
	if got := strings.Join(lines, "|"); got != "hello|end" {
		t.Errorf("the child saw %q, want %q", got, "hello|end")
	}
}

func TestStartReportsAMissingProgram(t *testing.T) {
	spec, _ := shell(t, "")
	spec.Path = "/does/not/exist"
	if _, err := table.Start(spec); err == nil || !strings.Contains(err.Error(), spec.Path) {
		t.Errorf("Start: %v, want an error that names the program", err)
	}
}

func TestRunReportsAFailure(t *testing.T) {
	spec, _ := shell(t, "exit 3")
	if err := table.Run(spec); err == nil || !strings.Contains(err.Error(), "status 3") {
		t.Errorf("Run: %v, want the exit status", err)
	}
}

// Children that end at once must not be lost between fork and registration.
func TestNoExitIsLost(t *testing.T) {
	for range 50 {
		spec, _ := shell(t, "exit 5")
		child, err := table.Start(spec)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case status := <-child.Done:
			if status.ExitStatus() != 5 {
				t.Fatal(Describe(status))
			}
		case <-time.After(time.Minute):
			t.Fatal("the exit of a child was never reported")
		}
	}
}

func TestNextDelay(t *testing.T) {
	tests := map[string]struct{ previous, lived, want time.Duration }{
		"first crash":    {lived: time.Second, want: firstDelay},
		"second crash":   {previous: firstDelay, lived: time.Second, want: 2 * firstDelay},
		"many crashes":   {previous: lastDelay, lived: time.Second, want: lastDelay},
		"settled before": {previous: lastDelay, lived: settled, want: firstDelay},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := nextDelay(tt.previous, tt.lived); got != tt.want {
				t.Errorf("nextDelay(%s, %s) = %s, want %s", tt.previous, tt.lived, got, tt.want)
			}
		})
	}
}

func TestKeepRestarts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := make(chan state.Component, 100)
	keeper := NewKeeper(table, func(all []state.Component) { seen <- all[0] })
	go keeper.Keep(ctx, "crasher", func() (Spec, error) {
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		return Spec{Path: "/bin/sh", Args: []string{"sh", "-c", "exit 4"}, Output: null}, err
	}, nil)
	var last state.Component
	for last.Restarts < 2 {
		last = <-seen
	}
	if last.Name != "crasher" || last.PID != 0 || last.LastExit != "exited with status 4" {
		t.Errorf("after two crashes the keeper says %+v", last)
	}
}

func TestKeepEndsAChildThatCannotBeSetUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := make(chan state.Component, 100)
	pids := make(chan int, 10)
	keeper := NewKeeper(table, func(all []state.Component) { seen <- all[0] })
	go keeper.Keep(ctx, "unwired", func() (Spec, error) {
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		return Spec{Path: "/bin/sh", Args: []string{"sh", "-c", "while :; do :; done"}, Output: null}, err
	}, func(child Child) error {
		pids <- child.PID
		cancel()
		return errors.New("no wire")
	})
	var last state.Component
	for last.LastExit == "" {
		last = <-seen
	}
	if last.LastExit != "no wire" {
		t.Errorf("the keeper gives the reason %q, want %q", last.LastExit, "no wire")
	}
	if err := syscall.Kill(<-pids, 0); err != syscall.ESRCH {
		t.Errorf("the child still runs: %v", err)
	}
}
