package workload

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"landfall.dev/landfall/internal/inventory"
)

// evidence is what one rule says about how much it hurts when work stops.
type evidence struct {
	// points add up; negative ones speak for less.
	points int
	reason string
	// aside means that it speaks of how the work is built, not of whether
	// anybody needs it: alone it makes nothing low.
	aside bool
}

// criticalityRule returns its evidence; false when it has none.
type criticalityRule func(a *account, g *group, w *inventory.Workload) (evidence, bool)

// criticalityRules are all asked, in the order in which reasons are read.
var criticalityRules = []criticalityRule{
	environmentTag, telltaleName, requests, steadiness, regularRuns, seenCallers, downstream, alarmActions, redundancy,
	scales, broken, unused,
}

// The sums of points from which work counts as of high or medium criticality.
// Production by its tags, or heavy traffic, is medium by itself and high with
// one more sign; no single sign makes work high.
const (
	highPoints   = 5
	mediumPoints = 2
)

// criticality weighs the evidence. What people say in a tag decides by itself;
// the reasons follow all the same.
func (a *account) criticality(g *group, w *inventory.Workload) inventory.Criticality {
	reasons, points, tells := []string{}, 0, false
	for _, rule := range criticalityRules {
		if found, ok := rule(a, g, w); ok {
			reasons = append(reasons, found.reason)
			points += found.points
			tells = tells || !found.aside
		}
	}
	if level, reason, ok := statedLevel(g); ok {
		return inventory.Criticality{Level: level, Reasons: append([]string{reason}, reasons...)}
	}
	switch {
	case len(reasons) == 0:
		return inventory.Criticality{Level: inventory.CriticalityUnknown, Reasons: []string{"nothing tells: no tag, no figures, no alarm and no consumer is known"}}
	case points >= highPoints:
		return inventory.Criticality{Level: inventory.CriticalityHigh, Reasons: reasons}
	case points >= mediumPoints:
		return inventory.Criticality{Level: inventory.CriticalityMedium, Reasons: reasons}
	case !tells:
		return inventory.Criticality{Level: inventory.CriticalityUnknown, Reasons: append(reasons, "nothing tells how much it is used")}
	default:
		return inventory.Criticality{Level: inventory.CriticalityLow, Reasons: reasons}
	}
}

// tags of a workload: the endpoint's, the resource's that gives the name, or
// the newest run's.
func tags(g *group) []inventory.Tag {
	if g.endpoint != nil {
		return g.endpoint.Tags
	}
	if head := g.head(); head != nil {
		return head.Tags
	}
	for i := range g.parts {
		if len(g.parts[i].Tags) > 0 {
			return g.parts[i].Tags
		}
	}
	return nil
}

// statedTags name how critical something is, statedValues how much.
var (
	statedTags   = []string{"criticality", "businesscriticality", "tier", "servicetier", "priority", "severity", "importance"}
	statedValues = map[string]inventory.CriticalityLevel{
		"critical": inventory.CriticalityHigh, "missioncritical": inventory.CriticalityHigh, "businesscritical": inventory.CriticalityHigh,
		"high": inventory.CriticalityHigh, "tier0": inventory.CriticalityHigh, "tier1": inventory.CriticalityHigh,
		"0": inventory.CriticalityHigh, "1": inventory.CriticalityHigh, "p0": inventory.CriticalityHigh, "p1": inventory.CriticalityHigh,
		"gold": inventory.CriticalityHigh, "platinum": inventory.CriticalityHigh,
		"medium": inventory.CriticalityMedium, "moderate": inventory.CriticalityMedium, "tier2": inventory.CriticalityMedium,
		"2": inventory.CriticalityMedium, "p2": inventory.CriticalityMedium, "silver": inventory.CriticalityMedium,
		"low": inventory.CriticalityLow, "tier3": inventory.CriticalityLow, "tier4": inventory.CriticalityLow, "3": inventory.CriticalityLow,
		"4": inventory.CriticalityLow, "p3": inventory.CriticalityLow, "p4": inventory.CriticalityLow, "none": inventory.CriticalityLow,
		"bronze": inventory.CriticalityLow,
	}
)

// letters keeps the letters and digits of a text, in lower case, so that
// Business-Criticality and business_criticality are one.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

func statedLevel(g *group) (inventory.CriticalityLevel, string, bool) {
	for _, stated := range statedTags {
		for _, tag := range tags(g) {
			_, key, scoped := strings.Cut(tag.Key, ":")
			if !scoped {
				key = tag.Key
			}
			if level, known := statedValues[letters(tag.Value)]; known && letters(key) == stated {
				return level, fmt.Sprintf("tag %s is %s", tag.Key, tag.Value), true
			}
		}
	}
	return "", "", false
}

