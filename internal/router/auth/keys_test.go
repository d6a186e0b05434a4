package auth

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = `[{accessKeyID: AKIDA, secretAccessKey: secret-a, namespace: shop}]`

func TestParseKeys(t *testing.T) {
	cases := map[string]struct{ reason, content, want string }{
		"YAML":         {"A YAML list is read.", good, ""},
		"JSON":         {"So is JSON.", `[{"accessKeyID":"A","secretAccessKey":"b","namespace":"c"}]`, ""},
		"Nobody":       {"The empty list is said on purpose.", `[]`, ""},
		"Nothing":      {"An empty file is half written.", ``, "the file is empty"},
		"Twice":        {"A key has one namespace.", `[{accessKeyID: A, secretAccessKey: b, namespace: c},{accessKeyID: A, secretAccessKey: d, namespace: e}]`, "entry 2 repeats"},
		"NoSecret":     {"An empty secret is a secret everyone knows.", `[{accessKeyID: A, namespace: c}]`, "entry 1 lacks a field"},
		"NoNamespace":  {"A key without namespace opens nothing.", `[{accessKeyID: A, secretAccessKey: b}]`, "entry 1 lacks a field"},
		"UnknownField": {"A mistyped field is told, not ignored.", `[{accessKeyId: A, secret: s3cr3t, namespace: c}]`, "want a YAML or JSON list"},
		"NotAList":     {"Anything else is refused.", `accessKeyID: s3cr3t`, "want a YAML or JSON list"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := parseKeys([]byte(tc.content))
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s\nparseKeys(...) = %v; want %q", tc.reason, err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the error repeats what the file holds: %v", err)
			}
		})
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`[null]`))
	f.Add([]byte("- &a [*a]"))
	f.Fuzz(func(t *testing.T, content []byte) {
		pairs, err := parseKeys(content)
		if err != nil {
			return
		}
		for key, e := range pairs {
			if key == "" || e.SecretAccessKey == "" || e.Namespace == "" {
				t.Errorf("a key pair with an empty field was accepted: %q", content)
			}
		}
	})
}

// A changed file is taken over; one that cannot be used changes nothing.
func TestReload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.yaml")
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(good)
	keys, err := LoadKeys(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	knows := func(id string) bool { _, ok := keys.current().lookup(id); return ok }
	if changed, err := keys.reload(); changed || err != nil {
		t.Errorf("reload() of the same file = %t, %v; want no change", changed, err)
	}
	write(strings.ReplaceAll(good, "AKIDA", "AKIDB"))
	if changed, err := keys.reload(); !changed || err != nil || knows("AKIDA") || !knows("AKIDB") {
		t.Errorf("reload() of a changed file = %t, %v; knows AKIDA %t, AKIDB %t; want AKIDB alone",
			changed, err, knows("AKIDA"), knows("AKIDB"))
	}
	write("{")
	if _, err := keys.reload(); err == nil || !knows("AKIDB") {
		t.Errorf("reload() of a broken file = %v, knows AKIDB %t; want an error and the earlier keys", err, knows("AKIDB"))
	}
}

// The empty list takes every key away from routers that run.
func TestReloadLocksEverybodyOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.yaml")
	if err := os.WriteFile(path, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := LoadKeys(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if changed, err := keys.reload(); !changed || err != nil {
		t.Errorf("reload() of [] = %t, %v; want a change", changed, err)
	}
	if _, ok := keys.current().lookup("AKIDA"); ok {
		t.Error("a key that was taken away still opens the router")
	}
}
