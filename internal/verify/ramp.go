package verify

import "fmt"

// Turn says what ended a ramp.
type Turn string

// The turns.
const (
	// TurnErrors means that requests failed.
	TurnErrors Turn = "Errors"
	// TurnLatency means that answers became slow.
	TurnLatency Turn = "Latency"
	// TurnThroughput means that more requests at a time brought no more answers.
	TurnThroughput Turn = "Throughput"
	// TurnNone means that the ramp came to its end first.
	TurnNone Turn = "None"
)

// RampLimits say when a ramp has gone far enough.
type RampLimits struct {
	// MostConcurrency ends the ramp.
	MostConcurrency int
	// LatencyFactor is how many times slower than alone the slowest hundredth
	// of answers may be, LatencyFloorMilliseconds what is fast enough anyway.
	LatencyFactor            float64
	LatencyFloorMilliseconds float64
	// MostErrorPercent is the share of requests that may fail.
	MostErrorPercent float64
	// LeastGrowthPercent is how many more answers twice the requests must bring.
	LeastGrowthPercent float64
}

// DefaultRampLimits follow what rollouts are judged by: errors 0.1 % apart, and
// latency no callers would notice.
func DefaultRampLimits() RampLimits {
	return RampLimits{MostConcurrency: 64, LatencyFactor: 2, LatencyFloorMilliseconds: 50, MostErrorPercent: 0.1, LeastGrowthPercent: 10}
}

// Next returns the concurrency of the next step, or false when the ramp is over:
// 1, 2, 4 and so on until something turns.
func (l RampLimits) Next(steps []Load) (int, bool) {
	if len(steps) == 0 {
		return 1, l.MostConcurrency >= 1
	}
	if turn, _ := l.turned(steps); turn != TurnNone {
		return 0, false
	}
	last := steps[len(steps)-1].Concurrency
	if last >= l.MostConcurrency {
		return 0, false
	}
	return min(2*last, l.MostConcurrency), true
}

// Conclude says what a finished ramp proves.
func (l RampLimits) Conclude(steps []Load) RampFigures {
	figures := RampFigures{Steps: steps, Turn: TurnNone}
	if len(steps) == 0 {
		figures.Why = "no step was run"
		return figures
	}
	safe := len(steps) - 1
	if figures.Turn, figures.Why = l.turned(steps); figures.Turn != TurnNone {
		safe--
	}
	if safe >= 0 {
		figures.SafeConcurrency = steps[safe].Concurrency
		figures.SafeRequestsPerSecond = steps[safe].AnsweredPerSecond
	}
	return figures
}

// LatencyBound is what the slowest hundredth of answers may take, in
// milliseconds, when that of the first step took so long.
func (l RampLimits) LatencyBound(alone Load) float64 {
	return max(alone.P99Milliseconds*l.LatencyFactor, l.LatencyFloorMilliseconds)
}

// turned judges the last step.
func (l RampLimits) turned(steps []Load) (Turn, string) {
	last := steps[len(steps)-1]
	if last.Requests == 0 || last.ErrorPercent() > l.MostErrorPercent {
		return TurnErrors, fmt.Sprintf("at %s at a time %d of %d failed", count(last.Concurrency, "request"), last.Errors, last.Requests)
	}
	if len(steps) == 1 {
		return TurnNone, ended(last)
	}
	if bound := l.LatencyBound(steps[0]); last.P99Milliseconds > bound {
		return TurnLatency, fmt.Sprintf("at %d requests at a time %s, and %s ms is the bound", last.Concurrency, last.slowest(), number(bound))
	}
	before := steps[len(steps)-2]
	if last.AnsweredPerSecond < before.AnsweredPerSecond*(1+l.LeastGrowthPercent/percent) {
		return TurnThroughput, fmt.Sprintf("%d requests at a time brought %s answers/s, %d brought %s",
			last.Concurrency, number(last.AnsweredPerSecond), before.Concurrency, number(before.AnsweredPerSecond))
	}
	return TurnNone, ended(last)
}

// slowest says how long the slowest hundredth of answers took; of fewer than a
// hundred that is the slowest one.
func (l Load) slowest() string {
	switch answered := l.Requests - l.Errors; {
	case answered >= percent:
		return fmt.Sprintf("one answer in a hundred took more than %s ms", number(l.P99Milliseconds))
	case answered == 1:
		return fmt.Sprintf("the one answer took %s ms", number(l.P99Milliseconds))
	default:
		return fmt.Sprintf("the slowest of %d answers took %s ms", answered, number(l.P99Milliseconds))
	}
}

func ended(last Load) string {
	return fmt.Sprintf("nothing turned up to %d requests at a time", last.Concurrency)
}
