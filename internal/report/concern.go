package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// Urgency says when somebody should look at a concern.
type Urgency int

// The degrees of urgency, the highest first.
const (
	// Now may already hurt, or would surprise on the day of the move.
	Now Urgency = iota
	// Soon has to be settled before the workload moves.
	Soon
	// Sometime wastes money or hides something, and can wait.
	Sometime
)

var urgencyWords = map[Urgency]string{Now: "Now", Soon: "Before it moves", Sometime: "When there is time"}

// String is the word on the page.
func (u Urgency) String() string { return urgencyWords[u] }

// Concern is something that a person should look at.
type Concern struct {
	Urgency Urgency
	// Workload is the full key; empty for concerns about the whole account.
	Workload string
	// Subject is what people call it.
	Subject string
	// What is wrong, in a sentence; Do says what would help.
	What, Do string
	// weight orders concerns of one urgency: requests a day, or money.
	weight float64
}

// subject is a workload with everything that is known of it.
type subject struct {
	inventory.Workload
	// endpoint is nil for workloads of other kinds, planned without a plan.
	endpoint *inventory.Endpoint
	planned  *plan.Workload
	alarms   int
	// trailRead says that CloudTrail was read where the workload is.
	trailRead bool
}

// worry looks at one aspect of a workload, and returns nil when it is fine.
type worry func(s subject) *Concern

var worries = []worry{
	broken, failing, unrepeatable, unknownCallers, alone, unwatched, blocked, failedRuns, unseen, secrets, idle, idleGPU, unpricedThings,
}

func concern(urgency Urgency, weight float64, do, what string, args ...any) *Concern {
	return &Concern{Urgency: urgency, weight: weight, What: fmt.Sprintf(what, args...), Do: do}
}

// importance orders what concerns busy workloads before others.
func (s subject) importance() float64 {
	if s.Traffic != nil {
		return s.Traffic.RequestsPerDay
	}
	return 0
}

func (s subject) dollars() float64 {
	if s.CostPerMonth == nil {
		return 0
	}
	return s.CostPerMonth.USD
}

func (s subject) critical() bool { return s.Criticality.Level == inventory.CriticalityHigh }

func broken(s subject) *Concern {
	if s.endpoint == nil || s.Status != "Failed" && s.Status != "UpdateRollbackFailed" && s.Status != "OutOfService" {
		return nil
	}
	reason := cmp.Or(s.endpoint.FailureReason, "SageMaker gives no reason")
	return concern(Now, s.importance(), "find out who relies on it; delete it when nobody does", "It is %s: %s.", s.Status, strings.TrimSuffix(reason, "."))
}

// failingShare of the requests is more than a service that people rely on loses.
const failingShare = 0.01

func failing(s subject) *Concern {
	if s.Traffic == nil || s.Traffic.ServerErrorShare <= failingShare {
		return nil
	}
	return concern(Now, s.importance(), "mend it before it moves, or the move will be blamed for it",
		"%.1f %% of its requests fail with an error of the server.", s.Traffic.ServerErrorShare*100)
}

