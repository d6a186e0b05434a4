package blob

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// counting counts the bytes that are read of a bucket, and cancels after some.
type counting struct {
	Bucket
	read   atomic.Int64
	limit  int64
	cancel context.CancelFunc
}

func (c *counting) OpenRange(ctx context.Context, object Object, offset, length int64) (io.ReadCloser, error) {
	reader, err := c.Bucket.OpenRange(ctx, object, offset, length)
	if err != nil {
		return nil, err
	}
	return &countedRange{ReadCloser: reader, to: c}, nil
}

type countedRange struct {
	io.ReadCloser
	to *counting
}

func (c *countedRange) Read(data []byte) (int, error) {
	if c.to.cancel != nil && c.to.read.Load() >= c.to.limit {
		c.to.cancel()
		return 0, context.Canceled
	}
	n, err := c.ReadCloser.Read(data[:min(len(data), 1000)])
	c.to.read.Add(int64(n))
	return n, err
}

const resumePart = 10_000

// TestKilledDownloadGoesOn interrupts a download, and has another one with
// nothing but the files go on.
func TestKilledDownloadGoesOn(t *testing.T) {
	store := newFakeS3(t).open(t)
	data := randomBytes(20*resumePart + 123)
	object := put(t, store, "model", data)
	path := filepath.Join(t.TempDir(), "download")
	transfer := quick(Transfer{PartBytes: resumePart, Parallelism: 2})

	ctx, cancel := context.WithCancel(t.Context())
	first := &counting{Bucket: store, limit: 12 * resumePart, cancel: cancel}
	if _, err := transfer.DownloadFile(ctx, first, object, path); err == nil {
		t.Fatal("the interrupted download says it is complete")
	}
	second := &counting{Bucket: store}
	reused, err := transfer.DownloadFile(t.Context(), second, object, path)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); !bytes.Equal(got, data) {
		t.Error("what was downloaded is something else")
	}
	// Two parts may have been under way.
	if again := second.read.Load(); reused < 10*resumePart || again != int64(len(data))-reused {
		t.Errorf("%d bytes were kept and %d read again, of %d", reused, again, len(data))
	}
	third := &counting{Bucket: store}
	if reused, err := transfer.DownloadFile(t.Context(), third, object, path); err != nil || reused != int64(len(data)) || third.read.Load() != 0 {
		t.Errorf("a complete download was read again: %d bytes, kept %d, %v", third.read.Load(), reused, err)
	}
}

