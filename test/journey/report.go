package journey

import (
	"fmt"
	"io"
	"sync"
	"text/tabwriter"
	"time"
)

// Check is one promise that was tried.
type Check struct {
	Stage  string
	Name   string
	Passed bool
	// Detail tells the figure or the fault behind the result.
	Detail string
}

// Timing is how long a stage took.
type Timing struct {
	Stage    string
	Duration time.Duration
}

// Aim is a figure that depends on the machine: one that is busy misses an aim
// with nothing being wrong. It is shown, and fails nothing.
type Aim struct {
	Stage, Name string
	Took, Aim   time.Duration
}

// Report collects what a run found. Its zero value writes nowhere; use NewReport.
type Report struct {
	out   io.Writer
	start time.Time

	mu      sync.Mutex
	stage   string
	checks  []Check
	timings []Timing
	aims    []Aim
}

// NewReport returns a report that tells its progress to out, line by line.
func NewReport(out io.Writer) *Report {
	return &Report{out: out, start: time.Now()}
}

// Stage runs one stage, and records its time and whether it came to its end.
func (r *Report) Stage(name string, run func() error) error {
	r.mu.Lock()
	r.stage = name
	r.mu.Unlock()
	r.linef("▶ %s", name)
	began := time.Now()
	err := run()
	took := time.Since(began)
	r.mu.Lock()
	r.timings = append(r.timings, Timing{Stage: name, Duration: took})
	r.mu.Unlock()
	if err != nil {
		r.Checkf("the stage came to its end", false, "%v", err)
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Checkf records a promise as kept or broken, with the figure behind it.
func (r *Report) Checkf(name string, passed bool, format string, values ...any) {
	detail := fmt.Sprintf(format, values...)
	r.mu.Lock()
	r.checks = append(r.checks, Check{Stage: r.stage, Name: name, Passed: passed, Detail: detail})
	r.mu.Unlock()
	r.linef("  %s %s: %s", mark(passed), name, detail)
}

// Aim records how long something took, beside how long it should take on a
// machine with time to spare.
func (r *Report) Aim(name string, took, aim time.Duration) {
	r.mu.Lock()
	r.aims = append(r.aims, Aim{Stage: r.stage, Name: name, Took: took, Aim: aim})
	r.mu.Unlock()
	r.linef("    %s: %.2f s (aim %s)", name, took.Seconds(), aim)
}

// Notef tells progress that is not a promise.
func (r *Report) Notef(format string, values ...any) { r.linef("    "+format, values...) }

// Checks returns what was recorded so far.
func (r *Report) Checks() []Check {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Check(nil), r.checks...)
}

// Summarize writes the table of checks, the times, and the closing line
// `N passed, M failed`. It reports whether every check passed and there was one.
func (r *Report) Summarize() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	passed := 0
	table := tabwriter.NewWriter(r.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "\nSTAGE\tCHECK\tRESULT\tDETAIL")
	for _, c := range r.checks {
		if c.Passed {
			passed++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", c.Stage, c.Name, mark(c.Passed), c.Detail)
	}
	if len(r.aims) > 0 {
		fmt.Fprintln(table, "\nSTAGE\tFIGURE\tTOOK\tAIM")
	}
	for _, a := range r.aims {
		fmt.Fprintf(table, "%s\t%s\t%.2f s\t%s, %s\n", a.Stage, a.Name, a.Took.Seconds(), a.Aim, metOrMissed(a.Took <= a.Aim))
	}
	fmt.Fprintln(table, "\nSTAGE\tTOOK")
	for _, t := range r.timings {
		fmt.Fprintf(table, "%s\t%.1f s\n", t.Stage, t.Duration.Seconds())
	}
	fmt.Fprintf(table, "all\t%.1f s\n", time.Since(r.start).Seconds())
	if err := table.Flush(); err != nil {
		return false
	}
	fmt.Fprintf(r.out, "\n%d passed, %d failed\n", passed, len(r.checks)-passed)
	return passed == len(r.checks) && passed > 0
}

func (r *Report) linef(format string, values ...any) {
	fmt.Fprintf(r.out, "%6.1fs "+format+"\n", append([]any{time.Since(r.start).Seconds()}, values...)...)
}

func metOrMissed(met bool) string {
	if met {
		return "met"
	}
	return "missed"
}

func mark(passed bool) string {
	if passed {
		return "✔ ok"
	}
	return "✘ FAILED"
}
