package autoscaling

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// clockwork is a cron schedule without seconds and years.
type clockwork struct {
	minutes, hours, days, months []int
	// weekdays count from Sunday, 0.
	weekdays []int
	// anyDay and anyWeekday say that the field leaves the day open.
	anyDay, anyWeekday bool
	// text is the form of five fields that Kubernetes and KEDA read.
	text string
}

// field is one of the five fields of a cron schedule.
type field struct {
	name   string
	lo, hi int
	names  []string
	// shift is taken off numbers: AWS counts weekdays from Sunday as 1.
	shift int
}

var (
	minuteField  = field{name: "minutes", lo: 0, hi: 59}
	hourField    = field{name: "hours", lo: 0, hi: 23}
	dayField     = field{name: "day of the month", lo: 1, hi: 31}
	monthField   = field{name: "month", lo: 1, hi: 12, names: strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"), shift: -1}
	weekdayField = field{name: "day of the week", lo: 0, hi: 6, names: strings.Fields("SUN MON TUE WED THU FRI SAT"), shift: 1}
)

// parseSchedule reads the schedule of a scheduled action: cron(minutes hours
// day-of-month month day-of-week year) or rate(value unit) from a start, as in
// Application Auto Scaling's guide.
func parseSchedule(schedule, startsAt string) (clockwork, error) {
	kind, rest, _ := strings.Cut(strings.TrimSpace(schedule), "(")
	inner, closed := strings.CutSuffix(rest, ")")
	if !closed || len(inner) > 256 {
		return clockwork{}, fmt.Errorf("the schedule %.64q is none of cron(…), rate(…) and at(…)", schedule)
	}
	switch kind {
	case "cron":
		return parseCron(inner)
	case "rate":
		return parseRate(inner, startsAt)
	case "at":
		return clockwork{}, fmt.Errorf("it happens once (%s), and schedules in a cluster come back every year", inner)
	default:
		return clockwork{}, fmt.Errorf("the schedule %.64q is none of cron(…), rate(…) and at(…)", schedule)
	}
}

func parseCron(text string) (clockwork, error) {
	fields := strings.Fields(text)
	if len(fields) != 6 {
		return clockwork{}, fmt.Errorf("the schedule cron(%s) has %d fields; want 6", text, len(fields))
	}
	if fields[5] != "*" {
		return clockwork{}, fmt.Errorf("its years %s cannot be told to a schedule in the cluster, which has none", fields[5])
	}
	var c clockwork
	var err [5]error
	c.minutes, _, err[0] = minuteField.parse(fields[0])
	c.hours, _, err[1] = hourField.parse(fields[1])
	c.days, c.anyDay, err[2] = dayField.parse(fields[2])
	c.months, _, err[3] = monthField.parse(fields[3])
	c.weekdays, c.anyWeekday, err[4] = weekdayField.parse(fields[4])
	if err := errors.Join(err[:]...); err != nil {
		return clockwork{}, fmt.Errorf("cron(%s): %w", text, err)
	}
	if !c.anyDay && !c.anyWeekday {
		return clockwork{}, fmt.Errorf("cron(%s) names both a day of the month and a day of the week; one of them must be ?", text)
	}
	return c.written(), nil
}

// parseRate understands spans of whole days: only they are the same times each
// day or week.
func parseRate(text, startsAt string) (clockwork, error) {
	value, unit, _ := strings.Cut(strings.TrimSpace(text), " ")
	count, err := strconv.Atoi(value)
	start, startErr := time.Parse(time.RFC3339, startsAt)
	days := map[string]int{"day": 24, "days": 24, "hour": 1, "hours": 1}[strings.TrimSpace(unit)] * count
	switch {
	case err != nil || days <= 0:
		return clockwork{}, fmt.Errorf("rate(%s) is not the same times every day or week", text)
	case startErr != nil:
		return clockwork{}, fmt.Errorf("rate(%s) counts from a start that the inventory does not have", text)
	}
	start = start.UTC()
	c := clockwork{
		minutes: []int{start.Minute()}, hours: []int{start.Hour()},
		days: span(1, 31, 1), months: span(1, 12, 1), weekdays: span(0, 6, 1), anyDay: true, anyWeekday: true,
	}
	switch days {
	case 24:
	case 7 * 24:
		c.weekdays, c.anyWeekday = []int{int(start.Weekday())}, false
	default:
		return clockwork{}, fmt.Errorf("rate(%s) is not the same times every day or week", text)
	}
	return c.written(), nil
}

// parse reads one field: *, ?, numbers, names, lists, ranges and steps.
func (f field) parse(text string) (values []int, every bool, err error) {
	if text == "*" || text == "?" {
		return span(f.lo, f.hi, 1), true, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		some, err := f.parsePart(part)
		if err != nil {
			return nil, false, err
		}
		values = append(values, some...)
	}
	slices.Sort(values)
	return slices.Compact(values), false, nil
}

func (f field) parsePart(part string) ([]int, error) {
	body, stepText, stepped := strings.Cut(part, "/")
	step := 1
	if stepped {
		var err error
		if step, err = strconv.Atoi(stepText); err != nil || step < 1 || step > 59 {
			return nil, fmt.Errorf("the step %q of the %s is not 1 to 59", stepText, f.name)
		}
	}
	from, to, ranged := strings.Cut(body, "-")
	if body == "*" {
		return span(f.lo, f.hi, step), nil
	}
	first, err := f.number(from)
	if err != nil {
		return nil, err
	}
	last := first
	switch {
	case ranged:
		if last, err = f.number(to); err != nil {
			return nil, err
		}
	case stepped:
		last = f.hi
	}
	if last < first {
		return nil, fmt.Errorf("the range %q of the %s runs backwards", part, f.name)
	}
	return span(first, last, step), nil
}

func (f field) number(text string) (int, error) {
	if i := slices.Index(f.names, strings.ToUpper(text)); i >= 0 {
		return i + f.lo, nil
	}
	value, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q of the %s is not a number; L, W and # have no counterpart", text, f.name)
	}
	if f.shift > 0 {
		value -= f.shift
	}
	if value < f.lo || value > f.hi {
		return 0, fmt.Errorf("%q of the %s is out of range", text, f.name)
	}
	return value, nil
}

