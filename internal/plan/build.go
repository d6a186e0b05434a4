package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"landfall.dev/landfall/internal/cost"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
	"landfall.dev/landfall/internal/workload"
)

// Options of a plan.
type Options struct {
	// Images maps container images of SageMaker to those for the cluster.
	Images map[string]string
	// WorkloadClassName is where pods run unless the plan says otherwise.
	WorkloadClassName string
	// Target is the cluster that is planned for. What it leaves empty is as in
	// the previous plan.
	Target placement.Target
	// Clusters are those of the plan in place of the previous plan's; nil keeps
	// those.
	Clusters []Cluster
	// Split adds a cluster for each place that no cluster takes yet.
	Split Split
	// Verified are figures of landfall verify. They are remembered in the plan.
	Verified []Verification
	// Prices are those of instances and nodes; nil stands for cost.Prices().
	// With people's own among them, the costs of the inventory are computed
	// again.
	Prices *cost.Table
	// PriceFiles are the files of people's own prices by the tables' names.
	PriceFiles map[string]string
}

func (o Options) prices() *cost.Table {
	if o.Prices == nil {
		return cost.Prices()
	}
	return o.Prices
}

// Build plans every workload of an inventory. With a previous plan, people's
// edits are kept and the changes are returned. Workloads that the inventory no
// longer has stay in the plan.
func Build(inv inventory.Document, previous *Document, options Options) (Document, []Change, error) {
	if err := checkImages(inv, options.Images); err != nil {
		return Document{}, nil, err
	}
	if previous == nil {
		previous = &Document{}
	}
	inv = adoptAccounts(previous.Accounts, inv)
	if err := SamePlaces(previous.Accounts, inv.Accounts); err != nil {
		return Document{}, nil, fmt.Errorf("%w; write another plan for it", err)
	}
	inv.Workloads = workloadsOf(inv)
	if options.prices().Own() {
		inv.Workloads = workload.Reprice(inv, options.prices())
	}
	return build(inv, relationsOf(inv), previous, options.over(previous))
}

// build plans an inventory whose workloads and relations are concluded.
func build(inv inventory.Document, related relations, previous *Document, options Options) (Document, []Change, error) {
	b := builder{inventory: inv, previous: previous}
	options.Clusters = options.split(b.keys())
	b.scene, b.options = newScene(inv, options), options
	b.countRegions()
	b.scene.relations = related
	b.index()
	if err := b.takeVerified(); err != nil {
		return Document{}, nil, err
	}
	b.nameEverything()
	if err := b.judge(); err != nil {
		return Document{}, nil, err
	}
	b.labelEverything()
	b.relate()
	b.pools = b.place()
	b.phases()
	result := Document{
		Accounts: accountsOf(previous.Accounts, inv.Accounts), ImageMap: options.Images, WorkloadClassName: options.WorkloadClassName,
		Target: options.Target, Clusters: b.options.Clusters, Prices: options.priceTables(), Computed: map[string]Settings{}, Verified: b.verified,
	}
	changes, err := b.finish(&result)
	if err != nil {
		return Document{}, nil, err
	}
	result.NodePools = b.labelled(b.pools)
	changes = append(changes, poolChanges(previous.NodePools, result.NodePools)...)
	result.Phases = b.listPhases()
	result.Costs = b.costs(result.NodePools)
	result.Notes = b.notes()
	if err := validate(result); err != nil {
		return Document{}, nil, err
	}
	return result, changes, nil
}

// keyOf is the key of an endpoint's workload.
func keyOf(e inventory.Endpoint) inventory.WorkloadKey {
	return inventory.WorkloadKey{Place: e.Place, Kind: inventory.WorkloadEndpoint, Name: e.Name}
}

