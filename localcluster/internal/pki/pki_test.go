package pki

import (
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func identities() []Identity {
	return []Identity{
		{Name: "server", Authority: Cluster, User: "kube-apiserver", DNSNames: []string{"localhost"}, Addresses: []net.IP{net.IPv4(10, 0, 0, 1).To4()}},
		{Name: "admin", Authority: Cluster, User: "admin", Groups: []string{"system:masters"}, Server: "https://10.0.0.1:6443"},
		{Name: "front", Authority: FrontProxy, User: "front-proxy-client"},
	}
}

func load(t *testing.T, dir, name string) *x509.Certificate {
	t.Helper()
	certificate, _, err := store{dir: dir, now: start}.load(name)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func TestEnsureIssues(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	if err := Ensure(dir, identities(), start); err != nil {
		t.Fatal(err)
	}
	for _, identity := range identities() {
		roots := x509.NewCertPool()
		roots.AddCert(load(t, dir, identity.Authority))
		_, err := load(t, dir, identity.Name).Verify(x509.VerifyOptions{
			Roots: roots, CurrentTime: start.Add(time.Hour), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
		if err != nil {
			t.Errorf("%s: %v", identity.Name, err)
		}
	}
	server := load(t, dir, "server")
	for _, name := range []string{"localhost", "10.0.0.1"} {
		if err := server.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	admin := load(t, dir, "admin")
	if admin.Subject.CommonName != "admin" || len(admin.Subject.Organization) != 1 || admin.Subject.Organization[0] != "system:masters" {
		t.Errorf("the administrator is %s", admin.Subject)
	}
	keys, err := filepath.Glob(filepath.Join(dir, "*.key"))
	if err != nil || len(keys) != 6 {
		t.Fatalf("keys: %v, %v; want two authorities', the signing one and three", keys, err)
	}
	for _, path := range append(keys, filepath.Join(dir, "admin.kubeconfig")) {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is readable by others: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestEnsureKeepsAndReplaces(t *testing.T) {
	tests := map[string]struct {
		disturb func(t *testing.T, dir string)
		change  func([]Identity)
		later   time.Duration
		same    bool
		reason  string
	}{
		"untouched":      {same: true, reason: "a cluster keeps its identity"},
		"half its life":  {later: leafLifetime / 2, same: true, reason: "there is time left"},
		"nearly expired": {later: leafLifetime - time.Hour, reason: "it would expire under a running cluster"},
		"key removed": {reason: "a certificate is useless without its key", disturb: func(t *testing.T, dir string) {
			if err := os.Remove(KeyPath(dir, "server")); err != nil {
				t.Fatal(err)
			}
		}},
		"damaged": {reason: "it cannot be parsed", disturb: func(t *testing.T, dir string) {
			if err := os.WriteFile(CertificatePath(dir, "server"), []byte("nonsense"), 0o644); err != nil {
				t.Fatal(err)
			}
		}},
		"new authority": {reason: "its issuer is gone", disturb: func(t *testing.T, dir string) {
			if err := os.Remove(CertificatePath(dir, Cluster)); err != nil {
				t.Fatal(err)
			}
		}},
		"other address": {reason: "it would not cover the address", change: func(list []Identity) {
			list[0].Addresses = []net.IP{net.IPv4(10, 0, 0, 2).To4()}
		}},
		"other group": {reason: "it would grant other rights", change: func(list []Identity) {
			list[0].Groups = []string{"g"}
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := Ensure(dir, identities(), start); err != nil {
				t.Fatal(err)
			}
			before := load(t, dir, "server")
			if tt.disturb != nil {
				tt.disturb(t, dir)
			}
			list := identities()
			if tt.change != nil {
				tt.change(list)
			}
			if err := Ensure(dir, list, start.Add(tt.later)); err != nil {
				t.Fatal(err)
			}
			if same := before.Equal(load(t, dir, "server")); same != tt.same {
				t.Errorf("kept: %t, want %t: %s", same, tt.same, tt.reason)
			}
		})
	}
}

func TestEnsureKeepsTheSigningKey(t *testing.T) {
	dir := t.TempDir()
	read := func() string {
		content, err := os.ReadFile(PublicKeyPath(dir, ServiceAccount))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	if err := Ensure(dir, nil, start); err != nil {
		t.Fatal(err)
	}
	before := read()
	if err := Ensure(dir, nil, start); err != nil {
		t.Fatal(err)
	}
	if read() != before {
		t.Error("the key changed, which would void every service account token")
	}
}

func TestEnsureRefusesAnUnknownAuthority(t *testing.T) {
	err := Ensure(t.TempDir(), []Identity{{Name: "x", Authority: "nobody"}}, start)
	if err == nil || !strings.Contains(err.Error(), `"nobody"`) {
		t.Errorf("Ensure: %v, want an error that names the authority", err)
	}
}
