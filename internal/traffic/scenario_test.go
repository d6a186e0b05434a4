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
//	restart                the operator restarts: nothing but the status is kept
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

// world is an operator and its routers in miniature.
type world struct {
	spec     v1alpha1.EndpointSpec
	status   v1alpha1.EndpointStatus
	ready    map[string]traffic.Readiness
	hash     map[string]string
	routers  int
	applied  int
	age      time.Duration
	measured evidence.EndpointReport
	now      time.Time
}

var dawn = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newWorld() *world {
	w := &world{
		ready: map[string]traffic.Readiness{}, hash: map[string]string{"managed": "m1", "cluster": "c1", "other": "o1"},
		routers: 2, applied: -1, now: dawn,
	}
	w.spec.Variants = []v1alpha1.Variant{{Name: "managed"}, {Name: "cluster"}}
	w.spec.Live = "managed"
	w.spec.Rollout.Gates.Errors.MaxIncreasePercent = v1alpha1.PercentFromString("0.1")
	w.spec.Rollout.Gates.Agreement.MinPercent = v1alpha1.PercentFromString("99.9")
	return w
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
		status := w.status
		fresh := *w
		*w = fresh
		w.status = *status.DeepCopy()
		return nil, nil
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

func (w *world) input() traffic.Input {
	return traffic.Input{
		Spec: &w.spec, Status: w.status, Ready: w.ready, TargetHash: w.hash,
		Evidence: w.evidence(), RoutersExpected: w.routers, Now: w.now,
	}
}

// evidence is one router with everything measured and others with nothing.
func (w *world) evidence() evidence.Merged {
	applied := w.applied
	if applied < 0 {
		applied = w.routers
	}
	var reports []evidence.Report
	for i := range applied {
		e := evidence.EndpointReport{Name: "churn", TrafficRevision: w.status.TrafficRevision}
		if i == 0 {
			e = w.measured
			e.Name, e.TrafficRevision = "churn", w.status.TrafficRevision
		}
		reports = append(reports, evidence.Report{Router: fmt.Sprint("r", i), Time: w.now.Add(-w.age), Endpoints: []evidence.EndpointReport{e}})
	}
	return evidence.Merge(reports, "", "churn", "", w.status.TrafficRevision)
}

func (w *world) write(out traffic.Output) {
	w.status.Live, w.status.Traffic, w.status.Rollout = out.Live, out.Traffic, out.Rollout
	if out.TrafficChanged {
		w.status.TrafficRevision++
		w.measured = evidence.EndpointReport{}
	}
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

func (w *world) measure(args []string) error {
	var o evidence.Outcomes
	n, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return err
	}
	o.Requests = n
	var latency time.Duration
	var slow int64
	var slowLatency time.Duration
	for _, arg := range args[3:] {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "failed":
			o.Errors, err = strconv.ParseInt(value, 10, 64)
		case "refused":
			o.CallerErrors, err = strconv.ParseInt(value, 10, 64)
		case "at":
			latency, err = time.ParseDuration(value)
		case "slow":
			count, at, _ := strings.Cut(value, ":")
			if slow, err = strconv.ParseInt(count, 10, 64); err == nil {
				slowLatency, err = time.ParseDuration(at)
			}
		default:
			err = fmt.Errorf("unknown %q", key)
		}
		if err != nil {
			return err
		}
	}
	for i := range n - o.Errors {
		if i < slow {
			o.LatencySeconds.Add(slowLatency.Seconds())
			continue
		}
		o.LatencySeconds.Add(latency.Seconds())
	}
	v := w.variant(args[0])
	if args[1] == "mirror" {
		v.Mirror = o
		return nil
	}
	v.Live = o
	return nil
}

func (w *world) variant(name string) *evidence.VariantReport {
	for i := range w.measured.Variants {
		if w.measured.Variants[i].Name == name {
			return &w.measured.Variants[i]
		}
	}
	w.measured.Variants = append(w.measured.Variants, evidence.VariantReport{Name: name})
	return &w.measured.Variants[len(w.measured.Variants)-1]
}

