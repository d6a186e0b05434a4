// Package e2e tests a whole cluster from outside: it drives the program as a
// user would and looks at the machine afterwards.
package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"landfall.dev/landfall/localcluster/internal/cgroup"
	"landfall.dev/landfall/localcluster/internal/link"
	"landfall.dev/landfall/localcluster/internal/node"
)

func TestCluster(t *testing.T) {
	h := newHarness(t)
	h.up()
	h.assertStatus(true)
	reference := h.loadHello()
	h.apply(reference)
	h.kubectl("rollout", "status", "deployment/hello", "--timeout=90s")
	h.kubectl("wait", "--for=condition=Ready", "pod/keeper", "--timeout=90s")

	h.check("a Service answers on its address and on every node's port", (*harness).services)
	h.check("a pod resolves a Service and reaches it", (*harness).dns)
	h.check("logs of a pod are readable", (*harness).podLogs)
	h.check("a volume keeps what is written", func(h *harness) {
		h.kubectl("exec", "keeper", "--", "/hello", "write", "/data/file", "kept")
		h.assertKept()
	})
	h.check("the metrics API answers", (*harness).metrics)
	h.check("a crashed node is noticed and comes back", (*harness).nodeCrash)

	h.run("down")
	h.assertNothingLeft("down")
	h.assertStatus(false)

	h.up()
	h.kubectl("rollout", "status", "deployment/hello", "--timeout=90s")
	h.check("objects, images and volumes outlive a restart", func(h *harness) {
		h.eventually("the pod runs again", func() error {
			_, err := h.try("kubectl", "exec", "keeper", "--", "/hello", "read", "/data/file")
			return err
		})
		h.assertKept()
	})

	h.killSupervisor()
	h.run("down")
	h.assertNothingLeft("a killed supervisor and down")
}

func (h *harness) services() {
	address := h.kubectl("get", "service", "hello", "-o", "jsonpath={.spec.clusterIP}")
	urls := []string{"http://" + address}
	for n := 1; n <= nodes; n++ {
		urls = append(urls, "http://"+netip.AddrPortFrom(h.topology.NodeAddress(n), 30080).String())
	}
	for _, url := range urls {
		h.eventually(url, func() error {
			body, err := get(h.t.Context(), url)
			if err == nil && !strings.HasPrefix(body, "hello-") {
				err = fmt.Errorf("it answers %q, not a pod's name", body)
			}
			return err
		})
	}
}

func (h *harness) dns() {
	for _, target := range []string{"http://hello", "http://hello.default.svc.cluster.local"} {
		out := h.kubectl("exec", "keeper", "--", "/hello", "get", target)
		if !strings.HasPrefix(out, "hello-") {
			h.t.Errorf("%s from a pod answers %q, not a pod's name", target, out)
		}
	}
}

func (h *harness) podLogs() {
	if out := h.kubectl("logs", "deployment/hello"); !strings.Contains(out, "address=:8080") {
		h.t.Errorf("the log lacks its first line: %q", out)
	}
}

func (h *harness) assertKept() {
	h.t.Helper()
	if out := h.kubectl("exec", "keeper", "--", "/hello", "read", "/data/file"); out != "kept" {
		h.t.Errorf("the volume holds %q, want %q", out, "kept")
	}
}

func (h *harness) metrics() {
	h.eventually("kubectl top", func() error {
		out, err := h.try("kubectl", "top", "pods", "--no-headers")
		if err == nil && !strings.Contains(out, "hello-") {
			err = fmt.Errorf("it lists %q", out)
		}
		return err
	})
}

// nodeCrash kills the first process of node 2, which is that machine's end.
func (h *harness) nodeCrash() {
	before := h.restarts("n2")
	for _, pid := range h.processes("node", "--number", "2") {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			h.t.Fatal(err)
		}
	}
	h.eventually("node 2 starts again", func() error {
		if after := h.restarts("n2"); after != before+1 {
			return fmt.Errorf("it has started again %d times, want %d", after, before+1)
		}
		return nil
	})
	h.kubectl("wait", "--for=condition=Ready", "node/n2", "--timeout=90s")
	h.kubectl("rollout", "status", "deployment/hello", "--timeout=90s")
}

