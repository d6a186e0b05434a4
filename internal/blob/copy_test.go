package blob

import (
	"bytes"
	"net/http"
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
