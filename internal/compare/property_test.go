package compare_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/compare"
)

var contentTypes = []string{"application/json", "application/jsonlines", "text/csv", "text/plain", "application/x-npy", ""}

// drawJSON draws a JSON value, not too deep.
func drawJSON(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 6).Draw(t, "kind")
	if depth == 0 {
		kind %= 4
	}
	switch kind {
	case 0:
		return rapid.Float64Range(-1e6, 1e6).Draw(t, "number") + 0 // no negative zero: it equals zero, but is written otherwise
	case 1:
		return rapid.StringN(0, 6, -1).Draw(t, "text")
	case 2:
		return rapid.Bool().Draw(t, "bool")
	case 3:
		return nil
	case 4:
		list := []any{}
		for range rapid.IntRange(0, 4).Draw(t, "length") {
			list = append(list, drawJSON(t, depth-1))
		}
		return list
	default:
		object := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "size") {
			object[rapid.StringN(0, 3, -1).Draw(t, "name")] = drawJSON(t, depth-1)
		}
		return object
	}
}

// writeShuffled writes a value with the names of its objects in another order
// and blanks between.
func writeShuffled(t *rapid.T, b *strings.Builder, value any) {
	switch v := value.(type) {
	case []any:
		b.WriteString("[ ")
		for i, element := range v {
			if i > 0 {
				b.WriteString(" ,")
			}
			writeShuffled(t, b, element)
		}
		b.WriteString("\n]")
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		b.WriteString("{")
		for i, name := range rapid.Permutation(names).Draw(t, "order") {
			if i > 0 {
				b.WriteString(", ")
			}
			writeShuffled(t, b, name)
			b.WriteString("\t:")
			writeShuffled(t, b, v[name])
		}
		b.WriteString(" }")
	case float64:
		fmt.Fprintf(b, "%.17e", v)
	default:
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(data)
	}
}

func TestTheSameValueWrittenOtherwiseIsEqual(t *testing.T) {
	c := compare.New(compare.Tolerance{})
	rapid.Check(t, func(t *rapid.T) {
		value := drawJSON(t, 3)
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var otherwise strings.Builder
		writeShuffled(t, &otherwise, value)
		got := c.Compare(answer("application/json", string(data)), answer("application/json", otherwise.String()))
		if got.Verdict != compare.Equal {
			t.Errorf("%s and %s: %+v, want Equal", data, otherwise.String(), got)
		}
	})
}

func TestAnotherValueIsDifferent(t *testing.T) {
	c := compare.New(compare.Tolerance{})
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawJSON(t, 2), drawJSON(t, 2)
		x, errA := json.Marshal(a)
		y, errB := json.Marshal(b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		want := compare.Different
		// Marshal sorts names and writes equal values alike.
		if string(x) == string(y) {
			want = compare.Equal
		}
		got := c.Compare(answer("application/json", string(x)), answer("application/json", string(y)))
		if got.Verdict != want {
			t.Errorf("%s and %s: %+v, want %s", x, y, got, want)
		}
	})
}

func drawBody(t *rapid.T, label string) []byte {
	return rapid.OneOf(
		rapid.SliceOfN(rapid.SampledFrom([]byte(`{}[],:"\ab01.-eE+Nn`+"\n\r ")), 0, 24),
		rapid.SliceOfN(rapid.Byte(), 0, 24),
		rapid.Map(rapid.SampledFrom([]string{`{"a":1}`, `{"a":1.0}`, `[1,2]`, "1,2\n", "1,\"2\"\n", "a b", "{\"a\":1}\n[2]\n"}), func(s string) []byte { return []byte(s) }),
	).Draw(t, label)
}

func TestCompareWithItselfIsEqual(t *testing.T) {
	c := compare.New(tolerance)
	rapid.Check(t, func(t *rapid.T) {
		a := answer(rapid.SampledFrom(contentTypes).Draw(t, "type"), string(drawBody(t, "body")))
		if got := c.Compare(a, a); got != equal {
			t.Errorf("%q with itself: %+v", a.Body, got)
		}
	})
}

