package blob

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

func TestCopy(t *testing.T) {
	data := randomBytes(300_000)
	transfer := quick(Transfer{PartBytes: 100_000, serverPartBytes: 120_000})
	cases := map[string]struct {
		knows func(*fakeS3) func(http.ResponseWriter, *http.Request) bool
		to    func(t *testing.T, f *fakeS3) Bucket
		want  Copied
		// through is what may go through this machine.
		through  int64
		fallback bool
	}{
		"inside S3": {
			knows: func(f *fakeS3) func(http.ResponseWriter, *http.Request) bool { return f.copySource },
			to:    func(t *testing.T, f *fakeS3) Bucket { return f.open(t) },
			want:  Copied{InStore: true},
		},
		"a store that does not copy": {
			to:      func(t *testing.T, f *fakeS3) Bucket { return f.open(t) },
			through: int64(len(data)), fallback: true,
		},
		"to another store": {
			to:      func(*testing.T, *fakeS3) Bucket { return NewMemory("m") },
			through: int64(len(data)),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			fake := newFakeS3(t)
			store := fake.open(t)
			object := put(t, store, "a model", data)
			var through atomic.Int64
			spoil := func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "a model") {
					through.Add(int64(len(data)) / 3)
				}
				return tc.knows != nil && tc.knows(fake)(w, r)
			}
			fake.spoil.Store(&spoil)
			to := tc.to(t, fake)
			copied, err := transfer.Copy(t.Context(), Job{From: store, Object: object, To: to, Key: "copy/of/it"})
			if err != nil || copied.InStore != tc.want.InStore || (copied.Fallback != "") != tc.fallback {
				t.Fatalf("got %+v, %v", copied, err)
			}
			if through.Load() != tc.through {
				t.Errorf("%d bytes went through this machine, want %d", through.Load(), tc.through)
			}
			there, err := to.Stat(t.Context(), "copy/of/it")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := download(t, transfer, to, there); err != nil || !bytes.Equal(got, data) {
				t.Errorf("the copy has %d bytes, %v", len(got), err)
			}
			if copied, err := transfer.Copy(t.Context(), Job{From: store, Object: object, To: to, Key: "copy/of/it"}); err != nil || !copied.Skipped {
				t.Errorf("got %+v, %v, want that nothing was copied again", copied, err)
			}
		})
	}
}

func TestCopyOfAChangedObjectFails(t *testing.T) {
	fake := newFakeS3(t)
	store := fake.open(t)
	object := put(t, store, "model", []byte("first"))
	spoil := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("X-Amz-Copy-Source-If-Match") == "" {
			return false
		}
		answerXML(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return true
	}
	fake.spoil.Store(&spoil)
	if _, err := (Transfer{}).Copy(t.Context(), Job{From: store, Object: object, To: store, Key: "copy"}); KindOf(err) != KindChanged {
		t.Errorf("got %v, want that the object changed", err)
	}
}

// TestKilledCopyInsideS3GoesOn: S3 copies only the parts that it has not copied
// yet.
func TestKilledCopyInsideS3GoesOn(t *testing.T) {
	fake := newFakeS3(t)
	data := randomBytes(20 * 10_000)
	store := fake.open(t)
	object := put(t, store, "model", data)
	var copies atomic.Int64
	spoil := func(w http.ResponseWriter, r *http.Request) bool {
		done := fake.copySource(w, r)
		if done {
			copies.Add(1)
		}
		return done
	}
	fake.spoil.Store(&spoil)
	transfer := quick(Transfer{serverPartBytes: 10_000, Parallelism: 2})
	job := Job{From: store, Object: object, To: store, Key: "copy", Journal: filepath.Join(t.TempDir(), "journal"), Content: bytes.NewReader(data)}
	interrupt(t, transfer, job, int64(len(data))*6/10)
	fake.settle()
	copies.Store(0)
	copied, err := transfer.Copy(t.Context(), job)
	if err != nil || !copied.InStore || copied.Check != CheckWhole {
		t.Fatalf("got %+v, %v", copied, err)
	}
	if want := (int64(len(data)) - copied.KeptBytes) / 10_000; copies.Load() != want || want > 8 {
		t.Errorf("%d parts were copied again, want %d", copies.Load(), want)
	}
	holds(t, store, "copy", data)
	if left := unfinished(t, store); len(left) > 0 {
		t.Errorf("uploads are left: %v", left)
	}
}

// TestWrongCopyIsReplaced: a store that copies something else is found out by the
// content, and gets it from here.
func TestWrongCopyIsReplaced(t *testing.T) {
	data := randomBytes(50_000)
	for name, partBytes := range map[string]int64{"by one request": 0, "in parts": 10_000} {
		t.Run(name, func(t *testing.T) {
			fake := newFakeS3(t)
			store := fake.open(t)
			object := put(t, store, "model", randomBytes(50_001)[1:])
			spoil := fake.copySource
			fake.spoil.Store(&spoil)
			job, said := jobOf(t, data, store, filepath.Join(t.TempDir(), "journal"))
			job.From, job.Object.Key, job.Object.ETag = store, object.Key, object.ETag
			copied, err := quick(Transfer{serverPartBytes: partBytes}).Copy(t.Context(), job)
			if err != nil || copied.InStore || !strings.Contains(copied.Fallback, errDamaged.Error()) {
				t.Fatalf("got %+v, %v: %s", copied, err, said)
			}
			holds(t, store, job.Key, data)
		})
	}
}

// TestCopiesAreChecked where the store checks, and the record claims no more.
func TestCopiesAreChecked(t *testing.T) {
	want := map[string]Check{"s3": CheckWhole, "gs": CheckWhole, "azblob": CheckWhole, "oci": CheckWhole, "file": CheckLength}
	for name, open := range places() {
		job, _ := jobOf(t, []byte("small"), open(t).open(t), "")
		copied, err := Transfer{}.Copy(t.Context(), job)
		if err != nil || copied.Check != want[name] {
			t.Errorf("%s: checked by %q, want %q; %v", name, copied.Check, want[name], err)
		}
		holds(t, job.To, job.Key, []byte("small"))
	}
}

func TestWeaker(t *testing.T) {
	for _, tc := range [][3]Check{
		{"", CheckWhole, CheckWhole},
		{CheckWhole, CheckParts, CheckParts},
		{CheckSource, CheckParts, CheckSource},
		{CheckLength, CheckWhole, CheckLength},
		{"", "", ""},
	} {
		if got := tc[0].Weaker(tc[1]); got != tc[2] {
			t.Errorf("of %q and %q the weaker is %q, want %q", tc[0], tc[1], got, tc[2])
		}
	}
}

// TestMultipartTag holds the entity tag against the one of an object of 8 MiB in
// parts of 5 MiB, all zero, computed by hand with md5sum.
func TestMultipartTag(t *testing.T) {
	got, err := multipartTag(bytes.NewReader(make([]byte, 8<<20)), layout{sizeBytes: 8 << 20, partBytes: 5 << 20})
	if want := "1b7e7e1eace11b19e7278799ea294024-2"; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}