var (
	environmentTags  = []string{"environment", "env", "stage", "deploymentenvironment"}
	productionWords  = []string{"production", "prod", "prd", "live"}
	developmentWords = []string{"development", "develop", "dev", "test", "tests", "testing", "staging", "stg", "sandbox", "demo", "poc", "experiment", "experimental", "playground", "scratch", "tmp", "tutorial", "example", "uat", "preprod", "nonprod"}
	// ambiguousWords speak of development in a tag only: vision-qa answers
	// questions, and a stage may be one of a rocket.
	ambiguousWords    = []string{"stage", "qa", "temp"}
	productionPoints  = 2
	developmentPoints = -3
)

func environmentTag(_ *account, g *group, _ *inventory.Workload) (evidence, bool) {
	for _, tag := range tags(g) {
		if !slices.Contains(environmentTags, letters(tag.Key)) {
			continue
		}
		reason := fmt.Sprintf("tag %s is %s", tag.Key, tag.Value)
		switch value := letters(tag.Value); {
		case slices.Contains(productionWords, value):
			return evidence{points: productionPoints, reason: reason}, true
		case slices.Contains(developmentWords, value), slices.Contains(ambiguousWords, value):
			return evidence{points: developmentPoints, reason: reason}, true
		}
	}
	return evidence{}, false
}

