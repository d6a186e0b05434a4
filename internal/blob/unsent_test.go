package blob

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func drawLayout(t *rapid.T) layout {
	return layout{sizeBytes: rapid.Int64Range(1, 500).Draw(t, "size"), partBytes: rapid.Int64Range(1, 90).Draw(t, "part")}
}

// TestUnsent: every byte is either kept or sent, once; only what journal and
// store agree on is kept.
func TestUnsent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLayout(t)
		tag := rapid.SampledFrom([]string{"a", "b"})
		var recorded []sentPart
		has := held{parts: map[heldPart]int64{}}
		for range rapid.IntRange(0, 2*l.count()).Draw(t, "recorded") {
			recorded = append(recorded, sentPart{Number: rapid.IntRange(-1, l.count()).Draw(t, "number"), Tag: tag.Draw(t, "tag")})
		}
		for range rapid.IntRange(0, 2*l.count()).Draw(t, "held") {
			p := l.piece(rapid.IntRange(0, l.count()).Draw(t, "number"))
			length := p.endBytes - p.beginBytes - rapid.Int64Range(0, 1).Draw(t, "short")
			has.parts[heldPart{number: p.number, tag: tag.Draw(t, "tag")}] = length
		}
		kept, rest := unsent(l, recorded, has)
		covered := make([]int, l.sizeBytes)
		for _, part := range kept {
			p := l.piece(part.Number)
			if has.parts[heldPart{number: part.Number, tag: part.Tag}] != p.endBytes-p.beginBytes {
				t.Fatalf("part %d is kept, and the store has other bytes", part.Number)
			}
			cover(covered, p)
		}
		for _, p := range rest {
			if p.fromBytes != p.beginBytes {
				t.Fatalf("%+v is sent from its middle", p)
			}
			cover(covered, p)
		}
		onceEach(t, covered)
		agreed := 0
		for number := range l.count() {
			p := l.piece(number)
			for _, part := range recorded {
				if part.Number == number && has.parts[heldPart{number: number, tag: part.Tag}] == p.endBytes-p.beginBytes {
					agreed++
					break
				}
			}
		}
		if len(kept) != agreed {
			t.Fatalf("%d parts are kept; journal and store agree on %d", len(kept), agreed)
		}
	})
}

// TestUnsentInOrder: what is sent is exactly what the store has not, in order,
// and every part without a recorded checksum is read.
func TestUnsentInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLayout(t)
		var recorded []sentPart
		for number := range rapid.IntRange(0, l.count()).Draw(t, "recorded") {
			if rapid.IntRange(0, 9).Draw(t, "lost") > 0 {
				recorded = append(recorded, sentPart{Number: number})
			}
		}
		has := held{bytes: rapid.Int64Range(0, l.sizeBytes).Draw(t, "held")}
		kept, rest := unsentInOrder(l, recorded, has)
		at, sent := int64(0), int64(0)
		for number, part := range kept {
			p := l.piece(number)
			if part.Number != number || p.endBytes > has.bytes {
				t.Fatalf("part %d is kept as number %d", part.Number, number)
			}
			at = p.endBytes
		}
		for _, p := range rest {
			if p.beginBytes != at || p.fromBytes < p.beginBytes || p.fromBytes > p.endBytes {
				t.Fatalf("%+v does not follow %d", p, at)
			}
			if p.fromBytes < p.endBytes && p.fromBytes != has.bytes+sent {
				t.Fatalf("%+v is sent where the store expects byte %d", p, has.bytes+sent)
			}
			at, sent = p.endBytes, sent+p.endBytes-p.fromBytes
		}
		if at != l.sizeBytes || has.bytes+sent != l.sizeBytes {
			t.Fatalf("%d bytes are read and %d sent of %d, of which the store has %d", at, sent, l.sizeBytes, has.bytes)
		}
	})
}

func cover(covered []int, p piece) {
	for i := p.beginBytes; i < p.endBytes; i++ {
		covered[i]++
	}
}

func onceEach(t *rapid.T, covered []int) {
	for i, times := range covered {
		if times != 1 {
			t.Fatalf("byte %d is moved %d times", i, times)
		}
	}
}

func TestLayoutOf(t *testing.T) {
	const mib, gib = 1 << 20, 1 << 30
	cases := map[string]struct {
		size, want, maxParts int64
		wantPart             int64
	}{
		"short":             {size: 1, want: 16 * mib, maxParts: maxS3Parts, wantPart: 16 * mib},
		"ten GiB":           {size: 10 * gib, want: 16 * mib, maxParts: maxS3Parts, wantPart: 16 * mib},
		"just fits":         {size: maxS3Parts * 16 * mib, want: 16 * mib, maxParts: maxS3Parts, wantPart: 16 * mib},
		"one byte more":     {size: maxS3Parts*16*mib + 1, want: 16 * mib, maxParts: maxS3Parts, wantPart: 17 * mib},
		"all that S3 takes": {size: 5 << 40, want: 16 * mib, maxParts: maxS3Parts, wantPart: 525 * mib},
		"no limit":          {size: 5 << 40, want: mib, wantPart: mib},
	}
	for name, tc := range cases {
		l := layoutOf(tc.size, tc.want, tc.maxParts)
		if l.partBytes != tc.wantPart || tc.maxParts > 0 && int64(l.count()) > tc.maxParts {
			t.Errorf("%s: %d parts of %d bytes, want parts of %d", name, l.count(), l.partBytes, tc.wantPart)
		}
	}
}

// TestSumsGoOn: checksums that were written down in between are those of the
// whole.
func TestSumsGoOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		cut := rapid.IntRange(0, len(data)).Draw(t, "cut")
		whole, first := newSums(), newSums()
		_, _ = whole.Write(data)
		_, _ = first.Write(data[:cut])
		text, err := first.text()
		if err != nil {
			t.Fatal(err)
		}
		second, err := restoreSums(text)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = second.Write(data[cut:])
		if whole.digest() != second.digest() || whole.crc32c() != second.crc32c() {
			t.Fatalf("%s and %s, not %s and %s", second.digest(), second.crc32c(), whole.digest(), whole.crc32c())
		}
		if want, _ := Digest(bytes.NewReader(data)); want != whole.digest() {
			t.Fatalf("the digest is %s, want %s", whole.digest(), want)
		}
	})
}

func FuzzUploadJournal(f *testing.F) {
	f.Add([]byte(`{"way":"s3","uri":"s3://m/k","content":"c","sizeBytes":9,"partBytes":3,"state":"id"}` + "\n" + `{"number":1,"tag":"t"}`))
	f.Add([]byte("{\"uri\":\"\"}\n{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		header, parts, ok := parseUpload(data)
		if ok && (header.URI == "" || header.State == "") {
			t.Error("a header without address or name is of use")
		}
		for _, part := range parts {
			if part.Number < 0 {
				t.Errorf("part %d", part.Number)
			}
			if part.Sums != "" {
				_, _ = restoreSums(part.Sums)
			}
		}
	})
}

func TestPlainKey(t *testing.T) {
	cases := map[string]bool{
		"Churn/0a1b/model.tar.gz": true, "a b/c+d=e@f_g-h": true,
		"": false, "/a": false, "a/": false, "a//b": false, "../a": false, "a\\b": false, "a%b": false, "é": false, "a\nb": false,
	}
	got := map[string]bool{}
	for key := range cases {
		got[key] = plainKey(key)
	}
	if diff := cmp.Diff(cases, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
