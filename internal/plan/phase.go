package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/graph"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// Phases in which workloads move: one class of work at a time, the easiest
// first.
const (
	// phaseQuiet is for endpoints that may fail while everybody learns.
	phaseQuiet = 1
	// phaseOnline is for those that may not, and for GPUs.
	phaseOnline = 2
	phaseBatch  = 3
	// phaseTraining comes last: what serves depends on its results only, and
	// those are files.
	phaseTraining = 4

	// quietRequestsPerDay is the most that counts as few: 7 a minute.
	quietRequestsPerDay = 10_000
)

var phaseTitles = map[int]string{
	phaseQuiet:    "Online, not critical",
	phaseOnline:   "Online, critical or on GPUs",
	phaseBatch:    "Batch and asynchronous",
	phaseTraining: "Training, tuning and pipelines",
}

func phaseTitle(number int) string {
	if title, known := phaseTitles[number]; known {
		return title
	}
	return fmt.Sprintf("Phase %d, added by a person", number)
}

// natural is the phase that a workload belongs to by itself, and why.
func (e *entry) natural() (phase int, why string) {
	if !moves(e.Decision) {
		return 0, ""
	}
	if e.work == nil {
		return e.old.Phase, "as in the earlier plan: the scan did not look at it"
	}
	switch e.Kind {
	case inventory.WorkloadEndpoint:
		return e.naturalOnline()
	case inventory.WorkloadTransform, inventory.WorkloadMonitoring:
		return phaseBatch, "it works through data in batches"
	case inventory.WorkloadProcessing:
		if e.work.Runs != nil && e.work.Runs.StartedBy != "" {
			return phaseTraining, "it runs as a part of " + e.work.Runs.StartedBy
		}
		return phaseBatch, "it works through data in batches"
	default:
		return phaseTraining, "what trains, and what drives it, moves last: serving needs its results only"
	}
}

func (e *entry) naturalOnline() (phase int, why string) {
	work := e.work
	switch {
	case work.ServingMode == inventory.ModeAsync || e.Class == placement.ClassBatch:
		return phaseBatch, "it answers asynchronously"
	case e.Class == placement.ClassTraining:
		return phaseTraining, "its class is Training"
	case e.Decision == MoveLater:
		return phaseOnline, "it serves online, and cannot be among the first since it has to wait"
	case e.Resources.Requests.GPU > 0:
		return phaseOnline, "it serves online on GPUs"
	case e.Criticality == inventory.CriticalityHigh:
		return phaseOnline, "it serves online, and its criticality is high"
	case e.Criticality == inventory.CriticalityLow:
		return phaseQuiet, "it serves online, and its criticality is low"
	case work.Traffic == nil:
		return phaseOnline, "it serves online, and how many requests it gets is not known"
	case work.Traffic.RequestsPerDay > quietRequestsPerDay:
		return phaseOnline, fmt.Sprintf("it serves online, more than %d requests a day", quietRequestsPerDay)
	}
	return phaseQuiet, fmt.Sprintf("it serves online, at most %d requests a day", quietRequestsPerDay)
}

// editedPhase says that a person chose the phase. Taking it away, or writing 0,
// leaves it to Landfall: what moves has a phase.
func (e *entry) editedPhase() bool {
	return e.previous != nil && e.previous.Phase != e.old.Phase && (e.previous.Phase > 0 || !moves(e.Decision))
}

// phases sets in which phase each workload moves: its natural one, or that of
// what it depends on where that is later. What a person chose stays, and pushes
// what depends on it.
func (b *builder) phases() {
	for _, component := range b.components() {
		b.phaseOf(component)
	}
}

// phaseOf sets the phase of workloads that depend on one another, or of a
// single one. What they depend on beside has its phase already.
func (b *builder) phaseOf(component []*entry) {
	latest, whyLatest := 0, ""
	inside := map[*entry]bool{}
	for _, e := range component {
		inside[e] = true
		if phase, _ := e.natural(); phase > latest {
			latest, whyLatest = phase, fmt.Sprintf("%s moves in phase %d and depends on it in a circle", b.labels[e.Full()], phase)
		}
	}
	for _, e := range component {
		for _, on := range b.dependenciesOf(e) {
			if !inside[on] && on.Phase > latest {
				latest, whyLatest = on.Phase, fmt.Sprintf("it depends on %s, which moves in phase %d", b.labels[on.Full()], on.Phase)
			}
		}
	}
	for _, e := range component {
		natural, why := e.natural()
		e.computed.Phase, e.PhaseReason = natural, why
		if natural > 0 && latest > natural {
			e.computed.Phase, e.PhaseReason = latest, why+"; "+whyLatest
		}
		e.choosePhase(component, b)
		if e.work == nil && !e.missing && e.Phase == e.previous.Phase {
			e.PhaseReason = e.previous.PhaseReason // nothing new is known of it
		}
	}
}

