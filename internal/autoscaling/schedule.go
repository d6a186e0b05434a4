package autoscaling

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"landfall.dev/landfall/internal/inventory"
)

// action is a scheduled action that sets the smallest number of pods.
type action struct {
	inventory.ScheduledAction
	clockwork

	pods  int32
	times []time.Time
}

func (a action) thing() string { return "scheduled action " + a.Name }

// moment is a time at which an action, by its index, fires.
type moment struct {
	time   time.Time
	action int
}

// schedules turns scheduled actions into spans of time with a smallest number of
// pods, and returns the bounds for the rest of the time.
func (t *translation) schedules(minPods, maxPods int32) (lowest, highest int32) {
	if slices.Contains(t.source.Scaling.Suspended, "Scheduled") {
		for _, a := range t.source.Scaling.ScheduledActions {
			t.gap("scheduled action "+a.Name, "scheduled scaling is suspended on AWS", "switch it on in AWS and scan again, or set autoscaling.schedules by hand")
		}
		return minPods, maxPods
	}
	highest = t.highest(maxPods)
	actions := t.recurring()
	if len(actions) == 0 {
		return minPods, highest
	}
	lowest = actions[0].pods
	for _, a := range actions {
		lowest = min(lowest, a.pods)
	}
	if raises := slices.ContainsFunc(actions, func(a action) bool { return a.pods > lowest }); !raises {
		for _, a := range actions {
			t.gap(a.thing(), "no other action sets another minimum, so after its first time it changes nothing",
				fmt.Sprintf("set replicas.min to %d", a.pods))
		}
		return minPods, highest
	}
	for _, a := range actions {
		highest = max(highest, a.pods)
	}
	t.pair(actions, lowest)
	return lowest, highest
}

// highest is the largest maximum that any action sets: a schedule in the
// cluster cannot lower one.
func (t *translation) highest(maxPods int32) int32 {
	highest, differ, names := maxPods, false, []string{}
	for _, a := range t.source.Scaling.ScheduledActions {
		if a.Max == nil {
			continue
		}
		pods := t.pods(*a.Max)
		differ = differ || pods != maxPods
		highest = max(highest, pods)
		names = append(names, a.Name)
	}
	switch {
	case differ:
		t.gap("scheduled actions "+strings.Join(names, ", "), "they change the largest number of instances; KEDA keeps one maximum at all times",
			fmt.Sprintf("live with the largest of them, %d pods, as is planned, or have a CronJob patch the maximum", highest))
	case len(names) > 0:
		t.note(fmt.Sprintf("scheduled actions %s: the largest number of pods is %d at all times", strings.Join(names, ", "), highest))
	}
	return highest
}

// recurring are the actions that change the minimum and come back.
func (t *translation) recurring() []action {
	var actions []action
	zone := ""
	for _, from := range t.source.Scaling.ScheduledActions {
		a := action{ScheduledAction: from}
		if from.Min == nil {
			if from.Max == nil {
				t.gap(a.thing(), "it changes neither bound", "nothing: leave it behind")
			}
			continue
		}
		a.pods = t.pods(*from.Min)
		clock, err := parseSchedule(from.Schedule, from.StartsAt)
		if err != nil {
			t.gap(a.thing(), err.Error(), "set autoscaling.schedules, or change replicas.min by hand at that time")
			continue
		}
		a.clockwork, a.times, a.TimeZone = clock, clock.times(), timeZone(from)
		switch {
		case len(a.times) == 0:
			t.gap(a.thing(), "it fires more than 24 times a day, or never", "set autoscaling.schedules by hand")
			continue
		case len(actions) > 0 && a.TimeZone != zone:
			t.gap(a.thing(), fmt.Sprintf("its time zone %s is another than that of the other actions, so which follows which changes with summer time", a.TimeZone),
				"give all actions one time zone and scan again, or set autoscaling.schedules by hand")
			continue
		case from.EndsAt != "":
			t.note(fmt.Sprintf("%s ends at %s: take its schedule out then", a.thing(), from.EndsAt))
		}
		zone = a.TimeZone
		actions = append(actions, a)
	}
	return actions
}

// timeZone of an action, empty for UTC. A rate counts in UTC.
func timeZone(a inventory.ScheduledAction) string {
	if a.TimeZone == "UTC" || a.TimeZone == "Etc/UTC" || strings.HasPrefix(a.Schedule, "rate") {
		return ""
	}
	return a.TimeZone
}

// pair gives each action that raises the minimum the span until the next action
// that changes it.
func (t *translation) pair(actions []action, lowest int32) {
	moments := merged(actions)
	for i, a := range actions {
		if a.pods == lowest {
			t.note(fmt.Sprintf("%s: its %d pods are the smallest number at all other times", a.thing(), a.pods))
			continue
		}
		end, ok := ending(actions, moments, i)
		if !ok {
			t.gap(a.thing(), "what ends it is not the same schedule each time, so its span cannot be written as two cron expressions",
				fmt.Sprintf("set autoscaling.schedules by hand: at least %d pods from %q on", a.pods, a.text))
			continue
		}
		t.spec.Schedules = append(t.spec.Schedules, Schedule{
			Start: a.text, End: end, TimeZone: a.TimeZone, Replicas: a.pods, From: a.Name,
		})
	}
}

// merged are all times of all actions in order. Where several fire at once, the
// order is not known: the last one counts.
func merged(actions []action) []moment {
	var moments []moment
	for i, a := range actions {
		for _, at := range a.times {
			moments = append(moments, moment{at, i})
		}
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return a.time.Compare(b.time) })
	return moments
}

// ending finds the cron expression of the times at which an action's span ends:
// that of the action that follows it, or that action's time of day on the days
// of the first. It is only taken when its times are exactly those.
func ending(actions []action, moments []moment, index int) (string, bool) {
	var ends []time.Time
	followers := map[int]bool{}
	var first time.Time
	for i, m := range moments {
		if m.action != index {
			continue
		}
		if first.IsZero() {
			first = m.time
		}
		if next := i + 1; next < len(moments) {
			ends = append(ends, moments[next].time)
			followers[moments[next].action] = true
		}
	}
	// KEDA takes a span to be open while its end comes before its next start: a
	// start that comes twice before the end would close it.
	if len(ends) == 0 || len(followers) != 1 || followers[index] {
		return "", false
	}
	for follower := range followers {
		same := actions[follower].clockwork
		mixed := actions[index].clockwork
		mixed.minutes, mixed.hours = same.minutes, same.hours
		for _, candidate := range []clockwork{same, mixed.written()} {
			if slices.EqualFunc(within(candidate.times(), first, ends[len(ends)-1]), ends, time.Time.Equal) {
				return candidate.text, true
			}
		}
	}
	return "", false
}

// within are the times after from, up to and with until.
func within(times []time.Time, from, until time.Time) []time.Time {
	return slices.DeleteFunc(slices.Clone(times), func(at time.Time) bool { return !at.After(from) || at.After(until) })
}