func unrepeatable(s subject) *Concern {
	if s.endpoint == nil {
		return nil
	}
	var gone []string
	if s.endpoint.Config.Presence == inventory.Deleted {
		gone = append(gone, "its configuration "+s.endpoint.Config.Name)
	}
	for _, m := range s.endpoint.Models {
		if m.Presence == inventory.Deleted {
			gone = append(gone, "the model "+m.Name)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return concern(Now, s.importance(), "create it again from what the team remembers, while the endpoint still runs",
		"It runs on, but %s was deleted: nobody could start it again.", strings.Join(gone, " and "))
}

func unknownCallers(s subject) *Concern {
	if s.Kind != inventory.WorkloadEndpoint || !s.critical() || s.ConsumersUnknown == "" {
		return nil
	}
	if slices.ContainsFunc(s.Consumers, func(c inventory.Consumer) bool { return c.How != string(inventory.CallerAllowed) }) {
		return nil
	}
	if s.trailRead {
		return concern(Soon, s.importance(), "ask its owners, and name the callers in a file for --known-callers; what was read stands under “Not known”",
			"It matters, and CloudTrail shows nobody who calls it.")
	}
	return concern(Soon, s.importance(),
		"scan again with --cloudtrail where a trail records calls of endpoints, or name the callers in a file for --known-callers; what was read stands under “Not known”",
		"It matters, and nobody knows who calls it.")
}

func alone(s subject) *Concern {
	if s.endpoint == nil || !s.critical() || len(s.endpoint.Scaling) > 0 || len(s.endpoint.Variants) != 1 {
		return nil
	}
	if count := s.endpoint.Variants[0].InstanceCount.Current; count == nil || *count != 1 {
		return nil
	}
	return concern(Soon, s.importance(), "give it a second instance now, and two replicas in the plan",
		"It matters, and runs on a single instance without scaling.")
}

func unwatched(s subject) *Concern {
	if s.endpoint == nil || !s.critical() || s.alarms > 0 {
		return nil
	}
	return concern(Soon, s.importance(), "agree on thresholds before traffic moves: they become the gates of the rollout",
		"It matters, and no alarm watches it.")
}

func blocked(s subject) *Concern {
	if s.planned == nil || s.planned.Decision != plan.Blocked || len(s.planned.Blockers) == 0 {
		return nil
	}
	first := s.planned.Blockers[0]
	return concern(Soon, s.importance(), first.Do, "It cannot move because of %s: %s.", first.Thing, strings.TrimSuffix(first.Why, "."))
}

// failedRunsShare is where failing is no longer the odd mishap.
const failedRunsShare = 0.5

func failedRuns(s subject) *Concern {
	r := s.Runs
	if r == nil || r.InLookback == 0 || r.Count == 0 || float64(r.Failed)/float64(r.Count) < failedRunsShare {
		return nil
	}
	return concern(Soon, s.dollars(), "see whether anybody needs it; if so, mend it before it moves",
		"%d of its %d runs failed.", r.Failed, r.Count)
}

func unseen(s subject) *Concern {
	if s.endpoint == nil || s.endpoint.Unread == "" {
		return nil
	}
	return concern(Soon, s.importance(), "grant what is listed under “Could not be read”, and scan again",
		"It could not be read: %s.", strings.TrimSuffix(s.endpoint.Unread, "."))
}

func secrets(s subject) *Concern {
	if s.endpoint == nil {
		return nil
	}
	var names []string
	for _, m := range s.endpoint.Models {
		for _, c := range m.Containers {
			names = append(names, c.MaskedEnv...)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return concern(Sometime, s.importance(), "whoever may describe the model can read them: rotate them, and keep them in Secrets from now on",
		"Its environment holds values that look secret: %s.", strings.Join(slices.Compact(names), ", "))
}

// idleUSD is the least that is worth a line.
const idleUSD = 10

func idle(s subject) *Concern {
	if s.Kind != inventory.WorkloadEndpoint || s.Traffic == nil || s.Traffic.Requests > 0 || s.dollars() < idleUSD {
		return nil
	}
	return concern(Sometime, s.dollars(), "ask its owners; retire it", "Nobody called it, and it costs %s a month.", money(s.CostPerMonth))
}

// unpricedThings names what costs money outside of every sum.
func unpricedThings(s subject) *Concern {
	if len(s.Unpriced) == 0 || s.Kind == inventory.WorkloadEndpoint {
		return nil // what an endpoint's price lacks stands with its cost
	}
	return concern(Sometime, 0, "look it up in the bill; no sum of this page has it", "It costs money, and no price is known of %s.", strings.Join(s.Unpriced, "; "))
}

func idleGPU(s subject) *Concern {
	if s.Hardware.Needs != inventory.GPUUnused {
		return nil
	}
	return concern(Sometime, s.dollars(), "try it on CPU, or share a GPU", "It pays for a GPU that stays idle: %s.", strings.TrimSuffix(s.Hardware.Basis, "."))
}

// concerns looks at everything, the most urgent first.
func concerns(subjects []subject, d inventory.Document) []Concern {
	var all []Concern
	namesakes := map[string]int{}
	for _, s := range subjects {
		namesakes[s.String()]++
	}
	for _, s := range subjects {
		for _, look := range worries {
			if c := look(s); c != nil {
				c.Workload, c.Subject = s.Full(), s.Name
				if namesakes[s.String()] > 1 {
					c.Subject += " (" + s.AccountID + " " + s.Region + ")"
				}
				all = append(all, *c)
			}
		}
	}
	for _, u := range d.Unread {
		all = append(all, unreadConcern(u))
	}
	slices.SortStableFunc(all, func(a, b Concern) int {
		return cmp.Or(cmp.Compare(a.Urgency, b.Urgency), cmp.Compare(b.weight, a.weight),
			cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.What, b.What))
	})
	return all
}

func unreadConcern(u inventory.Unread) Concern {
	c := Concern{Urgency: Soon, Subject: u.Operation, What: "It was not answered: " + u.Code + ".", Do: "scan again"}
	if u.Action != "" {
		c.What, c.Do = "The scan may not call it, so part of the account is unknown.", "grant "+u.Action+", and scan again"
	}
	return c
}

// money writes an amount with the word estimate where it is one.
func money(c *inventory.Cost) string {
	if c == nil {
		return "unknown"
	}
	text := fmt.Sprintf("$%.0f", c.USD)
	if c.Estimate {
		text += " (estimate)"
	}
	return text
}
