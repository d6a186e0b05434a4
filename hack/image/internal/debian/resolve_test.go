package debian

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const hashA = "406fa84febe56fef24d05722c965f39ebccca47bb9df7c55206e67f59b474a3f"

func uriLine(file string) string {
	return "'http://mirror.invalid/pool/" + file + "' " + file + " 25408 SHA256:" + hashA + "\n"
}

func TestResolve(t *testing.T) {
	answer := "Reading package lists...\n" +
		uriLine("python3-wsproto_1.2.0-1_all.deb") +
		uriLine("g++-12_12.2.0-14_amd64.deb") +
		uriLine("libc6_2%3a2.36-9+deb12u14_amd64.deb")
	var called []string
	run := func(_ context.Context, _, name string, args ...string) ([]byte, error) {
		called = append([]string{name}, args...)
		return []byte(answer), nil
	}
	got, err := Resolve(t.Context(), run, t.TempDir(), []string{"python3-wsproto"}, regexp.MustCompile(DefaultDrop))
	if err != nil {
		t.Fatalf("Resolve: %v", err)
	}
	want := []Package{
		{"libc6", "2:2.36-9+deb12u14", "amd64", "libc6_2%3a2.36-9+deb12u14_amd64.deb", 25408, hashA},
		{"python3-wsproto", "1.2.0-1", "all", "python3-wsproto_1.2.0-1_all.deb", 25408, hashA},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("packages (-want +got), the compiler dropped and the rest sorted:\n%s", diff)
	}
	if !slices.Contains(called, "--print-uris") || called[len(called)-1] != "python3-wsproto" || called[len(called)-2] != "--" {
		t.Errorf("apt was called as %q; want a dry run of the named package behind --", called)
	}
}

func TestResolveRefuses(t *testing.T) {
	failed := errors.New("E: Unable to locate package nosuch")
	cases := map[string]struct {
		names  []string
		answer string
		err    error
		want   string
	}{
		"nothing named":          {nil, "", nil, "no package is named"},
		"apt fails":              {[]string{"nosuch"}, "", failed, "run apt-get update"},
		"asked for and dropped":  {[]string{"perl"}, uriLine("perl_5.36.0_amd64.deb"), nil, "asked for and dropped"},
		"everything is dropped":  {[]string{"x"}, uriLine("perl_5.36.0_amd64.deb"), nil, "no package"},
		"weak hash":              {[]string{"x"}, "'u' x_1_all.deb 5 MD5Sum:00\n", nil, "want SHA256:"},
		"size is no number":      {[]string{"x"}, "'u' x_1_all.deb many SHA256:" + hashA, nil, "number of bytes"},
		"file name with a slash": {[]string{"x"}, "'u' ../x_1_all.deb 5 SHA256:" + hashA, nil, "NAME_VERSION_ARCH"},
		"too few fields":         {[]string{"x"}, "'u' x_1_all.deb", nil, "want 'URI' FILE SIZE"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			run := func(context.Context, string, string, ...string) ([]byte, error) { return []byte(tc.answer), tc.err }
			_, err := Resolve(t.Context(), run, t.TempDir(), tc.names, regexp.MustCompile(DefaultDrop))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Resolve: %v; want an error that says %q", err, tc.want)
			}
			if tc.err != nil && !errors.Is(err, tc.err) {
				t.Errorf("Resolve: %v does not wrap apt's error", err)
			}
		})
	}
}

func FuzzParseURIs(f *testing.F) {
	f.Add([]byte(uriLine("libc6_2%3a2.36-9_amd64.deb")))
	f.Add([]byte("'u' x_%zz_all.deb 5 SHA256:" + hashA))
	f.Add([]byte("Reading package lists...\n'"))
	f.Fuzz(func(t *testing.T, data []byte) {
		packages, err := parseURIs(data)
		if err != nil {
			return
		}
		for _, p := range packages {
			if p.File != filepath.Base(p.File) || p.SizeBytes <= 0 || len(p.SHA256) != 64 {
				t.Errorf("accepted %+v", p)
			}
		}
	})
}

func TestDefaultDropKeepsWhatRuns(t *testing.T) {
	drop := regexp.MustCompile(DefaultDrop)
	for _, name := range []string{"python3", "python3-numpy", "libc6", "libgcc-s1", "gcc-12-base", "libopenblas0-pthread", "libgomp1", "libgfortran5", "libstdc++6"} {
		if drop.MatchString(name) {
			t.Errorf("%s is dropped; a Python service loads it", name)
		}
	}
	for _, name := range []string{"g++-12", "gcc", "gcc-12", "python3-dev", "perl-base", "libboost1.74-dev"} {
		if !drop.MatchString(name) {
			t.Errorf("%s is kept; nothing runs it", name)
		}
	}
}

func TestDownload(t *testing.T) {
	const content, sum = "deb", "7aa0b7a5c3f5c4c2c4e8d0b6c6ff0bd3f8b8e9d5e8dcd8d6d2f5d0d2b1d3c4a5"
	p := Package{Name: "a", Version: "2:1", Arch: "all", File: "a_2%3a1_all.deb", SizeBytes: 3, SHA256: sha256Hex(content)}
	cases := map[string]struct {
		pkg       Package
		before    string // content of the file before, empty for none
		downloads string
		wantCalls int
		want      string
	}{
		"fetches what is missing":    {p, "", content, 1, ""},
		"keeps what is there":        {p, content, "never", 0, ""},
		"replaces what is damaged":   {p, "damaged", content, 1, ""},
		"refuses what apt got wrong": {withSum(p, sum), "", content, 1, "run apt-get update"},
		"refuses what apt left away": {p, "", "", 1, "downloaded no a_2%3a1_all.deb"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, filepath.Join(dir, tc.pkg.File), tc.before)
			calls := 0
			run := func(_ context.Context, in, _ string, args ...string) ([]byte, error) {
				calls++
				if in != dir || args[len(args)-1] != "a=2:1" {
					t.Errorf("apt ran in %s with %q; want a=2:1 in %s", in, args, dir)
				}
				put(t, filepath.Join(in, tc.pkg.File), tc.downloads)
				return nil, nil
			}
			err := Download(t.Context(), run, dir, []Package{tc.pkg})
			if calls != tc.wantCalls {
				t.Errorf("apt was called %d times; want %d", calls, tc.wantCalls)
			}
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("Download: %v; want %q", err, tc.want)
			}
		})
	}
}

func put(t *testing.T, file, content string) {
	t.Helper()
	if content == "" {
		return
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func withSum(p Package, sum string) Package { p.SHA256 = sum; return p }

func TestPlanKey(t *testing.T) {
	base := Plan{Packages: []Package{{Name: "a", Version: "1", Arch: "all"}}}
	newer := Plan{Packages: []Package{{Name: "a", Version: "2", Arch: "all"}}}
	keys := map[string]bool{}
	for _, p := range []Plan{base, newer, {Packages: base.Packages, Imports: []string{"a"}}} {
		key, err := p.Key()
		if err != nil || len(key) != 64 {
			t.Fatalf("Key: %q, %v", key, err)
		}
		keys[key] = true
	}
	again, _ := base.Key()
	if len(keys) != 3 || !keys[again] {
		t.Errorf("%d keys for 3 plans; want one each, and the same one again", len(keys))
	}
}
