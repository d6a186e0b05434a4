package plan

import (
	"fmt"
	"slices"

	"landfall.dev/landfall/internal/inventory"
)

// A cluster pays where several services share its nodes and its care. Below
// these bounds one service alone does not, and says so with its own figures.
const (
	// mostFunctionRequestsPerDay is one request in 17 seconds: a function that
	// starts on demand answers them for cents, while a pod waits.
	mostFunctionRequestsPerDay = 5_000
	// mostFunctionRequestsPerMinute is one a second at the busiest: a handful
	// of instances of a function carries it, even at a second a request.
	mostFunctionRequestsPerMinute = 60
	// mostFunctionP99Milliseconds leaves room below the 60 s that callers of
	// SageMaker wait, for a function that has to start first.
	mostFunctionP99Milliseconds = 10_000
	// leastUSDPerThousandRequests is what makes standing by expensive: a
	// request of a second on 4 GiB costs a function service some 0.07 USD a
	// thousand, so that a dollar leaves a factor of ten for being wrong.
	leastUSDPerThousandRequests = 1.0
	// mostBusyPercent of the time in which a request is being answered: a pod
	// stands by for ten times as long as it works, and a function is paid for
	// what it works.
	mostBusyPercent = 10.0
	hoursPerWeek    = 168
	daysPerMonth    = 730.0 / hoursPerDay
	thousand        = 1000

	// leastBusyGPUPercent of the median hour: two such services do not fit on
	// one GPU, so that there is nothing for a cluster to share.
	leastBusyGPUPercent = 60
	// leastBusyGPUHoursPerWeek is almost always: nothing is saved by scaling
	// down at night either.
	leastBusyGPUHoursPerWeek = 150
)

// busyHours counts the hours of a week in which requests come; 0 means that
// the profile is not known.
func busyHours(t *inventory.Traffic) int {
	if t == nil || len(t.HourOfWeek) != hoursPerWeek {
		return 0
	}
	count := 0
	for _, requests := range t.HourOfWeek {
		// Less than one in two weeks is chance.
		if requests >= 0.5 {
			count++
		}
	}
	return count
}

// betterAsFunction sends one small model with little traffic to a service that
// runs containers on demand: where it is the only one, or where it goes to
// zero today, which this version's pods do not.
func betterAsFunction(e subject) *verdict {
	if e.scene.serving != 1 && e.Mode != inventory.ModeServerless || !e.small() {
		return nil
	}
	traffic := e.Variants[0].Traffic
	reason := fmt.Sprintf("one small model with little traffic: %.0f requests a day, at most %d a minute, answered in %.2g %% of the time%s",
		traffic.RequestsPerDay, traffic.PeakRequestsPerMinute, busyPercent(traffic), hoursWords(traffic))
	cost := "it costs nothing while nobody calls, and a pod would stand by all the time"
	if e.Mode != inventory.ModeServerless {
		perThousand := e.work.CostPerMonth.USD / (traffic.RequestsPerDay * daysPerMonth) * thousand
		if perThousand < leastUSDPerThousandRequests {
			return nil
		}
		cost = fmt.Sprintf("it costs %s a month now, %.2f USD for a thousand requests, and it is the only endpoint in use: a cluster for it alone would cost more in care than it saves",
			dollars(*e.work.CostPerMonth), perThousand)
	}
	return &verdict{decision: Elsewhere, reasons: append([]string{
		reason, cost,
		"run its container as a function or on a container service that goes to zero (AWS Lambda, Cloud Run, Azure Container Apps)",
	}, trafficReasons(e)...)}
}

// busyPercent is the share of the time in which a request is being answered,
// if they come one after the other.
func busyPercent(t *inventory.Traffic) float64 {
	const millisecondsPerDay = hoursPerDay * secondsPerHour * 1000
	return t.RequestsPerDay * t.LatencyMilliseconds.P95 / millisecondsPerDay * fullPercent
}

func hoursWords(t *inventory.Traffic) string {
	if hours := busyHours(t); hours > 0 {
		return fmt.Sprintf(", in %d of the %d hours of a week", hours, hoursPerWeek)
	}
	return ""
}

// small says that the evidence is complete and that everything is below the
// bounds.
func (e subject) small() bool {
	if e.Mode != inventory.ModeRealTime && e.Mode != inventory.ModeServerless || len(e.Variants) != 1 || e.image == "" || onGPU(e.Endpoint) {
		return false
	}
	traffic := e.Variants[0].Traffic
	if traffic == nil || traffic.RequestsPerDay <= 0 || traffic.LatencyMilliseconds == nil || e.seen.days < leastIdleDays ||
		e.work.CostPerMonth == nil && e.Mode != inventory.ModeServerless {
		return false
	}
	return traffic.RequestsPerDay <= mostFunctionRequestsPerDay && traffic.PeakRequestsPerMinute <= mostFunctionRequestsPerMinute &&
		traffic.LatencyMilliseconds.P99 <= mostFunctionP99Milliseconds && busyPercent(traffic) <= mostBusyPercent &&
		e.work.Criticality.Level != inventory.CriticalityHigh
}

// betterOnItsMachine sends the only GPU of an account, busy day and night, to
// a machine of its own.
func betterOnItsMachine(e subject) *verdict {
	if e.scene.servingGPU != 1 || !onGPU(e.Endpoint) || e.Mode != inventory.ModeRealTime || len(e.Variants) != 1 || e.image == "" || e.work.CostPerMonth == nil {
		return nil
	}
	v := e.Variants[0]
	scaled := slices.ContainsFunc(e.Scaling, func(s inventory.Scaling) bool { return s.Max > s.Min })
	hours := busyHours(v.Traffic)
	if scaled || instances(v) != 1 || v.Usage == nil || v.Usage.GPU == nil || v.Usage.GPU.Median < leastBusyGPUPercent || hours < leastBusyGPUHoursPerWeek {
		return nil
	}
	return &verdict{decision: Elsewhere, reasons: append([]string{
		fmt.Sprintf("one busy GPU: its median use is %g %%, it is called in %d of the %d hours of a week, and no other endpoint in use needs a GPU, so that a cluster has nothing to share or to switch off",
			v.Usage.GPU.Median, hours, hoursPerWeek),
		fmt.Sprintf("it costs %s a month now; run its container on one machine of the same kind (%s), with a second as a spare", dollars(*e.work.CostPerMonth), v.InstanceType),
	}, trafficReasons(e)...)}
}

// instances that serve a variant; 1 where that is not known.
func instances(v inventory.Variant) int32 {
	for _, count := range []*int32{v.InstanceCount.Desired, v.InstanceCount.Current, v.InstanceCount.Initial} {
		if count != nil && *count > 0 {
			return *count
		}
	}
	return 1
}

// dollars writes an amount with its grounds in brief.
func dollars(c inventory.Cost) string {
	words := fmt.Sprintf("%.2f USD", c.USD)
	if c.Estimate {
		words += " (estimate)"
	}
	if c.PricesOf != "" {
		words += " at prices of " + c.PricesOf
	}
	return words
}