// nameWords splits churn-prod, churn_prod and ChurnProd alike.
func nameWords(name string) []string {
	var spaced strings.Builder
	lower := false
	for _, r := range name {
		if unicode.IsUpper(r) && lower {
			spaced.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = ' '
		}
		spaced.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(spaced.String())
}

func telltaleName(_ *account, g *group, _ *inventory.Workload) (evidence, bool) {
	words := nameWords(g.key.Name)
	for _, word := range words {
		if slices.Contains(developmentWords, word) {
			return evidence{points: developmentPoints, reason: "its name says " + word}, true
		}
	}
	for _, word := range words {
		if slices.Contains(productionWords, word) {
			return evidence{points: 1, reason: "its name says " + word}, true
		}
	}
	return evidence{}, false
}

// requestsPerDay are those of the traffic, or those that an asynchronous
// endpoint took from its queue.
func (a *account) requestsPerDay(g *group, w *inventory.Workload) (float64, bool) {
	if w.Traffic != nil {
		if w.Traffic.Requests == 0 {
			return 0, true
		}
		return w.Traffic.RequestsPerDay, true
	}
	if g.endpoint == nil || g.endpoint.Backlog == nil || g.endpoint.Backlog.Processed == nil || a.document.LookbackDays == 0 {
		return 0, false
	}
	return float64(*g.endpoint.Backlog.Processed) / float64(a.document.LookbackDays), true
}

// requestSteps are the points for requests a day, the most first.
var requestSteps = []struct {
	perDay float64
	points int
}{{100_000, 4}, {1_000, 2}, {1, 1}}

func requests(a *account, g *group, w *inventory.Workload) (evidence, bool) {
	perDay, known := a.requestsPerDay(g, w)
	if !known {
		return evidence{}, false
	}
	if since, young := a.youngerThanLookback(g); perDay == 0 && young {
		return evidence{points: 0, reason: "no request since it was made on " + since}, true
	}
	if perDay == 0 {
		return evidence{points: -2, reason: "no request in " + plural(a.document.LookbackDays, "day")}, true
	}
	reason := figure(perDay) + " requests a day"
	for _, step := range requestSteps {
		if perDay >= step.perDay {
			return evidence{points: step.points, reason: reason}, true
		}
	}
	return evidence{points: 0, reason: reason}, true
}

// youngerThanLookback says since when an endpoint is there that was not yet when
// the figures begin.
func (a *account) youngerThanLookback(g *group) (since string, young bool) {
	if g.endpoint == nil {
		return "", false
	}
	made, ok := parseTime(g.endpoint.CreatedAt)
	return made.Format(time.DateOnly), ok && made.After(a.now.AddDate(0, 0, -a.document.LookbackDays))
}

// steadyShare is the share of a week's hours with requests from which traffic
// counts as steady.
const steadyShare = 0.95

func steadiness(_ *account, _ *group, w *inventory.Workload) (evidence, bool) {
	if w.Traffic == nil || len(w.Traffic.HourOfWeek) == 0 || w.Traffic.Requests == 0 {
		return evidence{}, false
	}
	busy := 0
	for _, mean := range w.Traffic.HourOfWeek {
		if mean > 0 {
			busy++
		}
	}
	hours := len(w.Traffic.HourOfWeek)
	if float64(busy) < steadyShare*float64(hours) {
		return evidence{}, false
	}
	return evidence{points: 1, reason: fmt.Sprintf("requests in %d of the week's %d hours", busy, hours)}, true
}

// regularRuns looks at work that runs and ends.
func regularRuns(a *account, _ *group, w *inventory.Workload) (evidence, bool) {
	days := a.document.LookbackDays
	if w.Runs == nil || days == 0 {
		return evidence{}, false
	}
	reason := fmt.Sprintf("%s in %s", plural(w.Runs.InLookback, "run"), plural(days, "day"))
	switch {
	case w.Runs.InLookback == 0:
		return evidence{points: -1, reason: "no run in " + plural(days, "day")}, true
	case w.Runs.InLookback*2 >= days:
		return evidence{points: 2, reason: reason}, true
	default:
		return evidence{points: 1, reason: reason}, true
	}
}

// seenCallers counts those who are known to call, not those who may.
func seenCallers(_ *account, _ *group, w *inventory.Workload) (evidence, bool) {
	var names []string
	for _, c := range w.Consumers {
		if c.How == string(inventory.CallerSeen) || c.How == string(inventory.CallerGiven) {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return evidence{}, false
	}
	return evidence{points: 1, reason: "called by " + listed(names)}, true
}

func downstream(_ *account, _ *group, w *inventory.Workload) (evidence, bool) {
	var names []string
	for _, c := range w.Consumers {
		if c.How == fromGraph {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return evidence{}, false
	}
	return evidence{points: 1, reason: "used by " + listed(names)}, true
}

func alarmActions(a *account, g *group, _ *inventory.Workload) (evidence, bool) {
	if g.endpoint == nil {
		return evidence{}, false
	}
	var names []string
	for _, alarm := range a.alarms[endpointKey(g.endpoint)] {
		if alarm.ActionsEnabled && len(alarm.AlarmActions) > 0 && !drivesScaling(alarm) {
			names = append(names, alarm.Name)
		}
	}
	if len(names) == 0 {
		return evidence{}, false
	}
	return evidence{points: 1, reason: "somebody is told by the alarms " + listed(names), aside: true}, true
}

// drivesScaling says that all that an alarm does is to scale: nobody is told.
func drivesScaling(alarm *inventory.Alarm) bool {
	return !slices.ContainsFunc(alarm.AlarmActions, func(action string) bool { return !strings.Contains(action, ":autoscaling:") })
}

// redundancy looks for more than one instance or variant that serves.
func redundancy(_ *account, g *group, _ *inventory.Workload) (evidence, bool) {
	if g.endpoint == nil {
		return evidence{}, false
	}
	for _, s := range g.endpoint.Scaling {
		if s.Min > 1 {
			return evidence{points: 1, reason: fmt.Sprintf("never fewer than %d instances or copies of %s", s.Min, s.Resource), aside: true}, true
		}
	}
	for i := range g.endpoint.Variants {
		if count, ok := instances(&g.endpoint.Variants[i]); ok && count > 1 {
			return evidence{points: 1, reason: fmt.Sprintf("%d instances of variant %s", count, g.endpoint.Variants[i].Name), aside: true}, true
		}
	}
	if count := len(g.endpoint.Variants); count > 1 {
		return evidence{points: 1, reason: plural(count, "variant"), aside: true}, true
	}
	return evidence{}, false
}

func scales(_ *account, g *group, _ *inventory.Workload) (evidence, bool) {
	if g.endpoint == nil || len(g.endpoint.Scaling) == 0 {
		return evidence{}, false
	}
	return evidence{points: 1, reason: "it scales with its load", aside: true}, true
}

// unused says what makes a model a workload of its own.
func unused(a *account, g *group, _ *inventory.Workload) (evidence, bool) {
	if g.key.Kind != inventory.WorkloadModel {
		return evidence{}, false
	}
	if why := a.unseenUsers(g.key.Place); why != "" {
		return evidence{reason: "no endpoint and no job that was read uses it; " + why, aside: true}, true
	}
	return evidence{points: -2, reason: "no endpoint and no job uses it"}, true
}

// modelUsers are the operations that show what uses a model.
var modelUsers = []string{
	"sagemaker:ListEndpoints", "sagemaker:DescribeEndpoint", "sagemaker:ListTransformJobs", "sagemaker:DescribeTransformJob",
	"sagemaker:ListInferenceComponents", "sagemaker:DescribeInferenceComponent",
}

// unseenUsers says what may use a model without that anybody saw it; empty when
// all was read.
func (a *account) unseenUsers(place inventory.Place) string {
	for _, u := range a.document.Unread {
		if u.Place == place && slices.Contains(modelUsers, u.Operation) {
			return u.Operation + " was not answered"
		}
	}
	var blind []string
	for i := range a.document.Endpoints {
		if e := &a.document.Endpoints[i]; e.Place == place && e.Config.Presence != inventory.Present {
			blind = append(blind, e.Name)
		}
	}
	if len(blind) > 0 {
		return "which models run behind " + listed(blind) + " is not known"
	}
	return ""
}

// broken work that nobody mends is missed by nobody.
func broken(_ *account, g *group, w *inventory.Workload) (evidence, bool) {
	if g.endpoint == nil || w.Status != "Failed" && w.Status != "OutOfService" {
		return evidence{}, false
	}
	return evidence{points: -2, reason: "its status is " + w.Status}, true
}
