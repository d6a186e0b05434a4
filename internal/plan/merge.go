package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/placement"
)

// ChangeKind says what happened to a field when a plan was made again.
type ChangeKind string

// The kinds of change.
const (
	// Added is a workload that the plan did not have.
	Added ChangeKind = "Added"
	// Missing is a workload that the inventory no longer has.
	Missing ChangeKind = "Missing"
	// Updated is a field that follows the new inventory.
	Updated ChangeKind = "Updated"
	// EditKept is a field that a person set to something else than Landfall
	// would.
	EditKept ChangeKind = "EditKept"
)

// Change is a difference between a plan and the one before, or between the
// plan and what Landfall would write.
type Change struct {
	// Workload is its short key, or NodePool/ and the name of a node pool.
	Workload string     `json:"workload"`
	Kind     ChangeKind `json:"kind"`
	// Field is a path such as resources.requests.cpu; empty for whole workloads.
	Field string `json:"field,omitempty"`
	// Before is the value in the previous plan.
	Before string `json:"before,omitempty"`
	// Computed is what Landfall would write now.
	Computed string `json:"computed,omitempty"`
	// Kept is what stands in the plan now, where that is not Computed.
	Kept string `json:"kept,omitempty"`
}

// poolChanges are the differences between the node pools of two plans. Pools are
// computed anew each time: what a person wrote into one is replaced, and told.
func poolChanges(before, now []placement.NodePool) []Change {
	var changes []Change
	for _, p := range now {
		i := slices.IndexFunc(before, func(b placement.NodePool) bool { return b.Name == p.Name && b.Cluster == p.Cluster })
		if i < 0 {
			continue // the workloads that it is for name it
		}
		was := before[i]
		for _, f := range []struct{ field, before, now string }{
			{"instanceType", was.InstanceType, p.InstanceType},
			{"minNodes", show(was.MinNodes), show(p.MinNodes)},
			{"nodes", show(was.Nodes), show(p.Nodes)},
			{"spot", show(was.Spot), show(p.Spot)},
		} {
			if f.before != f.now {
				name := "NodePool/" + p.Name
				if p.Cluster != "" {
					name = p.Cluster + "/" + name
				}
				changes = append(changes, Change{Workload: name, Kind: Updated, Field: f.field, Before: f.before, Computed: f.now})
			}
		}
	}
	return changes
}

// merge takes each field from the new result unless a person edited it, which
// shows in its differing from the old result.
func merge(workload string, file, old, computed Settings) (Settings, []Change, error) {
	fileFields, err := fields(file)
	if err != nil {
		return Settings{}, nil, err
	}
	oldFields, err := fields(old)
	if err != nil {
		return Settings{}, nil, err
	}
	newFields, err := fields(computed)
	if err != nil {
		return Settings{}, nil, err
	}
	merged := map[string]any{}
	var changes []Change
	for _, path := range pathsOf(fileFields, oldFields, newFields) {
		was, before, now := fileFields[path], oldFields[path], newFields[path]
		value, kind := now, Updated
		if !reflect.DeepEqual(was, before) {
			value, kind = was, EditKept
		}
		if value != nil {
			set(merged, strings.Split(path, "."), value)
		}
		if kind == EditKept && !reflect.DeepEqual(value, now) {
			changes = append(changes, Change{Workload: workload, Kind: kind, Field: path, Computed: show(now), Kept: show(value)})
		}
		if kind == Updated && !reflect.DeepEqual(was, now) {
			changes = append(changes, Change{Workload: workload, Kind: kind, Field: path, Before: show(was), Computed: show(now)})
		}
	}
	settings, err := settingsOf(merged)
	return settings, changes, err
}

// fields flattens settings into their paths. Lists are one field: half of a
// person's steps and half of ours would be nobody's.
func fields(s Settings) (map[string]any, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("cannot write the settings as JSON: %w", err)
	}
	var tree map[string]any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("cannot read the settings as JSON: %w", err)
	}
	flat := map[string]any{}
	flatten(flat, "", tree)
	return flat, nil
}

func flatten(into map[string]any, path string, value any) {
	inner, ok := value.(map[string]any)
	if !ok {
		// An empty text says the same as none.
		if value != nil && value != "" {
			into[path] = value
		}
		return
	}
	for name, field := range inner {
		flatten(into, strings.TrimPrefix(path+"."+name, "."), field)
	}
}

func pathsOf(all ...map[string]any) []string {
	set := map[string]bool{}
	for _, flat := range all {
		for path := range flat {
			set[path] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func set(tree map[string]any, path []string, value any) {
	if len(path) == 1 {
		tree[path[0]] = value
		return
	}
	inner, ok := tree[path[0]].(map[string]any)
	if !ok {
		inner = map[string]any{}
		tree[path[0]] = inner
	}
	set(inner, path[1:], value)
}

func settingsOf(tree map[string]any) (Settings, error) {
	text, err := json.Marshal(tree)
	if err != nil {
		return Settings{}, fmt.Errorf("cannot write the merged settings as JSON: %w", err)
	}
	var s Settings
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return Settings{}, fmt.Errorf("cannot read the merged settings: %w", err)
	}
	return s, nil
}

func show(value any) string {
	if text, ok := value.(string); ok || value == nil {
		return text
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
