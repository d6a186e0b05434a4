package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWalkHandsOnEachFile(t *testing.T) {
	data := pack(t, header{name: "./code/", kind: tar.TypeDir}, header{name: "code/a.py", size: 3}, header{name: "m.bin", size: 5})
	var seen []string
	listing, err := Walk(bytes.NewReader(data), Limits{}, func(entry Entry, content io.Reader) error {
		// One byte alone: what is left over is no concern of the visitor.
		first := make([]byte, 1)
		n, _ := content.Read(first)
		seen = append(seen, entry.Path+" "+string(first[:n]))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"code ", "code/a.py x", "m.bin x"}, seen); diff != "" {
		t.Errorf("handed on (-want +got):\n%s", diff)
	}
	if listing.UnpackedBytes != 8 || listing.Files() != 2 {
		t.Errorf("listing %+v; want 8 bytes in 2 files", listing)
	}
}

func TestWalkReturnsTheVisitorsError(t *testing.T) {
	broken := errors.New("broken")
	_, err := Walk(bytes.NewReader(pack(t, header{name: "a", size: 1})), Limits{}, func(Entry, io.Reader) error { return broken })
	if !errors.Is(err, broken) {
		t.Errorf("error %v; want the visitor's own", err)
	}
}

// A bomb of zeros is refused by its ratio long before the limit of the volume,
// and without the time it takes to unpack it.
func TestBombIsRefusedByItsRatio(t *testing.T) {
	if testing.Short() {
		t.Skip("reads more than a GiB of zeros")
	}
	// One member of zeros, over and over: gzip streams may have many.
	const memberBytes, members = 64 << 20, 32
	var tarred, head, zeros bytes.Buffer
	archive := tar.NewWriter(&tarred)
	if err := archive.WriteHeader(&tar.Header{Name: "zeros", Size: memberBytes * members, Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	for out, from := range map[*bytes.Buffer]io.Reader{&head: &tarred, &zeros: io.LimitReader(endless(0), memberBytes)} {
		zipped := gzip.NewWriter(out)
		_, err := io.Copy(zipped, from)
		if err := errors.Join(err, zipped.Close()); err != nil {
			t.Fatal(err)
		}
	}
	reader := io.MultiReader(&head, bytes.NewReader(bytes.Repeat(zeros.Bytes(), members)))
	_, err := inspected(reader, Limits{MaxUnpackedBytes: 100 << 30})
	var refusal *RefusedError
	if !errors.As(err, &refusal) || refusal.Reason != ReasonRatio {
		t.Errorf("error %v; want a refusal for %q", err, ReasonRatio)
	}
}
