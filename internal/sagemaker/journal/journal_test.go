package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var began = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func begin(t *testing.T, path string) *Journal {
	t.Helper()
	j, err := Create(path, Header{Options: "a", StartedAt: began})
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range []string{"one", "two"} {
		if err := j.Record(call, map[string]string{"of": call, "html": "<&>"}); err != nil {
			t.Fatal(err)
		}
	}
	return j
}

func TestAKilledScanGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".x.scan")
	if err := begin(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	for name, torn := range map[string]string{"whole": "", "torn": `{"call":"three","da`, "half a line break": `{"call":"three","da` + "\n"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			again := filepath.Join(t.TempDir(), "again")
			if err := os.WriteFile(again, append(data, torn...), 0o600); err != nil {
				t.Fatal(err)
			}
			j, err := Open(again, "a", began.Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]string
			if !j.Find("two", &got) || got["of"] != "two" || got["html"] != "<&>" || j.Find("three", &got) || j.Len() != 2 {
				t.Errorf("found %v of %d calls", got, j.Len())
			}
			if err := j.Record("three", "3"); err != nil {
				t.Fatal(err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if j, err = Open(again, "a", began); err != nil || j.Len() != 3 || !j.StartedAt().Equal(began) {
				t.Fatalf("%v after going on", err)
			}
			if err := j.Remove(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(again); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the journal of a finished scan is still there: %v", err)
			}
		})
	}
}

func TestJournalsThatAreNotUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".x.scan")
	if err := begin(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	noise := filepath.Join(t.TempDir(), "noise")
	if err := os.WriteFile(noise, []byte("apiVersion: v1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		path, options string
		now           time.Time
		want          error
	}{
		"none":          {path + "x", "a", began, os.ErrNotExist},
		"other options": {path, "b", began, ErrOtherScan},
		"old":           {path, "a", began.Add(25 * time.Hour), ErrTooOld},
		"noise":         {noise, "a", began, ErrUnknown},
		"empty":         {empty, "a", began, ErrUnknown},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := Open(tc.path, tc.options, tc.now); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
	if text, _ := os.ReadFile(noise); !strings.HasPrefix(string(text), "apiVersion") {
		t.Error("a file that is no journal was changed")
	}
}

func TestWithoutAJournal(t *testing.T) {
	var j *Journal
	if j.Find("x", new(int)) || j.Record("x", 1) != nil || j.Len() != 0 || j.Close() != nil || j.Remove() != nil {
		t.Error("no journal is no trouble")
	}
}
