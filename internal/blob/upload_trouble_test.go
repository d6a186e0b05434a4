package blob

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDamagedPartIsSentAgain: a part that arrives as something else does not
// stay.
func TestDamagedPartIsSentAgain(t *testing.T) {
	fake := newFakeS3(t)
	data := randomBytes(3 * uploadPart)
	job, _ := jobOf(t, data, fake.open(t), filepath.Join(t.TempDir(), "journal"))
	var damaged atomic.Bool
	spoil := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("partNumber") != "2" || damaged.Swap(true) {
			return false
		}
		w.Header().Set("ETag", `"`+strings.Repeat("0", 32)+`"`)
		return true
	}
	fake.spoil.Store(&spoil)
	copied, err := quick(Transfer{PartBytes: uploadPart}).Copy(t.Context(), job)
	if err != nil || !damaged.Load() || copied.Check != CheckParts {
		t.Fatalf("got %+v, %v", copied, err)
	}
	holds(t, fake.open(t), job.Key, data)
}

// TestUploadsThatNobodyRemembers are spoken of, and left to whoever they are of.
func TestUploadsThatNobodyRemembers(t *testing.T) {
	fake := newFakeS3(t)
	data := randomBytes(3 * uploadPart)
	store := fake.open(t)
	stray := &s3Parts{bucket: store.(*bucket), key: "churn/model.tar.gz"}
	if err := stray.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	job, said := jobOf(t, data, store, filepath.Join(t.TempDir(), "journal"))
	if _, err := quick(Transfer{PartBytes: uploadPart}).Copy(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "other unfinished uploads") || !strings.Contains(said.String(), stray.id) {
		t.Errorf("said: %s", said)
	}
	if diff := cmp.Diff([]string{stray.id}, unfinished(t, store)); diff != "" {
		t.Errorf("uploads (-want +got):\n%s", diff)
	}
}

// TestRegistryThatTakesNoChunks gets the file in one go, and says what that
// means.
func TestRegistryThatTakesNoChunks(t *testing.T) {
	at := places()["oci"](t)
	data := randomBytes(3 * uploadPart)
	job, said := jobOf(t, data, at.open(t), filepath.Join(t.TempDir(), "journal"))
	spoil := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch {
			return false
		}
		w.WriteHeader(http.StatusMethodNotAllowed)
		return true
	}
	at.spoil.Store(&spoil)
	if _, err := quick(Transfer{PartBytes: uploadPart}).Copy(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	holds(t, at.open(t), job.Key, data)
	if !strings.Contains(said.String(), "an interrupted export begins this one from the start") {
		t.Errorf("said: %s", said)
	}
}

// TestNoSecretIsSaid: the address of a session is as good as a password.
func TestNoSecretIsSaid(t *testing.T) {
	at := places()["gs"](t)
	job, said := jobOf(t, randomBytes(6*uploadPart), at.open(t), filepath.Join(t.TempDir(), "journal"))
	transfer := quick(Transfer{PartBytes: uploadPart, Attempts: 1})
	interrupt(t, transfer, job, 2*uploadPart)
	breaks := func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/resumable/") {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	at.spoil.Store(&breaks)
	_, err := transfer.Copy(t.Context(), job)
	if err == nil || strings.Contains(err.Error()+said.String(), "resumable") {
		t.Errorf("got %v; said: %s", err, said)
	}
	if info, err := os.Stat(job.Journal); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the journal: %v, %v", info, err)
	}
}
