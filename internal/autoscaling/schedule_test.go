package autoscaling

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/robfig/cron/v3"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/inventory"
)

func scheduled(name, schedule string, minimum int32) inventory.ScheduledAction {
	return inventory.ScheduledAction{Name: name, Schedule: schedule, TimeZone: "Europe/Berlin", Min: &minimum}
}

func TestSchedules(t *testing.T) {
	berlin := func(start, end string, replicas int32, from string) Schedule {
		return Schedule{Start: start, End: end, TimeZone: "Europe/Berlin", Replicas: replicas, From: from}
	}
	utc := scheduled("day", "rate(1 day)", 4)
	utc.StartsAt = "2026-03-01T06:30:00Z"
	evening := scheduled("night", "cron(0 20 * * ? *)", 1)
	evening.TimeZone = ""
	ranged := scheduled("day", "cron(0 8 * * ? *)", 4)
	ranged.Max = ptr[int32](20)
	tokyo := scheduled("night", "cron(0 20 * * ? *)", 1)
	tokyo.TimeZone = "Asia/Tokyo"
	for name, c := range map[string]struct {
		actions  []inventory.ScheduledAction
		min, max int32
		want     []Schedule
		gaps     []string
	}{
		"working hours": {
			actions: []inventory.ScheduledAction{scheduled("day", "cron(0 8 ? * MON-FRI *)", 4), scheduled("night", "cron(30 20 ? * MON-FRI *)", 1)},
			min:     1, max: 9, want: []Schedule{berlin("0 8 * * 1-5", "30 20 * * 1-5", 4, "day")},
		},
		"the end comes every day, the start on working days": {
			actions: []inventory.ScheduledAction{scheduled("day", "cron(0 8 ? * 2-6 *)", 4), scheduled("night", "cron(0 20 * * ? *)", 1)},
			min:     1, max: 9, want: []Schedule{berlin("0 8 * * 1-5", "0 20 * * 1-5", 4, "day")},
		},
		"a whole week": {
			actions: []inventory.ScheduledAction{scheduled("week", "cron(0 7 ? * MON *)", 4), scheduled("weekend", "cron(0 19 ? * FRI *)", 2)},
			min:     2, max: 9, want: []Schedule{berlin("0 7 * * 1", "0 19 * * 5", 4, "week")},
		},
		"over midnight": {
			actions: []inventory.ScheduledAction{scheduled("batch", "cron(0 22 * * ? *)", 6), scheduled("morning", "cron(0 5 * * ? *)", 1)},
			min:     1, max: 9, want: []Schedule{berlin("0 22 * * *", "0 5 * * *", 6, "batch")},
		},
		"three levels": {
			actions: []inventory.ScheduledAction{
				scheduled("morning", "cron(0 6 * * ? *)", 3), scheduled("noon", "cron(0 11 * * ? *)", 8), scheduled("night", "cron(0 20 * * ? *)", 1),
			},
			min: 1, max: 9, want: []Schedule{berlin("0 6 * * *", "0 11 * * *", 3, "morning"), berlin("0 11 * * *", "0 20 * * *", 8, "noon")},
		},
		"a rate is a time of day": {
			actions: []inventory.ScheduledAction{utc, evening},
			min:     1, max: 9, want: []Schedule{{Start: "30 6 * * *", End: "0 20 * * *", Replicas: 4, From: "day"}},
		},
		"the maximum is the largest": {
			actions: []inventory.ScheduledAction{ranged, scheduled("night", "cron(0 20 * * ? *)", 1)},
			min:     1, max: 20, want: []Schedule{berlin("0 8 * * *", "0 20 * * *", 4, "day")}, gaps: []string{"scheduled actions day"},
		},
		"once": {
			actions: []inventory.ScheduledAction{scheduled("sale", "at(2026-11-27T00:00:00)", 8)},
			min:     3, max: 9, gaps: []string{"scheduled action sale"},
		},
		"alone": {
			actions: []inventory.ScheduledAction{scheduled("day", "cron(0 8 * * ? *)", 4)},
			min:     3, max: 9, gaps: []string{"scheduled action day"},
		},
		"two time zones": {
			actions: []inventory.ScheduledAction{scheduled("day", "cron(0 8 * * ? *)", 4), tokyo},
			min:     3, max: 9, gaps: []string{"scheduled action night", "scheduled action day"},
		},
		"what ends it changes": {
			actions: []inventory.ScheduledAction{
				scheduled("day", "cron(0 8 * * ? *)", 4), scheduled("week", "cron(0 20 ? * MON-FRI *)", 1), scheduled("weekend", "cron(0 14 ? * SAT,SUN *)", 1),
			},
			min: 1, max: 9, gaps: []string{"scheduled action day"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			scaling := target(3, 9)
			scaling.ScheduledActions = c.actions
			result := Translate(Source{Scaling: scaling})
			var got []Schedule
			if result.Spec != nil {
				got = result.Spec.Schedules
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("schedules (-want +got):\n%s", diff)
			}
			var things []string
			for _, g := range result.Gaps {
				things = append(things, g.Thing)
			}
			if diff := cmp.Diff(c.gaps, things); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
			if result.Min != c.min || result.Max != c.max {
				t.Errorf("bounds %d to %d, want %d to %d", result.Min, result.Max, c.min, c.max)
			}
		})
	}
}