// choosePhase keeps what a person chose, and says what is odd about it.
func (e *entry) choosePhase(circle []*entry, b *builder) {
	e.Phase = e.computed.Phase
	if len(circle) > 1 && e.Phase > 0 {
		e.PhaseReason += "; it belongs together with " + b.names(circle, e) + ": each depends on the other"
	}
	if !e.editedPhase() {
		return
	}
	e.Phase = e.previous.Phase
	words := []string{fmt.Sprintf("chosen by a person; Landfall would say phase %d", e.computed.Phase)}
	for _, on := range b.dependenciesOf(e) {
		if on.Phase > e.Phase && e.Phase > 0 && !slices.Contains(circle, on) {
			words = append(words, fmt.Sprintf("that is before %s, on which it depends and which moves in phase %d", b.labels[on.Full()], on.Phase))
			b.tooEarly = append(b.tooEarly, fmt.Sprintf("%s is to move in phase %d, before %s, on which it depends and which moves in phase %d; a person chose so",
				b.labels[e.Full()], e.Phase, b.labels[on.Full()], on.Phase))
		}
	}
	text := strings.Join(words, "; ")
	if e.PhaseReason != "" {
		text += ": " + e.PhaseReason
	}
	e.PhaseReason = text
}

func (b *builder) names(entries []*entry, without *entry) string {
	var labels []string
	for _, e := range entries {
		if e != without {
			labels = append(labels, b.labels[e.Full()])
		}
	}
	return strings.Join(labels, ", ")
}

// dependenciesOf are the entries that one depends on directly.
func (b *builder) dependenciesOf(e *entry) []*entry {
	var found []*entry
	for _, key := range b.scene.dependencies[e.Full()] {
		if on := b.byKey[key]; on != nil && on != e {
			found = append(found, on)
		}
	}
	return found
}

// components are the entries in the order of their dependencies: what is
// depended on comes first, and what depends on one another is together.
func (b *builder) components() [][]*entry {
	ordered := b.inOrder()
	at := make(map[*entry]int, len(ordered))
	for i, e := range ordered {
		at[e] = i
	}
	out := make([][]int, len(ordered))
	for i, e := range ordered {
		for _, on := range b.dependenciesOf(e) {
			out[i] = append(out[i], at[on])
		}
	}
	var components [][]*entry
	for _, found := range graph.Components(out) {
		component := make([]*entry, 0, len(found))
		for _, i := range found {
			component = append(component, ordered[i])
		}
		slices.SortFunc(component, func(x, y *entry) int { return x.Compare(y.WorkloadKey) })
		components = append(components, component)
	}
	return components
}

// inOrder sorts entries by what would move first if nothing depended on
// anything.
func (b *builder) inOrder() []*entry {
	sorted := slices.Clone(b.entries)
	rank := map[*entry][2]int{}
	for _, e := range sorted {
		natural, _ := e.natural()
		if natural == 0 {
			natural = math.MaxInt // what stays must not draw what it uses to the front
		}
		rank[e] = [2]int{natural, criticalityRank[e.Criticality]}
	}
	slices.SortStableFunc(sorted, func(x, y *entry) int {
		return cmp.Or(cmp.Compare(rank[x][0], rank[y][0]), cmp.Compare(waits(x), waits(y)), cmp.Compare(rank[x][1], rank[y][1]),
			cmp.Compare(requestsPerDay(x), requestsPerDay(y)), x.Compare(y.WorkloadKey))
	})
	return sorted
}

// criticalityRank orders levels, the least critical first. What is not known
// may be critical.
var criticalityRank = map[inventory.CriticalityLevel]int{
	inventory.CriticalityLow: 0, inventory.CriticalityMedium: 1, inventory.CriticalityUnknown: 2, "": 2, inventory.CriticalityHigh: 3,
}

func waits(e *entry) int {
	if e.Decision == Move {
		return 0
	}
	return 1
}

func requestsPerDay(e *entry) float64 {
	if e.work == nil || e.work.Traffic == nil {
		return 0
	}
	return e.work.Traffic.RequestsPerDay
}

// listPhases are the phases that have workloads, each in the order in which
// they move.
func (b *builder) listPhases() []Phase {
	byNumber := map[int][]string{}
	var numbers []int
	for _, component := range b.components() {
		for _, e := range component {
			if e.Phase == 0 || !moves(e.Decision) {
				continue
			}
			if byNumber[e.Phase] == nil {
				numbers = append(numbers, e.Phase)
			}
			byNumber[e.Phase] = append(byNumber[e.Phase], b.labels[e.Full()])
		}
	}
	slices.Sort(numbers)
	phases := make([]Phase, 0, len(numbers))
	for _, number := range numbers {
		phases = append(phases, Phase{Number: number, Title: phaseTitle(number), Workloads: byNumber[number]})
	}
	if len(phases) == 0 {
		return nil
	}
	return phases
}