func span(from, to, step int) []int {
	var values []int
	for value := from; value <= to; value += step {
		values = append(values, value)
	}
	return values
}

// written sets the form of five fields.
func (c clockwork) written() clockwork {
	c.text = strings.Join([]string{
		minuteField.write(c.minutes), hourField.write(c.hours), dayField.write(c.days),
		monthField.write(c.months), weekdayField.write(c.weekdays),
	}, " ")
	return c
}

// write writes values as *, as a list, and runs of three or more as a range.
func (f field) write(values []int) string {
	if len(values) == f.hi-f.lo+1 {
		return "*"
	}
	var parts []string
	for i := 0; i < len(values); {
		end := i
		for end+1 < len(values) && values[end+1] == values[end]+1 {
			end++
		}
		if end-i >= 2 {
			parts = append(parts, fmt.Sprintf("%d-%d", values[i], values[end]))
		} else {
			for _, value := range values[i : end+1] {
				parts = append(parts, strconv.Itoa(value))
			}
		}
		i = end + 1
	}
	return strings.Join(parts, ",")
}

// Two years with a leap day between them are long enough to tell whether two
// schedules take turns.
var (
	watchFrom  = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	watchUntil = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
)

// times returns, in order and in wall-clock time, when a schedule fires in the
// years that are watched. It is nil for schedules that fire more than 24 times
// a day: they are no change of working hours.
func (c clockwork) times() []time.Time {
	if len(c.minutes)*len(c.hours) > 24 {
		return nil
	}
	var times []time.Time
	for day := watchFrom; day.Before(watchUntil); day = day.AddDate(0, 0, 1) {
		if !slices.Contains(c.months, int(day.Month())) || !slices.Contains(c.days, day.Day()) ||
			!slices.Contains(c.weekdays, int(day.Weekday())) {
			continue
		}
		for _, hour := range c.hours {
			for _, minute := range c.minutes {
				times = append(times, day.Add(time.Duration(hour)*time.Hour+time.Duration(minute)*time.Minute))
			}
		}
	}
	return times
}