func (w *world) compared(args []string) error {
	n, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return err
	}
	c := evidence.Comparison{Reference: w.status.Rollout.From, Candidate: w.status.Rollout.To, Compared: n, Equal: n}
	c.Sent = map[evidence.SizeBucket]int64{evidence.SizeTo1KiB: n}
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		if key == "worst" {
			kind, path, _ := strings.Cut(value, ":")
			c.Examples = []evidence.Example{{Kind: kind, Path: path}}
			continue
		}
		count, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return err
		}
		switch key {
		case "equal":
			c.Equal = count
		case "opaque":
			c.Opaque = count
		case "dropped":
			c.Dropped = map[evidence.SizeBucket]int64{evidence.SizeTo6MiB: count}
		default:
			return fmt.Errorf("unknown %q", key)
		}
	}
	c.Different = c.Compared - c.Equal
	w.measured.Comparisons = []evidence.Comparison{c}
	return nil
}

func (w *world) change(args []string) error {
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		if err := w.set(key, value); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

func (w *world) set(key, value string) error {
	rollout := &w.spec.Rollout
	number := func() (int32, error) {
		n, err := strconv.ParseInt(value, 10, 32)
		return int32(n), err
	}
	var err error
	switch key {
	case "live":
		w.spec.Live = value
	case "variants":
		w.spec.Variants = nil
		for _, name := range strings.Split(value, ",") {
			w.spec.Variants = append(w.spec.Variants, v1alpha1.Variant{Name: name})
		}
	case "state":
		rollout.State = v1alpha1.RolloutState(value)
	case "attempt":
		rollout.Attempt, err = number()
	case "onFailure":
		rollout.OnFailure = v1alpha1.FailureAction(value)
	case "shadow":
		rollout.Shadow, err = parseShadow(value)
	case "steps":
		rollout.Steps, err = parseSteps(value)
	case "percentile":
		rollout.Gates.Latency.Percentile, err = number()
	case "ratio":
		rollout.Gates.Latency.MaxRatioPercent, err = number()
	case "tolerance":
		var n int32
		n, err = number()
		rollout.Gates.Latency.ToleranceMilliseconds = &n
	case "increase":
		rollout.Gates.Errors.MaxIncreasePercent = v1alpha1.PercentFromString(value)
	case "agreement":
		rollout.Gates.Agreement.MinPercent = v1alpha1.PercentFromString(value)
	default:
		return fmt.Errorf("unknown setting")
	}
	return err
}

func parseShadow(text string) (*v1alpha1.ShadowSpec, error) {
	if text == "none" {
		return nil, nil
	}
	percent, least, found := strings.Cut(text, ":")
	shadow := &v1alpha1.ShadowSpec{Percent: v1alpha1.PercentFromString(percent)}
	if !found {
		return shadow, nil
	}
	var err error
	shadow.MinRequests, err = strconv.ParseInt(least, 10, 64)
	return shadow, err
}

func parseSteps(text string) ([]v1alpha1.RolloutStep, error) {
	if text == "default" {
		return nil, nil
	}
	var steps []v1alpha1.RolloutStep
	for _, part := range strings.Split(text, ",") {
		fields := strings.Split(part, ":")
		step := v1alpha1.RolloutStep{Percent: v1alpha1.PercentFromString(fields[0])}
		if len(fields) > 1 {
			hold, err := strconv.ParseInt(fields[1], 10, 32)
			if err != nil {
				return nil, err
			}
			seconds := int32(hold)
			step.HoldSeconds = &seconds
		}
		if len(fields) > 2 {
			var err error
			if step.MinRequests, err = strconv.ParseInt(fields[2], 10, 64); err != nil {
				return nil, err
			}
		}
		steps = append(steps, step)
	}
	return steps, nil
}
