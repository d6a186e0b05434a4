package schedule

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// TestEveryPodIsBound gives the real scheduler the nodes that the packing asks
// for, and the pods, in both of its cases: those that always run, with room for
// the pod of a rolling update, and all of them at the peak.
func TestEveryPodIsBound(t *testing.T) {
	for name, in := range inputs() {
		for _, peak := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, peak %t", name, peak), func(t *testing.T) {
				result := place(t, in)
				c := start(t)
				created := 0
				for i, pool := range result.Pools {
					c.createNodes(t, pool, fillOf(result.Packing[i], peak).Nodes)
					created += c.createWorkloads(t, in, result, pool, peak)
				}
				c.schedule(t)
				bound, pending := c.settled(t, created)
				if len(pending) > 0 {
					t.Errorf("%d of %d pods find no node: %s", len(pending), created, strings.Join(slices.Sorted(slices.Values(pending)), ", "))
				}
				for _, w := range in.Workloads {
					checkApart(t, w, peak, bound)
				}
				c.surge(t, in, result, peak, created)
			})
		}
	}
}

// surge adds the pod of a rolling update in every pool that is said to have
// room for one.
func (c *cluster) surge(t *testing.T, in placement.Input, result placement.Result, peak bool, created int) {
	t.Helper()
	for i, pool := range result.Pools {
		of := fillOf(result.Packing[i], peak).Surge
		for _, w := range in.Workloads {
			if w.Key.Full() != of {
				continue
			}
			c.createPods(t, pool, pods{name: podName(w), assigned: result.ByWorkload[of], count: 1}, w.Replicas.Max)
			created++
		}
	}
	if _, pending := c.settled(t, created); len(pending) > 0 {
		t.Errorf("there is no room for a rolling update: %v", pending)
	}
}

// TestFewerNodesAreTooFew takes away one node of what is proven to be needed:
// in every pool some pod finds no node. A pool that is planned larger than
// that says what the rest is for.
func TestFewerNodesAreTooFew(t *testing.T) {
	for name, in := range inputs() {
		t.Run(name, func(t *testing.T) {
			result := place(t, in)
			c := start(t)
			created := 0
			for i, pool := range result.Pools {
				fill := result.Packing[i].Peak
				c.createNodes(t, pool, fill.LeastNodes-1)
				created += c.createWorkloads(t, in, result, pool, true)
				if said := strings.Join(pool.Reasons, " "); fill.Nodes > fill.PackedNodes && !strings.Contains(said, "room for one more pod") &&
					!strings.Contains(said, "the gaps that a scheduler leaves") {
					t.Errorf("pool %s has %d nodes where %d would do, and does not say why: %s", pool.Name, fill.Nodes, fill.PackedNodes, said)
				}
			}
			c.schedule(t)
			_, pending := c.settled(t, created)
			lacking := map[string]bool{}
			for _, pod := range pending {
				for _, w := range in.Workloads {
					if strings.HasPrefix(pod, podName(w)+"-") {
						lacking[result.ByWorkload[w.Key.Full()].Pool] = true
					}
				}
			}
			for i, pool := range result.Pools {
				// A pool of one workload's replicas may need its second node
				// for safety only.
				if !lacking[pool.Name] && !onlySpread(in, result, pool) {
					t.Errorf("pool %s: all pods fit on %d nodes, though %d are said to be the least: %+v",
						pool.Name, result.Packing[i].Peak.LeastNodes-1, result.Packing[i].Peak.LeastNodes, result.Packing[i].Peak)
				}
			}
		})
	}
}

// onlySpread says that a pool has two nodes because replicas keep apart.
func onlySpread(in placement.Input, result placement.Result, pool placement.NodePool) bool {
	for i := range result.Pools {
		if result.Pools[i].Name == pool.Name && result.Packing[i].Peak.LeastNodes != 2 {
			return false
		}
	}
	for _, w := range in.Workloads {
		if a := result.ByWorkload[w.Key.Full()]; a.Pool == pool.Name && a.Spread > 0 {
			return true
		}
	}
	return false
}

// checkApart says that the replicas of work that always runs do not all stand
// on one node.
func checkApart(t *testing.T, w placement.Workload, peak bool, bound map[string]string) {
	t.Helper()
	if w.ActiveHoursPerMonth != nil || w.Replicas.Min < 2 {
		return
	}
	nodes := map[string]bool{}
	for i := range podCount(w, peak) {
		nodes[bound[fmt.Sprintf("%s-%d", podName(w), i)]] = true
	}
	if len(nodes) < 2 {
		t.Errorf("all %d replicas of %s stand on %v", podCount(w, peak), w.Key, slices.Collect(maps.Keys(nodes)))
	}
}

// createWorkloads makes the pods of all workloads of a pool, in the order of
// their names, and returns how many.
func (c *cluster) createWorkloads(t *testing.T, in placement.Input, result placement.Result, pool placement.NodePool, peak bool) int {
	t.Helper()
	created := 0
	for _, w := range in.Workloads {
		assigned := result.ByWorkload[w.Key.Full()]
		if assigned.Pool != pool.Name {
			continue
		}
		count := podCount(w, peak)
		c.createPods(t, pool, pods{name: podName(w), assigned: assigned, count: count}, 0)
		created += int(count)
	}
	return created
}

func podCount(w placement.Workload, peak bool) int32 {
	switch {
	case peak:
		return w.Replicas.Max
	case w.ActiveHoursPerMonth != nil:
		return 0
	}
	return w.Replicas.Min
}

func podName(w placement.Workload) string {
	return strings.ToLower(string(w.Key.Kind) + "-" + w.Key.Name)
}

func fillOf(p placement.Packing, peak bool) placement.Fill {
	if peak {
		return p.Peak
	}
	return p.Min
}

// place is the packing of an input in which everything has its place.
func place(t *testing.T, in placement.Input) placement.Result {
	t.Helper()
	result := placement.Place(in)
	if len(result.Unplaced) > 0 || len(result.ByWorkload) != len(in.Workloads) {
		t.Fatalf("not everything is placed: %+v", result.Unplaced)
	}
	for i, pool := range result.Pools {
		t.Logf("%s: %d × %s, %d stay: %+v", pool.Name, pool.Nodes, pool.InstanceType, pool.MinNodes, result.Packing[i])
	}
	return result
}

// key names a workload of one account.
func key(kind inventory.WorkloadKind, name string) inventory.WorkloadKey {
	return inventory.WorkloadKey{Place: inventory.Place{AccountID: "123456789012", Region: "us-east-1"}, Kind: kind, Name: name}
}
