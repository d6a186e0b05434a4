package component

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/localcluster/internal/pki"
	"landfall.dev/landfall/localcluster/internal/topology"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample() Cluster {
	return Cluster{Topology: topology.Topology{Instance: 3, Nodes: 2}, Dir: "/state", RuncPath: "/state/bin/runc"}
}

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestProcesses(t *testing.T) {
	var text strings.Builder
	c := sample()
	all := c.ControlPlane()
	for n := 1; n <= c.Topology.Nodes; n++ {
		all = append(all, c.Node(n)...)
	}
	seen := map[string]bool{}
	for _, p := range all {
		if seen[p.Name] {
			t.Errorf("two processes are called %s and would share a log", p.Name)
		}
		seen[p.Name] = true
		fmt.Fprintf(&text, "%s: %s (stage %d)\n  %s\n", p.Name, p.Path, p.Stage, strings.Join(p.Args, "\n    "))
	}
	golden(t, "processes.txt", text.String())
}

func TestFiles(t *testing.T) {
	files, err := sample().Files([]byte("CERTIFICATE"))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, path := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&text, "==> %s\n%s", path, files[path])
	}
	golden(t, "files.txt", text.String())
}

// Every kubeconfig, certificate and key that an argument or a file names must be
// one that the identities make.
func TestCredentialsExist(t *testing.T) {
	c := sample()
	made := map[string]bool{
		pki.PublicKeyPath(c.Dir.PKI(), pki.ServiceAccount): true,
		pki.KeyPath(c.Dir.PKI(), pki.ServiceAccount):       true,
	}
	for _, name := range []string{pki.Cluster, pki.FrontProxy} {
		made[pki.CertificatePath(c.Dir.PKI(), name)] = true
		made[pki.KeyPath(c.Dir.PKI(), name)] = true
	}
	for _, identity := range c.Identities() {
		made[pki.CertificatePath(c.Dir.PKI(), identity.Name)] = true
		made[pki.KeyPath(c.Dir.PKI(), identity.Name)] = true
		if identity.Server != "" {
			made[c.Dir.ComponentKubeconfig(identity.Name)] = true
		}
	}
	text := mentions(t, c)
	used := 0
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \n=\"{},", r) }) {
		if !strings.HasPrefix(word, c.Dir.PKI()+"/") {
			continue
		}
		used++
		if !made[word] {
			t.Errorf("%s is used but never made", word)
		}
	}
	if used < 20 {
		t.Errorf("only %d credentials found: the test looks in the wrong place", used)
	}
}

// mentions is all text in which a credential can be named.
func mentions(t *testing.T, c Cluster) string {
	t.Helper()
	files, err := c.Files(nil)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, content := range files {
		text.Write(content)
	}
	for _, p := range append(c.ControlPlane(), append(c.Node(1), c.Node(2)...)...) {
		text.WriteString(strings.Join(p.Args, "\n") + "\n")
	}
	return text.String()
}