// over adds what the previous plan was made with, so that nobody has to repeat
// the options.
func (o Options) over(previous *Document) Options {
	images := maps.Clone(previous.ImageMap)
	if images == nil {
		images = map[string]string{}
	}
	maps.Copy(images, o.Images)
	o.Images, o.WorkloadClassName = images, cmp.Or(o.WorkloadClassName, previous.WorkloadClassName)
	if len(o.Target.NodeTypes) == 0 && (o.Target.Provider == "" || o.Target.Provider == previous.Target.Provider) {
		o.Target.NodeTypes = previous.Target.NodeTypes
	}
	o.Target.Provider, o.Target.Region = cmp.Or(o.Target.Provider, previous.Target.Provider), cmp.Or(o.Target.Region, previous.Target.Region)
	if o.Clusters == nil {
		o.Clusters = previous.Clusters
	}
	return o
}

// placesOf are where workloads are, sorted.
func placesOf(keys []inventory.WorkloadKey) []inventory.Place {
	places := make([]inventory.Place, 0, len(keys))
	for _, key := range keys {
		places = append(places, key.Place)
	}
	slices.SortFunc(places, inventory.Place.Compare)
	return slices.Compact(places)
}

// checkImages refuses a mapping that would be ignored.
func checkImages(inv inventory.Document, images map[string]string) error {
	if len(images) == 0 {
		return nil
	}
	used := usedImages(inv)
	for _, from := range slices.Sorted(maps.Keys(images)) {
		if !used[from] {
			return fmt.Errorf("image map: no workload uses %q; want the image as the inventory has it", from)
		}
		if _, err := inventory.ParseImage(images[from]); err != nil {
			return fmt.Errorf("image map for %q: %w", from, err)
		}
	}
	return nil
}

// usedImages are those of endpoints, jobs and pipelines.
func usedImages(inv inventory.Document) map[string]bool {
	used := map[string]bool{}
	for _, e := range inv.Endpoints {
		for _, m := range e.Models {
			for _, c := range m.Containers {
				if c.Image != nil {
					used[c.Image.Reference] = true
				}
			}
		}
	}
	for i := range inv.Resources {
		for _, reference := range imagesIn(&inv.Resources[i]) {
			used[reference] = true
		}
	}
	return used
}

// builder plans one account.
type builder struct {
	scene     *scene
	inventory inventory.Document
	previous  *Document
	options   Options
	endpoints map[string]string
	models    map[string]string
	// before are the workloads of the previous plan by their full keys.
	before map[string]*Workload
	// entries are the workloads of the plan, sorted by key.
	entries []*entry
	byKey   map[string]*entry
	// verified are figures of landfall verify by full keys.
	verified map[string]Verified
	// labels are what people read in place of full keys.
	labels map[string]string
	// regions are those that most workloads of each cluster are in.
	regions map[string]string
	// pools are those of all clusters, once everything is placed.
	pools []placement.NodePool
	// tooEarly names what a person chose to move before what it depends on.
	tooEarly []string
}

// entry is a workload on its way into the plan.
type entry struct {
	Workload

	// work is what the scan concludes; nil for workloads that the inventory
	// does not have.
	work *inventory.Workload
	// computed is what Landfall would have written, old what it would have
	// before, and previous what stands in the previous plan, if anything.
	computed, old Settings
	previous      *Workload
	// missing says that the scan looked and found it gone.
	missing bool
	verdict verdict
	// pool is where placement put it, which may not be what a person wrote.
	pool string
}

func (b *builder) index() {
	b.before = make(map[string]*Workload, len(b.previous.Workloads))
	for i := range b.previous.Workloads {
		b.before[b.previous.Workloads[i].Full()] = &b.previous.Workloads[i]
	}
}

// judge decides about every workload: endpoints first, since others follow
// them.
func (b *builder) judge() error {
	for _, endpoints := range []bool{true, false} {
		for i := range b.inventory.Workloads {
			w := &b.inventory.Workloads[i]
			if (w.Kind == inventory.WorkloadEndpoint) != endpoints {
				continue
			}
			e, err := b.entryOf(w)
			if err != nil {
				return fmt.Errorf("cannot plan %s: %w", w.WorkloadKey, err)
			}
			b.scene.decided[w.Full()] = e.Decision
			b.entries = append(b.entries, e)
		}
	}
	retained, err := b.retained()
	if err != nil {
		return err
	}
	b.entries = append(b.entries, retained...)
	slices.SortFunc(b.entries, func(x, y *entry) int { return x.Compare(y.WorkloadKey) })
	b.byKey = make(map[string]*entry, len(b.entries))
	for _, e := range b.entries {
		b.byKey[e.Full()] = e
	}
	return nil
}

