package traffic_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/traffic"
)

var update = flag.Bool("update", false, "write what the scenarios give into their files")

// A scenario is a file of one command a line; what a `step` must give follows
// it, indented. `go test -update` writes those lines, for a person to read.
//
//	spec KEY=VALUE...      changes the spec: live, variants, state, attempt,
//	                       onFailure, shadow=PERCENT[:MIN] or shadow=none,
//	                       steps=PERCENT[:HOLD[:MIN]],..., or steps=default,
//	                       percentile, ratio, tolerance, increase, agreement
//	ready NAME...          these variants can take requests
//	unready NAME WHY...    this one cannot
//	content NAME HASH      the variant has other content (HASH "" is unknown)
//	routers N              so many routers are expected
//	applied N              so many follow the current revision (default: all)
//	age DURATION           how old their reports are
//	measure NAME live|mirror N [failed=N] [refused=N] at=LATENCY [slow=N:LATENCY]
//	compared N [equal=N] [opaque=N] [dropped=N] [worst=KIND:PATH]
//	trip NAME WORDS...     a router took the variant out
//	restart                the operator restarts, and reads its status again
//	step DURATION          time passes, and Step decides
//
// What is measured is forgotten when the traffic's revision rises, as routers
// forget it.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("the scenario goes otherwise (-written +played):\n%s", diff)
			}
		})
	}
}

// play runs a scenario and returns its text with what happened.
func play(t *testing.T, text string) string {
	t.Helper()
	w := newWorld()
	var played strings.Builder
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, "  ") {
			continue
		}
		played.WriteString(line + "\n")
		command, rest, _ := strings.Cut(line, " ")
		if command == "" || strings.HasPrefix(command, "#") {
			continue
		}
		happened, err := w.do(t, command, strings.Fields(rest), rest)
		if err != nil {
			t.Fatalf("line %d: %q: %v", i+1, line, err)
		}
		for _, h := range happened {
			played.WriteString("  " + h + "\n")
		}
	}
	return played.String()
}

func (w *world) do(t *testing.T, command string, args []string, rest string) ([]string, error) {
	switch command {
	case "spec":
		return nil, w.change(args)
	case "ready":
		for _, name := range args {
			w.ready[name] = traffic.Readiness{Ready: true}
		}
		return nil, nil
	case "unready":
		w.ready[args[0]] = traffic.Readiness{Message: strings.Join(args[1:], " ")}
		return nil, nil
	case "content":
		w.hash[args[0]] = strings.Trim(args[1], `"`)
		return nil, nil
	case "routers":
		return nil, setInt(&w.routers, args[0])
	case "applied":
		return nil, setInt(&w.applied, args[0])
	case "age":
		var err error
		w.age, err = time.ParseDuration(args[0])
		return nil, err
	case "measure":
		return nil, w.measure(args)
	case "compared":
		return nil, w.compared(args)
	case "trip":
		_, words, _ := strings.Cut(rest, " ")
		w.measured.Trips = append(w.measured.Trips, evidence.Trip{Variant: args[0], Reason: "Errors", Message: words, Time: w.now, FirstBadTime: w.now})
		return nil, nil
	case "restart":
		return nil, w.restart()
	case "step":
		return w.step(t, args[0])
	}
	return nil, fmt.Errorf("unknown command %q", command)
}

func setInt(to *int, text string) error {
	n, err := strconv.Atoi(text)
	*to = n
	return err
}

// step decides, checks what must hold of every decision, and writes the status.
func (w *world) step(t *testing.T, duration string) ([]string, error) {
	d, err := time.ParseDuration(duration)
	if err != nil {
		return nil, err
	}
	w.now = w.now.Add(d)
	in := w.input()
	before := in.Status.DeepCopy()
	out := traffic.Step(in)
	checkDecision(t, in, out)
	if diff := cmp.Diff(*before, in.Status); diff != "" {
		t.Errorf("Step changed its input:\n%s", diff)
	}
	w.write(out)
	return describe(out, before), nil
}

// describe tells what Step gave: everything but what stayed the same.
func describe(out traffic.Output, before *v1alpha1.EndpointStatus) []string {
	var lines []string
	if out.TrafficChanged {
		lines = append(lines, "traffic: "+traffic.Words(out.Traffic))
	}
	if out.Live != before.Live {
		lines = append(lines, "live: "+out.Live)
	}
	if r := out.Rollout; r != nil && !cmp.Equal(r, before.Rollout) {
		lines = append(lines, "rollout: "+rolloutWords(r))
		for _, g := range r.Gates {
			lines = append(lines, fmt.Sprintf("gate: %s %s: %s", g.Name, g.Verdict, g.Message))
		}
	}
	for _, tr := range out.Transitions {
		mark := ""
		if tr.Warning {
			mark = " (warning)"
		}
		lines = append(lines, "event: "+tr.Reason+mark+": "+tr.Message)
	}
	return append(lines, fmt.Sprintf("message: %s [next look %s]", out.Message, out.NextLook))
}

func rolloutWords(r *v1alpha1.RolloutStatus) string {
	words := string(r.Stage)
	if r.Stage == v1alpha1.StageShifting {
		words += fmt.Sprintf(" %d/%d", r.Step, r.Steps)
	}
	if r.Paused != "" {
		words += ", paused"
	}
	if r.ComparedRequests > 0 {
		words += fmt.Sprintf(", %d of %d equal", r.EqualRequests, r.ComparedRequests)
	}
	return words
}

// checkDecision holds for every decision there is.
func checkDecision(t testing.TB, in traffic.Input, out traffic.Output) {
	t.Helper()
	var sum int32
	for _, v := range out.Traffic {
		sum += v.WeightBasisPoints
	}
	if len(out.Traffic) > 0 && sum != traffic.Cycle {
		t.Errorf("weights add up to %d: %v", sum, out.Traffic)
	}
	if diff := cmp.Diff(out, traffic.Step(in)); diff != "" {
		t.Errorf("the same input gave something else (-first +second):\n%s", diff)
	}
	if _, err := traffic.NewSplit(out.Traffic); err != nil {
		t.Errorf("routers refuse the traffic: %v", err)
	}
}
