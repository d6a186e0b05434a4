package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/inventory"
)

// Options of a plan.
type Options struct {
	// Images maps container images of SageMaker to those for the cluster.
	Images map[string]string
	// WorkloadClassName is where pods run unless the plan says otherwise.
	WorkloadClassName string
}

// Phases in which workloads move.
const (
	// phaseQuiet is for endpoints with few requests, to learn on.
	phaseQuiet = 1
	phaseBusy  = 2
	// phaseLater is for what this version cannot move.
	phaseLater = 3
	// quietRequestsPerDay is the most that counts as few.
	quietRequestsPerDay = 10_000
)

// Build plans every endpoint of an inventory. With a previous plan, people's
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
	options = options.over(previous)
	b := builder{inventory: inv, previous: previous, options: options}
	b.nameEverything()
	result := Document{
		Accounts: accountsOf(previous.Accounts, inv.Accounts), ImageMap: options.Images, WorkloadClassName: options.WorkloadClassName,
		Computed: map[string]Settings{},
	}
	var changes []Change
	for _, e := range sortedEndpoints(inv) {
		workload, computed, workloadChanges, err := b.workload(e)
		if err != nil {
			return Document{}, nil, fmt.Errorf("cannot plan endpoint %s: %w", e.Name, err)
		}
		result.Computed[keyOf(e).Full()] = computed
		result.Workloads = append(result.Workloads, workload)
		changes = append(changes, workloadChanges...)
	}
	gone, goneChanges := b.gone(result.Computed)
	result.Workloads = append(result.Workloads, gone...)
	slices.SortFunc(result.Workloads, func(x, y Workload) int { return x.WorkloadKey.Compare(y.WorkloadKey) })
	if err := validate(result); err != nil {
		return Document{}, nil, err
	}
	return result, append(changes, goneChanges...), nil
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
	return Options{Images: images, WorkloadClassName: cmp.Or(o.WorkloadClassName, previous.WorkloadClassName)}
}

func sortedEndpoints(inv inventory.Document) []inventory.Endpoint {
	endpoints := slices.Clone(inv.Endpoints)
	slices.SortFunc(endpoints, func(x, y inventory.Endpoint) int { return keyOf(x).Compare(keyOf(y)) })
	return endpoints
}

// checkImages refuses a mapping that would be ignored.
func checkImages(inv inventory.Document, images map[string]string) error {
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
	for from, to := range images {
		if !used[from] {
			return fmt.Errorf("image map: no workload uses %q; want the image as the inventory has it", from)
		}
		if _, err := inventory.ParseImage(to); err != nil {
			return fmt.Errorf("image map for %q: %w", from, err)
		}
	}
	return nil
}

// builder plans one account.
type builder struct {
	inventory inventory.Document
	previous  *Document
	options   Options
	endpoints map[string]string
	models    map[string]string
}

// nameEverything gives out names before anything else is computed, so that
// they do not depend on the rest. Names of the previous plan stay.
func (b *builder) nameEverything() {
	endpointsBefore, modelsBefore := map[string]string{}, map[string]string{}
	var endpoints, models []string
	for _, e := range sortedEndpoints(b.inventory) {
		key := keyOf(e).Full()
		endpoints = append(endpoints, key)
		old, model := b.previous.Computed[key], modelSource(e)
		endpointsBefore[key] = old.Names.Endpoint
		if model != "" {
			models = append(models, model)
			modelsBefore[model] = cmp.Or(modelsBefore[model], modelNamer(nil).mine(model, old.Names.Model))
		}
	}
	takenEndpoints, takenModels := b.taken(endpointsBefore, modelsBefore)
	slices.Sort(models)
	b.endpoints = namer{maxLength: MaxEndpointNameLength, letterFirst: true, taken: takenEndpoints}.nameAll(endpoints, endpointsBefore)
	b.models = modelNamer(takenModels).nameAll(slices.Compact(models), modelsBefore)
}

func modelNamer(taken map[string]bool) namer {
	return namer{maxLength: maxModelNameLength, taken: taken}
}

// taken are the names that a person gave, and those of endpoints that are gone
// from the account: they are not given to another one.
func (b *builder) taken(endpointsBefore, modelsBefore map[string]string) (endpoints, models map[string]bool) {
	endpoints, models = map[string]bool{}, map[string]bool{}
	kept := map[string]bool{"": true}
	for _, name := range modelsBefore {
		kept[name] = true
	}
	for _, w := range b.previous.Workloads {
		if w.Names.Endpoint != endpointsBefore[w.Full()] {
			endpoints[w.Names.Endpoint] = true
		}
		if w.Names.Model != b.previous.Computed[w.Full()].Names.Model && !kept[w.Names.Model] {
			models[w.Names.Model] = true
		}
	}
	return endpoints, models
}

// servedModel is the model of an endpoint that serves exactly one.
func servedModel(e inventory.Endpoint) string {
	if len(e.Variants) != 1 {
		return ""
	}
	return e.Variants[0].ModelName
}

// modelSource names that model among those of all places.
func modelSource(e inventory.Endpoint) string {
	if servedModel(e) == "" {
		return ""
	}
	return e.Place.String() + "/" + servedModel(e)
}

