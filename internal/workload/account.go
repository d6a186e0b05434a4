package workload

import (
	"slices"
	"strings"
	"time"

	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/graph"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/membership"
)

// account is a document with what the rules look up in it.
type account struct {
	document inventory.Document
	prices   *cost.Table
	members  membership.Membership
	groups   []*group
	// byKey finds a group by its key.
	byKey map[inventory.WorkloadKey]*group
	now   time.Time
	// dependents are the full keys of the workloads that depend on one.
	dependents map[string][]string
	// shortNames are the short keys, by full key.
	shortNames map[string]inventory.WorkloadKey
	// watchers are the names of the monitoring schedules and alarms by the
	// full key of the endpoint that they watch.
	schedules map[string][]string
	alarms    map[string][]*inventory.Alarm
	// jobs find the training jobs by place and name, producers what a job's
	// artifacts lie below.
	jobs      map[string]producer
	producers map[string]producer
	// packages find model packages by ARN, algorithms by ARN and by name, all
	// in lower case.
	packages   map[string]part
	algorithms map[string]part
	coverage   map[inventory.Place]inventory.CallerCoverage
}

// producer is a job that makes models.
type producer struct {
	part
	key inventory.WorkloadKey
}

func newAccount(d inventory.Document, prices *cost.Table) *account {
	a := &account{
		document: d, prices: prices, members: membership.Of(d), now: now(d),
		byKey: map[inventory.WorkloadKey]*group{}, dependents: map[string][]string{}, shortNames: map[string]inventory.WorkloadKey{},
		schedules: map[string][]string{}, alarms: map[string][]*inventory.Alarm{},
		jobs: map[string]producer{}, producers: map[string]producer{},
		packages: map[string]part{}, algorithms: map[string]part{},
		coverage: map[inventory.Place]inventory.CallerCoverage{},
	}
	a.groups = a.groupsOf()
	for _, g := range a.groups {
		a.shortNames[g.key.Full()], a.byKey[g.key] = g.key, g
		for _, p := range g.parts {
			a.index(g, p)
		}
	}
	for from, keys := range graph.OfMembers(d, a.members).WorkloadDependencies() {
		for _, key := range keys {
			a.dependents[key] = append(a.dependents[key], from)
		}
	}
	for _, keys := range a.dependents {
		slices.Sort(keys)
	}
	for i := range d.Alarms {
		a.indexAlarm(&d.Alarms[i])
	}
	for _, c := range d.CallerCoverage {
		a.coverage[c.Place] = c
	}
	return a
}

// index notes what other workloads look up about a resource.
func (a *account) index(g *group, p part) {
	switch p.Kind {
	case inventory.KindTrainingJob, inventory.KindAutoMLJob:
		made := producer{part: p, key: g.key}
		a.jobs[p.String()+"/"+p.Name] = made
		if uri := strings.TrimRight(p.spec.ModelArtifacts.S3ModelArtifacts, "/"); uri != "" {
			a.producers[uri] = made
		}
		if uri := strings.TrimRight(p.spec.OutputDataConfig.S3OutputPath, "/"); uri != "" {
			a.producers[uri+"/"+p.Name] = made
		}
	case inventory.KindModelPackage:
		a.packages[strings.ToLower(p.ARN)] = p
	case inventory.KindAlgorithm:
		a.algorithms[strings.ToLower(p.ARN)] = p
		a.algorithms[strings.ToLower(p.Name)] = p
	case inventory.KindMonitoringSchedule:
		for _, r := range p.references {
			if r.Kind == inventory.KindEndpoint {
				key := r.Place.String() + "/" + strings.ToLower(r.Name)
				a.schedules[key] = append(a.schedules[key], p.Name)
			}
		}
	default: // Nobody looks up the other kinds.
	}
}

func (a *account) indexAlarm(alarm *inventory.Alarm) {
	metrics := []*inventory.CustomMetric{alarm.Metric}
	for _, e := range alarm.Expressions {
		metrics = append(metrics, e.Metric)
	}
	seen := map[string]bool{}
	for _, m := range metrics {
		if m == nil || m.Dimensions["EndpointName"] == "" {
			continue
		}
		key := alarm.String() + "/" + strings.ToLower(m.Dimensions["EndpointName"])
		if !seen[key] {
			seen[key] = true
			a.alarms[key] = append(a.alarms[key], alarm)
		}
	}
}

// endpointKey is how endpoints are looked up; ARNs and dimensions do not all
// keep the case.
func endpointKey(e *inventory.Endpoint) string {
	return e.String() + "/" + strings.ToLower(e.Name)
}

// now is when the scan began, or the newest time that anything bears.
func now(d inventory.Document) time.Time {
	if at, ok := parseTime(d.ScannedAt); ok {
		return at
	}
	var newest time.Time
	look := func(texts ...string) {
		for _, text := range texts {
			if at, ok := parseTime(text); ok && at.After(newest) {
				newest = at
			}
		}
	}
	for i := range d.Endpoints {
		look(d.Endpoints[i].CreatedAt, d.Endpoints[i].ModifiedAt)
	}
	for i := range d.Resources {
		look(d.Resources[i].CreatedAt, d.Resources[i].ModifiedAt, d.Resources[i].EndedAt)
	}
	return newest
}

// parseTime reads RFC 3339; false for a text that is none.
func parseTime(text string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, text)
	return at, err == nil
}
