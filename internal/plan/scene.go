package plan

import (
	"strings"
	"time"

	"landfall.dev/landfall/internal/inventory"
)

// scene is the account around a workload: what rules look things up in.
type scene struct {
	inventory inventory.Document
	options   Options
	// seen is the time that the figures on traffic cover, now when the scan
	// was made; zero when the inventory does not tell.
	seen window
	now  time.Time
	// resources are by place, kind and name.
	resources map[resourceKey]*inventory.Resource
	endpoints map[inventory.WorkloadKey]*inventory.Endpoint
	workloads map[string]*inventory.Workload
	alarms    map[inventory.Place][]inventory.Alarm
	// decided are the decisions as they stand in the plan, edits included, of
	// the workloads that were judged so far.
	decided map[string]Decision
	// serving counts the endpoints that answer requests, servingGPU those of
	// them on GPUs.
	serving, servingGPU int
	relations
}

type resourceKey struct {
	inventory.Place
	kind inventory.ResourceKind
	name string
}

func newScene(inv inventory.Document, options Options) *scene {
	s := &scene{
		inventory: inv, options: options, seen: windowOf(inv), now: nowOf(inv),
		resources: make(map[resourceKey]*inventory.Resource, len(inv.Resources)),
		endpoints: make(map[inventory.WorkloadKey]*inventory.Endpoint, len(inv.Endpoints)),
		workloads: make(map[string]*inventory.Workload, len(inv.Workloads)),
		decided:   map[string]Decision{},
		alarms:    map[inventory.Place][]inventory.Alarm{},
	}
	for _, a := range inv.Alarms {
		s.alarms[a.Place] = append(s.alarms[a.Place], a)
	}
	for i := range inv.Resources {
		r := &inv.Resources[i]
		s.resources[resourceKey{r.Place, r.Kind, r.Name}] = r
	}
	for i := range inv.Endpoints {
		e := &inv.Endpoints[i]
		s.endpoints[keyOf(*e)] = e
		if serves(*e) {
			s.serving++
			if onGPU(*e) {
				s.servingGPU++
			}
		}
	}
	for i := range inv.Workloads {
		s.workloads[inv.Workloads[i].Full()] = &inv.Workloads[i]
	}
	return s
}

// resource returns what a workload's place has under a kind and name, or nil.
func (s *scene) resource(place inventory.Place, kind inventory.ResourceKind, name string) *inventory.Resource {
	return s.resources[resourceKey{place, kind, name}]
}

// nowOf is when the scan was made: without that, the newest time there is.
func nowOf(inv inventory.Document) time.Time {
	if scanned := parseTime(inv.ScannedAt); !scanned.IsZero() {
		return scanned
	}
	var newest time.Time
	for _, r := range inv.Resources {
		for _, text := range []string{r.CreatedAt, r.ModifiedAt, r.EndedAt} {
			if at := parseTime(text); at.After(newest) {
				newest = at
			}
		}
	}
	for _, e := range inv.Endpoints {
		for _, text := range []string{e.CreatedAt, e.ModifiedAt} {
			if at := parseTime(text); at.After(newest) {
				newest = at
			}
		}
	}
	return newest
}

// parseTime is zero for what is no time.
func parseTime(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// daysSince is how many days before the scan a time was, and whether both are
// known.
func (s *scene) daysSince(text string) (int, bool) {
	at := parseTime(text)
	if at.IsZero() || s.now.IsZero() {
		return 0, false
	}
	return int(s.now.Sub(at).Hours() / hoursPerDay), true
}

// serves says that an endpoint answers requests of somebody.
func serves(e inventory.Endpoint) bool {
	if e.Status == "Failed" || e.Status == "Deleting" {
		return false
	}
	for _, v := range e.Variants {
		if v.Traffic == nil || v.Traffic.Requests > 0 {
			return true
		}
	}
	return false
}

func onGPU(e inventory.Endpoint) bool {
	for _, v := range e.Variants {
		if v.Instance != nil && v.Instance.Accelerator != nil {
			return true
		}
	}
	return false
}

// unlisted says that a list of AWS could not be read at a place, so that what
// it would hold may be there.
func (s *scene) unlisted(place inventory.Place, operation string) bool {
	for _, unread := range s.inventory.Unread {
		if (unread.Place == place || unread.Place == (inventory.Place{})) && strings.TrimPrefix(unread.Operation, "sagemaker:") == operation {
			return true
		}
	}
	return false
}