// workload plans an endpoint, and returns what Landfall itself would have
// written beside what stands in the plan.
func (b *builder) workload(e inventory.Endpoint) (Workload, Settings, []Change, error) {
	image := b.image(e)
	computed := b.computed(e, image)
	settings := computed
	key := keyOf(e)
	changes := []Change{{Workload: key.String(), Kind: Added, Computed: string(computed.Decision)}}
	if before := b.previous.FindWorkload(key); before != nil {
		old := b.previous.Computed[key.Full()]
		if before.Image != old.Image {
			// A person named the image: what was blocked for want of one is
			// no longer.
			computed = b.computed(e, before.Image)
			computed.Image = image
		}
		var err error
		if settings, changes, err = merge(key.String(), before.Settings, old, computed); err != nil {
			return Workload{}, Settings{}, nil, err
		}
	}
	verdict := decide(b.subject(e, settings.Image))
	w := Workload{
		WorkloadKey: key, ModelName: servedModel(e), Settings: settings, Reasons: verdict.reasons, Blockers: verdict.blockers, Sizing: b.sizing(e),
	}
	if settings.Decision != verdict.decision {
		w.Reasons = append([]string{fmt.Sprintf("decided by a person; Landfall would say %s", verdict.decision)}, w.Reasons...)
	}
	return w, computed, changes, nil
}

func (b *builder) subject(e inventory.Endpoint, image string) subject {
	return subject{Endpoint: e, image: image, seen: windowOf(b.inventory)}
}

// computed is what Landfall would write, given the image.
func (b *builder) computed(e inventory.Endpoint, image string) Settings {
	verdict := decide(b.subject(e, image))
	s := Settings{
		Decision: verdict.decision, Phase: phase(e, verdict.decision),
		Names: Names{Endpoint: b.endpoints[keyOf(e).Full()], Model: b.models[modelSource(e)]},
		Image: image,
	}
	if !sizable(e) {
		return s
	}
	v := e.Variants[0]
	s.WorkloadClassName = b.options.WorkloadClassName
	s.Resources, _ = size(v, b.inventory.LookbackDays)
	s.Replicas, _ = replicas(e, v)
	s.StartupTimeoutSeconds = v.StartupTimeoutSeconds
	s.Rollout = rollout(v)
	return s
}

// sizable says that one pod can take the place of one instance.
func sizable(e inventory.Endpoint) bool {
	return e.Mode == inventory.ModeRealTime && len(e.Variants) == 1 && e.Variants[0].Instance != nil &&
		e.Variants[0].Instance.Accelerator == nil
}

func (b *builder) sizing(e inventory.Endpoint) []string {
	if !sizable(e) {
		return nil
	}
	_, grounds := size(e.Variants[0], b.inventory.LookbackDays)
	_, ground := replicas(e, e.Variants[0])
	return append(grounds, ground)
}

// image is the one for the cluster: from the image map, else the one that runs
// now, pinned by digest where SageMaker tells it. Images that cannot leave AWS
// have none.
func (b *builder) image(e inventory.Endpoint) string {
	model := e.FindModel(servedModel(e))
	if model == nil || len(model.Containers) != 1 || model.Containers[0].Image == nil {
		return ""
	}
	image := model.Containers[0].Image
	if mapped, ok := b.options.Images[image.Reference]; ok {
		return mapped
	}
	if image.BuiltIn != nil && image.BuiltIn.Access != inventory.AccessOpen {
		return ""
	}
	for _, deployed := range e.Variants[0].Images {
		if deployed.Specified == image.Reference && deployed.Resolved != "" {
			return deployed.Resolved
		}
	}
	return image.Reference
}

func phase(e inventory.Endpoint, decision Decision) int {
	switch decision {
	case Move:
		for _, v := range e.Variants {
			if v.Traffic == nil || v.Traffic.RequestsPerDay > quietRequestsPerDay {
				return phaseBusy
			}
		}
		return phaseQuiet
	case MoveLater:
		return phaseLater
	default:
		return 0
	}
}

// Bounds of the pairs of answers to compare before traffic moves: about an
// hour's requests, but no fewer than a difference in one percent would show in.
const (
	leastShadowRequests = 300
	mostShadowRequests  = 2000
	fullPercent         = 100
)

// rollout mirrors everything first, then moves in the usual steps.
func rollout(v inventory.Variant) *v1alpha1.RolloutSpec {
	requests := int64(mostShadowRequests)
	if v.Traffic != nil {
		requests = min(max(int64(v.Traffic.RequestsPerDay/hoursPerDay), leastShadowRequests), mostShadowRequests)
	}
	spec := &v1alpha1.RolloutSpec{
		Shadow: &v1alpha1.ShadowSpec{Percent: v1alpha1.PercentOf(fullPercent), MinRequests: requests},
	}
	for _, share := range []int32{1, 10, 50, fullPercent} {
		spec.Steps = append(spec.Steps, v1alpha1.RolloutStep{Percent: v1alpha1.PercentOf(share)})
	}
	return spec
}

// gone returns the workloads that the inventory does not have: no longer, or
// because the scan did not look at them.
func (b *builder) gone(computed map[string]Settings) ([]Workload, []Change) {
	var kept []Workload
	var changes []Change
	for _, w := range b.previous.Workloads {
		if b.inventory.FindEndpoint(w.Place, w.Name) != nil {
			continue
		}
		settings, wasComputed := b.previous.Computed[w.Full()]
		if !b.inventory.LookedAt(w.Place, w.Name) {
			if wasComputed {
				computed[w.Full()] = settings
			}
			kept = append(kept, w)
			continue
		}
		if w.Decision == settings.Decision {
			w.Decision, w.Phase = Retire, 0
		}
		settings.Decision, settings.Phase = Retire, 0
		computed[w.Full()] = settings
		w.Reasons = []string{"the inventory no longer has this endpoint; remove it from the plan when it is not needed"}
		w.Blockers = nil
		kept = append(kept, w)
		changes = append(changes, Change{Workload: w.String(), Kind: Missing, Kept: string(w.Decision)})
	}
	return kept, changes
}
