package plan

import (
	"landfall.dev/landfall/internal/placement"
)

// labelEverything gives every workload the key that people read: the short
// one, and the full one where two places have the same.
func (b *builder) labelEverything() {
	b.labels = make(map[string]string, len(b.entries))
	short := make(map[string]int, len(b.entries))
	for _, e := range b.entries {
		short[e.String()]++
	}
	for _, e := range b.entries {
		b.labels[e.Full()] = e.String()
		if short[e.String()] > 1 {
			b.labels[e.Full()] = e.Full()
		}
	}
}

// relate sets what each workload depends on, as people read it. Of what the
// scan did not look at, the previous plan tells.
func (b *builder) relate() {
	full := make(map[string]string, len(b.labels))
	for key, label := range b.labels {
		full[label], full[key] = key, key
	}
	for _, e := range b.entries {
		if e.work == nil {
			b.scene.dependencies[e.Full()] = nil
			for _, label := range e.DependsOn {
				if key, known := full[label]; known {
					b.scene.dependencies[e.Full()] = append(b.scene.dependencies[e.Full()], key)
				}
			}
		}
		e.DependsOn = nil
		for _, key := range b.scene.dependencies[e.Full()] {
			if label, known := b.labels[key]; known && key != e.Full() {
				e.DependsOn = append(e.DependsOn, label)
			}
		}
	}
}

// labelled puts labels in place of the keys in node pools.
func (b *builder) labelled(pools []placement.NodePool) []placement.NodePool {
	byPool := map[string][]string{}
	for _, e := range b.entries {
		if e.pool != "" {
			byPool[e.pool] = append(byPool[e.pool], b.labels[e.Full()])
		}
	}
	for i := range pools {
		pools[i].Workloads = byPool[pools[i].Name]
	}
	return pools
}
