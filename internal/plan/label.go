package plan

import (
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// Labels are the keys that people read, by full keys: the short one, and the
// full one where two places have the same.
func (d *Document) Labels() map[string]string {
	keys := make([]inventory.WorkloadKey, 0, len(d.Workloads))
	for i := range d.Workloads {
		keys = append(keys, d.Workloads[i].WorkloadKey)
	}
	return labelsOf(keys)
}

func labelsOf(keys []inventory.WorkloadKey) map[string]string {
	short := make(map[string]int, len(keys))
	for _, key := range keys {
		short[key.String()]++
	}
	labels := make(map[string]string, len(keys))
	for _, key := range keys {
		labels[key.Full()] = key.String()
		if short[key.String()] > 1 {
			labels[key.Full()] = key.Full()
		}
	}
	return labels
}

// labelEverything gives every workload the key that people read.
func (b *builder) labelEverything() {
	keys := make([]inventory.WorkloadKey, 0, len(b.entries))
	for _, e := range b.entries {
		keys = append(keys, e.WorkloadKey)
	}
	b.labels = labelsOf(keys)
}

// relate sets what each workload relies on, as people read it. Of what the
// scan did not look at, the previous plan tells.
func (b *builder) relate() {
	full := make(map[string]string, len(b.labels))
	for key, label := range b.labels {
		full[label], full[key] = key, key
	}
	r := b.scene.relations
	for _, e := range b.entries {
		if e.work == nil {
			r.dependencies[e.Full()], r.made[e.Full()] = keysOf(e.DependsOn, full), keysOf(e.BuiltBy, full)
		}
		e.DependsOn = b.labelsOf(r.dependencies[e.Full()], e)
		e.BuiltBy = b.labelsOf(r.made[e.Full()], e)
	}
}

func keysOf(labels []string, full map[string]string) []string {
	var keys []string
	for _, label := range labels {
		if key, known := full[label]; known {
			keys = append(keys, key)
		}
	}
	return keys
}

// labelsOf are the labels of what a workload relies on, as far as it is in the
// plan.
func (b *builder) labelsOf(keys []string, of *entry) []string {
	var labels []string
	for _, key := range keys {
		if label, known := b.labels[key]; known && key != of.Full() {
			labels = append(labels, label)
		}
	}
	return labels
}

// labelled puts labels in place of the keys in node pools.
func (b *builder) labelled(pools []placement.NodePool) []placement.NodePool {
	byPool := map[[2]string][]string{}
	for _, e := range b.entries {
		if e.pool != "" {
			at := [2]string{e.Cluster, e.pool}
			byPool[at] = append(byPool[at], b.labels[e.Full()])
		}
	}
	for i := range pools {
		pools[i].Workloads = byPool[[2]string{pools[i].Cluster, pools[i].Name}]
	}
	return pools
}
