package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"landfall.dev/landfall/localcluster/internal/image"
	"landfall.dev/landfall/localcluster/internal/state"
	"landfall.dev/landfall/localcluster/internal/topology"
)

const (
	// instance keeps the test's networks apart from a developer's cluster.
	instance = 7
	// nodes is two, so that traffic between nodes is tested too.
	nodes = 2
	// patience bounds each wait of the test.
	patience = 2 * time.Minute
)

// harness drives one cluster in a state directory of its own.
type harness struct {
	t        *testing.T
	driver   string
	state    state.Dir
	topology topology.Topology
}

// newHarness skips the test, with the reason, where no cluster can be had.
func newHarness(t *testing.T) *harness {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped by -short: starts a whole cluster")
	}
	usual, err := state.Resolve("")
	if err != nil {
		t.Skipf("no state directory: %v", err)
	}
	if _, err := os.Stat(filepath.Join(usual.Bin(), "kube")); err != nil {
		t.Skipf("the cluster's programs are not built, run `localcluster build` first: %v", err)
	}
	shape, err := topology.New(instance, nodes)
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{t: t, state: state.Dir(t.TempDir()), topology: shape}
	h.driver = h.compile("../../cmd/localcluster")
	// Through the driver: the probe starts its own program again, and that must
	// not be this test.
	if _, err := h.try("probe"); err != nil {
		t.Skipf("containers cannot run here: %v", err)
	}
	// The programs are shared with the usual state directory: they are big.
	if err := os.Symlink(usual.Bin(), h.state.Bin()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = exec.Command(h.driver, "down", "--state", string(h.state)).Run() })
	return h
}

// check runs a part of the test under a name of its own.
func (h *harness) check(name string, part func(*harness)) {
	h.t.Helper()
	h.t.Run(name, func(t *testing.T) {
		own := *h
		own.t = t
		part(&own)
	})
}

func (h *harness) compile(source string) string {
	h.t.Helper()
	output := filepath.Join(h.t.TempDir(), filepath.Base(source))
	command := exec.Command("go", "build", "-trimpath", "-o", output, source)
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := command.CombinedOutput(); err != nil {
		h.t.Fatalf("build %s: %v\n%s", source, err, out)
	}
	return output
}

// run executes the driver and returns what it prints on standard output.
func (h *harness) run(args ...string) string {
	h.t.Helper()
	out, err := h.try(args...)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *harness) try(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, h.driver, args...)
	command.Env = append(os.Environ(), state.Variable+"="+string(h.state))
	var out, messages bytes.Buffer
	command.Stdout, command.Stderr = &out, &messages
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("localcluster %s: %w\n%s%s", strings.Join(args, " "), err, out.String(), messages.String())
	}
	return out.String(), nil
}

func (h *harness) kubectl(args ...string) string {
	h.t.Helper()
	return h.run(append([]string{"kubectl"}, args...)...)
}

func (h *harness) up() {
	h.t.Helper()
	began := time.Now()
	h.run("up", "--instance", strconv.Itoa(instance), "--nodes", strconv.Itoa(nodes))
	h.t.Logf("up in %s", time.Since(began).Round(100*time.Millisecond))
}

// eventually repeats a check until it holds.
func (h *harness) eventually(what string, check func() error) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			h.t.Fatalf("%s: %v", what, err)
		case <-tick.C:
		}
	}
}

// loadHello pushes the test's program as an image.
func (h *harness) loadHello() string {
	h.t.Helper()
	built, err := image.Static(h.compile("./hello"), "hello")
	if err != nil {
		h.t.Fatal(err)
	}
	archive := filepath.Join(h.t.TempDir(), "hello.tar")
	tag := name.MustParseReference("hello:1").(name.Tag)
	if err := tarball.WriteToFile(archive, tag, built); err != nil {
		h.t.Fatal(err)
	}
	return strings.TrimSpace(h.run("load", archive, "hello:1"))
}

// apply creates the objects of testdata/workload.yaml with the given image.
func (h *harness) apply(reference string) {
	h.t.Helper()
	content, err := os.ReadFile("testdata/workload.yaml")
	if err != nil {
		h.t.Fatal(err)
	}
	path := filepath.Join(h.t.TempDir(), "workload.yaml")
	if err := os.WriteFile(path, bytes.ReplaceAll(content, []byte("IMAGE"), []byte(reference)), 0o644); err != nil {
		h.t.Fatal(err)
	}
	h.kubectl("apply", "-f", path)
}

// get asks a server from the machine, outside of the cluster.
func get(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", url, answer.Status)
	}
	return string(body), err
}