// entryOf plans a workload without regard to others.
func (b *builder) entryOf(w *inventory.Workload) (*entry, error) {
	e := &entry{Workload: Workload{WorkloadKey: w.WorkloadKey}, work: w, previous: b.before[w.Full()]}
	d := b.draft(w, nil)
	if e.previous != nil {
		e.old = b.previous.Computed[w.Full()]
		if e.previous.Image != e.old.Image {
			// A person named the image: what was blocked for want of one is
			// no longer.
			image := d.computed.Image
			d = b.draft(w, &e.previous.Image)
			d.computed.Image = image
		}
	}
	e.computed, e.verdict = d.computed, d.verdict
	e.ModelName, e.Sizing, e.Gaps, e.Needs = d.modelName, d.sizing, d.gaps, d.needs
	e.computed.Cluster = b.clusterName(w.WorkloadKey)
	e.SageMakerCost, e.Unpriced, e.Room = w.CostPerMonth, w.Unpriced, d.room
	return e, e.settle()
}

// draft plans a workload with an image; nil stands for Landfall's own choice.
func (b *builder) draft(w *inventory.Workload, image *string) draft {
	if endpoint := b.scene.endpoints[w.WorkloadKey]; endpoint != nil {
		return b.draftEndpoint(w, endpoint, image)
	}
	return b.draftTask(w, image)
}

// settle sets the workload's settings from what is computed so far and what a
// person edited.
func (e *entry) settle() error {
	e.Settings = e.computed
	if e.previous == nil {
		return nil
	}
	var err error
	e.Settings, _, err = merge("", e.previous.Settings, e.old, e.computed)
	return err
}

// finish writes the workloads into the plan, and returns what changed.
func (b *builder) finish(result *Document) ([]Change, error) {
	var changes []Change
	for _, e := range b.entries {
		own, err := b.changes(e)
		if err != nil {
			return nil, fmt.Errorf("cannot plan %s: %w", e.WorkloadKey, err)
		}
		changes = append(changes, own...)
		e.explainDecision()
		result.Workloads = append(result.Workloads, e.Workload)
		if e.work != nil || e.missing || e.wasComputed(b.previous) {
			result.Computed[e.Full()] = e.computed
		}
	}
	return changes, nil
}

// wasComputed says that the previous plan knows what Landfall would write.
func (e *entry) wasComputed(previous *Document) bool {
	_, known := previous.Computed[e.Full()]
	return known
}

func (b *builder) changes(e *entry) ([]Change, error) {
	label := b.labels[e.Full()]
	if e.previous == nil {
		e.Settings = e.computed
		return []Change{{Workload: label, Kind: Added, Computed: string(e.computed.Decision)}}, nil
	}
	file := e.previous.Settings
	if file.Phase == 0 && !e.editedPhase() {
		file.Phase = e.old.Phase
	}
	settings, changes, err := merge(label, file, e.old, e.computed)
	if err != nil {
		return nil, err
	}
	e.Settings = settings
	switch {
	case e.missing:
		return []Change{{Workload: label, Kind: Missing, Kept: string(e.Decision)}}, nil
	case e.work == nil:
		// Of what the scan did not look at, edits are no news.
		changes = slices.DeleteFunc(changes, func(c Change) bool { return c.Kind == EditKept })
	}
	return changes, nil
}

// explainDecision sets reasons and blockers, unless they are of an earlier
// scan.
func (e *entry) explainDecision() {
	if e.work == nil && !e.missing {
		return
	}
	e.Reasons, e.Blockers = e.verdict.reasons, e.verdict.blockers
	if e.work != nil && e.Decision != e.verdict.decision {
		e.Reasons = append([]string{fmt.Sprintf("decided by a person; Landfall would say %s", e.verdict.decision)}, e.Reasons...)
	}
}