func TestParseScheduleRefuses(t *testing.T) {
	for schedule, want := range map[string]string{
		"":                                 "none of cron",
		"cron(0 8 * * ?)":                  "5 fields",
		"cron(0 8 * * ? 2027)":             "years",
		"cron(0 8 L * ? *)":                "L, W and #",
		"cron(0 8 ? * 2#1 *)":              "L, W and #",
		"cron(0 24 * * ? *)":               "out of range",
		"cron(0 8 ? * 0 *)":                "out of range",
		"cron(0 20-8 * * ? *)":             "backwards",
		"cron(0/0 8 * * ? *)":              "1 to 59",
		"cron(0 8 1 * 2 *)":                "one of them must be ?",
		"rate(5 minutes)":                  "same times",
		"rate(1 day)":                      "start",
		"at(2030-01-01T00:00:00)":          "once",
		"cron(" + strings.Repeat("9", 500): "none of cron",
	} {
		t.Run(schedule, func(t *testing.T) {
			_, err := parseSchedule(schedule, "")
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("parseSchedule = %v, want an error with %q", err, want)
			}
		})
	}
}

// KEDA reads cron expressions with the library that this test compares with.
func TestTimesAreThoseOfKEDAsLibrary(t *testing.T) {
	for _, schedule := range []string{
		"cron(0 8 ? * MON-FRI *)", "cron(0/30 6-7 * * ? *)", "cron(15,45 0 1 1/3 ? *)", "cron(0 12 ? JUN-AUG SUN,7 *)", "cron(0 0 29 2 ? *)",
	} {
		t.Run(schedule, func(t *testing.T) {
			c, err := parseSchedule(schedule, "")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(libraryTimes(t, c.text), c.times()); diff != "" {
				t.Errorf("times of %s (-library +ours):\n%s", c.text, diff)
			}
		})
	}
}

func libraryTimes(t interface{ Fatal(args ...any) }, text string) []time.Time {
	parsed, err := cron.ParseStandard(text)
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Time
	for at := parsed.Next(watchFrom.Add(-time.Second)); at.Before(watchUntil) && !at.IsZero(); at = parsed.Next(at) {
		times = append(times, at)
	}
	return times
}

// At any time the cluster keeps as many pods as AWS would: KEDA takes a window
// to be open while its end comes before its next start.
func TestSchedulesAgreeWithAWS(t *testing.T) {
	days := []string{"? * MON-FRI", "* * ?", "? * SAT,SUN", "? * MON", "? * FRI"}
	rapid.Check(t, func(t *rapid.T) {
		scaling := target(1, 9)
		for i := range rapid.IntRange(2, 4).Draw(t, "actions") {
			schedule := fmt.Sprintf("cron(0 %d %s *)", 2+i*5+rapid.IntRange(0, 4).Draw(t, "hour"), rapid.SampledFrom(days).Draw(t, "days"))
			scaling.ScheduledActions = append(scaling.ScheduledActions, scheduled(strconv.Itoa(i), schedule, rapid.Int32Range(1, 4).Draw(t, "min")))
		}
		result := Translate(Source{Scaling: scaling})
		if len(result.Gaps) > 0 || result.Spec == nil {
			return
		}
		var actions []action
		for _, a := range scaling.ScheduledActions {
			clock, err := parseSchedule(a.Schedule, "")
			if err != nil {
				t.Fatal(err)
			}
			actions = append(actions, action{ScheduledAction: a, clockwork: clock, pods: *a.Min, times: clock.times()})
		}
		moments := merged(actions)
		for hour := range 24 * 14 {
			now := watchFrom.AddDate(0, 1, 0).Add(time.Duration(hour)*time.Hour + time.Minute)
			aws := actions[moments[beforeIndex(moments, now)].action].pods
			if keda := openAt(t, result, now); keda != aws {
				t.Fatalf("at %s AWS keeps %d, KEDA %d: %+v", now.Format("Mon 15:04"), aws, keda, result.Spec.Schedules)
			}
		}
	})
}

func beforeIndex(moments []moment, now time.Time) int {
	return slices.IndexFunc(moments, func(m moment) bool { return m.time.After(now) }) - 1
}

// openAt is KEDA's rule: the largest of the open windows and the minimum.
func openAt(t interface{ Fatal(args ...any) }, result Result, now time.Time) int32 {
	pods := result.Min
	for _, s := range result.Spec.Schedules {
		start, err := cron.ParseStandard(s.Start)
		if err != nil {
			t.Fatal(err)
		}
		end, err := cron.ParseStandard(s.End)
		if err != nil {
			t.Fatal(err)
		}
		if end.Next(now).Before(start.Next(now)) {
			pods = max(pods, s.Replicas)
		}
	}
	return pods
}

func FuzzParseSchedule(f *testing.F) {
	for _, seed := range []string{"cron(0 8 ? * MON-FRI *)", "rate(7 days)", "at(x)", "cron(0/15 1-2,3 L W 2#1 2020-2030)", "cron(*/5 * * * ? *)"} {
		f.Add(seed, "2026-01-01T00:00:00Z")
	}
	f.Fuzz(func(t *testing.T, schedule, startsAt string) {
		c, err := parseSchedule(schedule, startsAt)
		if err != nil {
			return
		}
		if _, err := cron.ParseStandard(c.text); err != nil {
			t.Errorf("%q became %q: %v", schedule, c.text, err)
		}
	})
}
