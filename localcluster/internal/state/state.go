// Package state knows where everything about a cluster lies on disk.
//
// It owns the layout of the state directory and the lock that keeps two drivers
// from changing one cluster at the same time. It holds no settings itself.
package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"landfall.dev/landfall/localcluster/internal/topology"
)

// Variable is the environment variable that overrides the default directory.
const Variable = "LOCALCLUSTER_STATE"

// DirectoryMode lets other users of the machine run the programs and use the
// registry's data; what is secret has a mode of its own.
const DirectoryMode = 0o755

// Dir is an absolute path to a state directory.
type Dir string

// Resolve picks the directory: the flag's value if any, else Variable, else
// landfall/localcluster in the user's cache directory.
func Resolve(flag string) (Dir, error) {
	path := flag
	if path == "" {
		path = os.Getenv(Variable)
	}
	if path == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find a cache directory: %w; set --state or %s", err, Variable)
		}
		path = filepath.Join(cache, "landfall", "localcluster")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("make the state directory %q absolute: %w", path, err)
	}
	return Dir(absolute), nil
}

func (d Dir) join(parts ...string) string {
	return filepath.Join(append([]string{string(d)}, parts...)...)
}

// Bin holds the programs that build makes.
func (d Dir) Bin() string { return d.join("bin") }

// CNIBin holds the network plugins containerd calls.
func (d Dir) CNIBin() string { return d.join("bin", "cni") }

// Envtest is the directory to name in KUBEBUILDER_ASSETS.
func (d Dir) Envtest() string { return d.join("bin", "envtest") }

// PKI holds keys, certificates and kubeconfigs.
func (d Dir) PKI() string { return d.join("pki") }

// Kubeconfig is the administrator's.
func (d Dir) Kubeconfig() string { return d.ComponentKubeconfig("admin") }

// ComponentKubeconfig is the kubeconfig of the identity called name.
func (d Dir) ComponentKubeconfig(name string) string { return d.join("pki", name+".kubeconfig") }

// Log is the log file of the component called name.
func (d Dir) Log(name string) string { return d.join("log", name+".log") }

// Logs holds every component's log of the current run.
func (d Dir) Logs() string { return d.join("log") }

// Config holds the rendered configuration files.
func (d Dir) Config(parts ...string) string { return d.join(append([]string{"config"}, parts...)...) }

// Etcd holds the cluster's objects.
func (d Dir) Etcd() string { return d.join("etcd") }

// Registry holds the blobs and manifests of the image registry.
func (d Dir) Registry() string { return d.join("registry") }

// Volumes holds the directories of dynamic volumes.
func (d Dir) Volumes() string { return d.join("volumes") }

// Nodes holds what the nodes keep: images, containers, kubelet data.
func (d Dir) Nodes() string { return d.join("nodes") }

// Node is a directory of node n.
func (d Dir) Node(n int, parts ...string) string {
	return d.join(append([]string{"nodes", topology.NodeName(n)}, parts...)...)
}

func (d Dir) plan() string       { return d.join("run", "plan.json") }
func (d Dir) components() string { return d.join("run", "components.json") }

// Plan is what `up` decided and the supervisor carries out.
type Plan struct {
	Topology topology.Topology `json:"topology"`
	// RuncPath is the container runtime: built here or installed.
	RuncPath string `json:"runcPath"`
	// CreatedDirectories did not exist before; `down` removes them if empty.
	CreatedDirectories []string `json:"createdDirectories,omitempty"`
}

// Component is the supervisor's view of one process.
type Component struct {
	Name string `json:"name"`
	// PID is in the supervisor's own process namespace; 0 while not running.
	PID      int    `json:"pid"`
	Restarts int    `json:"restarts"`
	LastExit string `json:"lastExit,omitempty"`
}

// WritePlan stores the plan for the supervisor.
func (d Dir) WritePlan(p Plan) error { return writeJSON(d.plan(), p) }

// ReadPlan returns the last plan. The error is fs.ErrNotExist before the first.
func (d Dir) ReadPlan() (Plan, error) {
	var p Plan
	return p, readJSON(d.plan(), &p)
}

// WriteComponents stores what runs, for status.
func (d Dir) WriteComponents(c []Component) error { return writeJSON(d.components(), c) }

// ReadComponents returns what the supervisor last wrote.
func (d Dir) ReadComponents() ([]Component, error) {
	var c []Component
	return c, readJSON(d.components(), &c)
}

// Lock takes the exclusive lock called name, waiting for its holder, and
// returns the function that gives it back. The kernel drops it if we die.
func (d Dir) Lock(name string) (func(), error) {
	if err := os.MkdirAll(string(d), DirectoryMode); err != nil {
		return nil, fmt.Errorf("create the state directory: %w", err)
	}
	file, err := os.OpenFile(d.join(name+".lock"), os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the %s lock: %w", name, err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("take the %s lock: %w", name, err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}

// WriteFile writes through a temporary name, so that a reader never sees half.
func WriteFile(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), DirectoryMode); err != nil {
		return fmt.Errorf("create the directory of %s: %w", path, err)
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, content, mode); err != nil {
		return fmt.Errorf("write %s: %w", temporary, err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("move %s into place: %w", path, err)
	}
	return nil
}

func writeJSON(path string, v any) error {
	content, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return WriteFile(path, append(content, '\n'), 0o644)
}

func readJSON(path string, v any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the cluster's record: %w", err)
	}
	if err := json.Unmarshal(content, v); err != nil {
		return fmt.Errorf("decode %s: %w; remove the file, the next `localcluster up` writes it again", path, err)
	}
	return nil
}