func (h *harness) restarts(component string) int {
	h.t.Helper()
	var status struct {
		Cluster struct {
			Components []struct {
				Name     string `json:"name"`
				Restarts int    `json:"restarts"`
			} `json:"components"`
		} `json:"cluster"`
	}
	out, err := h.try("status", "-o", "json")
	if decodeErr := json.Unmarshal([]byte(out), &status); decodeErr != nil {
		h.t.Fatal(errors.Join(err, decodeErr))
	}
	for _, c := range status.Cluster.Components {
		if c.Name == component {
			return c.Restarts
		}
	}
	h.t.Fatalf("status has no component %s: %s", component, out)
	return 0
}

func (h *harness) assertStatus(ready bool) {
	h.t.Helper()
	_, err := h.try("status")
	var exit *exec.ExitError
	switch {
	case ready && err != nil:
		h.t.Fatalf("status of a running cluster: %v", err)
	case !ready && (!errors.As(err, &exit) || exit.ExitCode() != 3):
		h.t.Fatalf("status of a stopped cluster: want exit code 3, got %v", err)
	}
}

// processes lists the processes whose command line names the state directory
// and holds all of the given words.
func (h *harness) processes(words ...string) []int {
	h.t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		h.t.Fatal(err)
	}
	var found []int
	for _, file := range files {
		// A process can end between the listing and here.
		content, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(content, []byte(h.state)) {
			continue
		}
		line := "\x00" + string(content)
		all := true
		for _, word := range words {
			all = all && strings.Contains(line, "\x00"+word+"\x00")
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			h.t.Fatal(err)
		}
		if all {
			found = append(found, pid)
		}
	}
	return found
}

func (h *harness) killSupervisor() {
	h.t.Helper()
	pids := h.processes("supervise")
	if len(pids) != 1 {
		h.t.Fatalf("want one supervisor, found %v", pids)
	}
	if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
		h.t.Fatal(err)
	}
}

// assertNothingLeft looks for everything that a cluster puts on a machine.
func (h *harness) assertNothingLeft(after string) {
	h.t.Helper()
	if pids := h.processes(); len(pids) > 0 {
		h.t.Errorf("after %s, processes are left: %v", after, pids)
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		h.t.Fatal(err)
	}
	if strings.Contains(string(mounts), string(h.state)) {
		h.t.Errorf("after %s, mounts are left:\n%s", after, mounts)
	}
	if there, err := link.Exists(h.topology.HostLink()); err != nil || there {
		h.t.Errorf("after %s, the interface is left: %t, %v", after, there, err)
	}
	for _, r := range []netip.Prefix{h.topology.ServiceCIDR(), h.topology.PodCIDR()} {
		if route, err := link.Overlapping(r, ""); err != nil || route != "" {
			h.t.Errorf("after %s, the route %q is left, %v", after, route, err)
		}
	}
	if groups, err := cgroup.New(cgroup.Root).Exists(h.topology.Cgroup()); err != nil || len(groups) > 0 {
		h.t.Errorf("after %s, control groups are left: %v, %v", after, groups, err)
	}
	h.assertNoFirewall(after)
	h.assertNoMountPoints(after)
}

func (h *harness) assertNoFirewall(after string) {
	h.t.Helper()
	out, err := exec.Command("nft", "list", "tables").CombinedOutput()
	if err != nil {
		h.t.Fatalf("list the firewall's tables: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "kube-proxy") || strings.Contains(string(out), "cni") {
		h.t.Errorf("after %s, firewall tables are left:\n%s", after, out)
	}
}

// assertNoMountPoints only holds if no other cluster needs them at the moment.
func (h *harness) assertNoMountPoints(after string) {
	h.t.Helper()
	plan, err := h.state.ReadPlan()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, path := range node.MountPoints() {
		_, err := os.Stat(path)
		for _, made := range plan.CreatedDirectories {
			if made == path && err == nil {
				h.t.Errorf("after %s, the mount point %s is left", after, path)
			}
		}
	}
}