func TestDownloadStartsOver(t *testing.T) {
	cases := map[string]struct {
		spoil func(t *testing.T, path string, object *Object)
		// wantReused is what may be kept.
		wantReused int64
	}{
		"another content": {spoil: func(_ *testing.T, _ string, object *Object) { object.ETag += "2" }},
		"no entity tag":   {spoil: func(_ *testing.T, _ string, object *Object) { object.ETag = "" }},
		"no journal":      {spoil: func(_ *testing.T, path string, _ *Object) { os.Remove(path + JournalSuffix) }},
		"journal of rubbish": {spoil: func(t *testing.T, path string, _ *Object) {
			write(t, path+JournalSuffix, "\x00{\n[1,2]\n")
		}},
		"a part was changed": {wantReused: 2 * resumePart, spoil: func(t *testing.T, path string, _ *Object) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			data[resumePart]++
			write(t, path, string(data))
		}},
		"the file was cut": {wantReused: resumePart, spoil: func(_ *testing.T, path string, _ *Object) { os.Truncate(path, resumePart+1) }},
		"the last line was cut": {wantReused: 2 * resumePart, spoil: func(t *testing.T, path string, _ *Object) {
			data, err := os.ReadFile(path + JournalSuffix)
			if err != nil {
				t.Fatal(err)
			}
			write(t, path+JournalSuffix, string(data[:len(data)-20]))
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			store := NewMemory("m")
			data := randomBytes(3 * resumePart)
			object := put(t, store, "model", data)
			object.ETag = "1"
			path := filepath.Join(t.TempDir(), "download")
			transfer := Transfer{PartBytes: resumePart, Parallelism: 1}
			if _, err := transfer.DownloadFile(t.Context(), store, object, path); err != nil {
				t.Fatal(err)
			}
			tc.spoil(t, path, &object)
			reused, err := transfer.DownloadFile(t.Context(), store, object, path)
			if got, _ := os.ReadFile(path); err != nil || reused != tc.wantReused || !bytes.Equal(got, data) {
				t.Errorf("kept %d bytes, want %d; %v", reused, tc.wantReused, err)
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestResumeIsExact interrupts at random places until the file is complete.
func TestResumeIsExact(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		data := randomBytes(rapid.IntRange(1, 50_000).Draw(r, "size"))
		store := NewMemory("m")
		if err := store.Write(t.Context(), "model", bytes.NewReader(data)); err != nil {
			r.Fatal(err)
		}
		object := Object{Key: "model", SizeBytes: int64(len(data)), ETag: "1"}
		path := filepath.Join(t.TempDir(), "download")
		transfer := quick(Transfer{
			PartBytes: int64(rapid.IntRange(1000, 9000).Draw(r, "part")), Parallelism: rapid.IntRange(1, 4).Draw(r, "parallelism"),
		})
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			from := &counting{Bucket: store, limit: int64(rapid.IntRange(0, len(data)).Draw(r, "limit")), cancel: cancel}
			_, _ = transfer.DownloadFile(ctx, from, object, path)
			cancel()
		}
		if _, err := transfer.DownloadFile(t.Context(), store, object, path); err != nil {
			r.Fatal(err)
		}
		if got, _ := os.ReadFile(path); !bytes.Equal(got, data) {
			r.Fatal("what was downloaded is something else")
		}
	})
}

func FuzzJournal(f *testing.F) {
	header := journalHeader{URI: "s3://models/model", ETag: "1", SizeBytes: 100, PartBytes: 10}
	f.Add([]byte(`{"uri":"s3://models/model","etag":"1","sizeBytes":100,"partBytes":10}` + "\n" + `{"offsetBytes":10,"sha256":"ab"}`))
	f.Add([]byte("\n\n{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, part := range parseJournal(data, header) {
			if part.OffsetBytes < 0 || part.OffsetBytes >= header.SizeBytes || part.OffsetBytes%header.PartBytes != 0 {
				t.Errorf("a part begins at %d", part.OffsetBytes)
			}
		}
	})
}

func TestReaderKeepsTheOrder(t *testing.T) {
	fake := newFakeS3(t)
	store := fake.open(t)
	data := randomBytes(95_001)
	object := put(t, store, "model", data)
	for name, transfer := range map[string]Transfer{
		"in parts": {PartBytes: 10_000, Parallelism: 3}, "in one": {},
	} {
		var heard atomic.Int64
		transfer.Progress = func(done int64) { heard.Store(max(done, heard.Load())) }
		reader, err := quick(transfer).Reader(t.Context(), store, object)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(reader)
		if err != nil || !bytes.Equal(got, data) || heard.Load() != int64(len(data)) || reader.Close() != nil {
			t.Errorf("%s: %d bytes, heard of %d, %v", name, len(got), heard.Load(), err)
		}
	}
}

func recordOf(f *fakeS3, r *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	f.healthy.ServeHTTP(recorder, r)
	return recorder
}

// copySource answers UploadPartCopy, which gofakes3 does not know: it takes the
// range from the object and uploads it as an ordinary part.
func (f *fakeS3) copySource(w http.ResponseWriter, r *http.Request) bool {
	source := r.Header.Get("X-Amz-Copy-Source")
	if source == "" || !r.URL.Query().Has("partNumber") {
		return false
	}
	read, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, "/"+strings.TrimPrefix(source, "/"), nil)
	read.Header.Set("Range", r.Header.Get("X-Amz-Copy-Source-Range"))
	got := recordOf(f, read)
	upload, _ := http.NewRequestWithContext(r.Context(), http.MethodPut, r.URL.String(), bytes.NewReader(got.Body.Bytes()))
	upload.Header.Set("Content-Length", strconv.Itoa(got.Body.Len()))
	uploaded := recordOf(f, upload)
	w.Header().Set("Content-Type", "application/xml")
	_, _ = io.WriteString(w, "<CopyPartResult><ETag>"+uploaded.Header().Get("ETag")+"</ETag></CopyPartResult>")
	return true
}