// Both ways round the verdict is the same, but for an answer that cannot be
// decoded: it is Opaque in the reference and Different in the candidate.
func TestVerdictIsSymmetric(t *testing.T) {
	c := compare.New(tolerance)
	rapid.Check(t, func(t *rapid.T) {
		contentType := rapid.SampledFrom(contentTypes).Draw(t, "type")
		a, b := answer(contentType, string(drawBody(t, "a"))), answer(contentType, string(drawBody(t, "b")))
		ab, ba := c.Compare(a, b), c.Compare(b, a)
		if ab.Verdict == ba.Verdict || ab.Kind == compare.KindUndecodable || ba.Kind == compare.KindUndecodable {
			return
		}
		t.Errorf("%q and %q: %+v one way, %+v the other", a.Body, b.Body, ab, ba)
	})
}

func TestMoreToleranceNeverFindsMoreDifferences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-10, 10), 1, 5).Draw(t, "values")
		jittered := make([]float64, len(values))
		for i, v := range values {
			jittered[i] = v + rapid.Float64Range(-0.5, 0.5).Draw(t, "jitter")
		}
		x, errA := json.Marshal(values)
		y, errB := json.Marshal(jittered)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		less := compare.Tolerance{Relative: rapid.Float64Range(0, 0.5).Draw(t, "relative"), Absolute: rapid.Float64Range(0, 0.5).Draw(t, "absolute")}
		more := compare.Tolerance{Relative: less.Relative + rapid.Float64Range(0, 1).Draw(t, "more"), Absolute: less.Absolute + rapid.Float64Range(0, 1).Draw(t, "moreAbsolute")}
		before := compare.New(less).Compare(answer("application/json", string(x)), answer("application/json", string(y)))
		after := compare.New(more).Compare(answer("application/json", string(x)), answer("application/json", string(y)))
		if before.Verdict == compare.Equal && after.Verdict != compare.Equal {
			t.Errorf("%s and %s: Equal with %v, but %+v with %v", x, y, less, after, more)
		}
	})
}

func TestComparerIsSafeForConcurrentUse(t *testing.T) {
	c := compare.New(tolerance)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			a, b := fmt.Sprintf(`{"x":%d,"y":[1,2]}`, i), fmt.Sprintf(`{"y":[1,2.0],"x":%d.0}`, i)
			for range 200 {
				if got := c.Compare(answer("application/json", a), answer("application/json", b)); got != equal {
					t.Errorf("%s and %s: %+v", a, b, got)
					return
				}
			}
		})
	}
	group.Wait()
}

func FuzzCompare(f *testing.F) {
	for _, seed := range []struct{ a, b string }{
		{`{"a":[1,2.5,"x",null,true]}`, `{"a":[1.0,2.5,"\u0078",null,true]}`},
		{`{"b":1,"a":2}`, `{"a":2,"b":1}`}, {"1,2\n\"a,b\",3\n", "1,2\r\n\"a,b\",3.0\r\n"},
		{"{\"a\":1}\n{\"a\":2}", "{\"a\":1}\n"}, {"[0.1, nan]", "[0.1,NaN]"}, {`{`, `[[[[`},
	} {
		for i := range contentTypes {
			f.Add([]byte(seed.a), []byte(seed.b), uint8(i))
		}
	}
	c := compare.New(tolerance)
	f.Fuzz(func(t *testing.T, a, b []byte, contentType uint8) {
		kind := contentTypes[int(contentType)%len(contentTypes)]
		x := compare.Answer{Status: 200, ContentType: kind, Body: a}
		y := compare.Answer{Status: 200, ContentType: kind, Body: b}
		xy, yx := c.Compare(x, y), c.Compare(y, x)
		if got := c.Compare(x, x); got != equal {
			t.Fatalf("%q with itself: %+v", a, got)
		}
		if xy.Verdict != yx.Verdict && xy.Kind != compare.KindUndecodable && yx.Kind != compare.KindUndecodable {
			t.Fatalf("%q and %q: %+v one way, %+v the other", a, b, xy, yx)
		}
		if len(xy.Path) > compare.MaxPathLength || xy.RelativeError < 0 || xy.RelativeError > 2 {
			t.Fatalf("%q and %q: %+v is out of bounds", a, b, xy)
		}
		// What encoding/json takes for JSON must be decodable here, and the
		// other way round but for NaN, infinities and depth.
		if kind == "application/json" && json.Valid(a) && !json.Valid(b) && xy.Kind == compare.KindUndecodable && len(a) < 400 {
			t.Fatalf("%q is valid JSON and was called undecodable", a)
		}
	})
}
