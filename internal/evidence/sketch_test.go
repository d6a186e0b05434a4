package evidence_test

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/DataDog/sketches-go/ddsketch"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/evidence"
)

func sketchOf(seconds ...float64) evidence.Sketch {
	var s evidence.Sketch
	for _, v := range seconds {
		s.Add(v)
	}
	return s
}

func TestSketchQuantilesAreAccurate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(evidence.MinSeconds, evidence.MaxSeconds), 1, 300).Draw(t, "values")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		got, ok := sketchOf(values...).Quantile(q)
		if !ok {
			t.Fatalf("Quantile(%v) of %d values: no answer", q, len(values))
		}
		slices.Sort(values)
		rank := q * float64(len(values)-1)
		low, high := values[int(math.Floor(rank))], values[int(math.Ceil(rank))]
		if got < low*(1-1.001*evidence.RelativeAccuracy) || got > high*(1+1.001*evidence.RelativeAccuracy) {
			t.Errorf("Quantile(%v) = %v, want within 1 %% of %v to %v", q, got, low, high)
		}
	})
}

func TestSketchMergeIsTheSketchOfBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Float64Range(0, 100))
		a, b := values.Draw(t, "a"), values.Draw(t, "b")
		ab, ba := sketchOf(a...), sketchOf(b...)
		ab.Merge(sketchOf(b...))
		ba.Merge(sketchOf(a...))
		both := sketchOf(slices.Concat(a, b)...)
		if !ab.Equal(ba) || !ab.Equal(both) {
			t.Errorf("a+b, b+a and the sketch of both differ: counts %d, %d, %d", ab.Count(), ba.Count(), both.Count())
		}
	})
}

func TestSketchSurvivesJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := sketchOf(rapid.SliceOf(rapid.Float64()).Draw(t, "values")...)
		data, err := json.Marshal(before)
		if err != nil {
			t.Fatal(err)
		}
		var after evidence.Sketch
		if err := json.Unmarshal(data, &after); err != nil {
			t.Fatal(err)
		}
		if !before.Equal(after) || before.Count() != after.Count() {
			t.Errorf("sketch changed on its way through JSON: %d durations before, %d after", before.Count(), after.Count())
		}
	})
}

func TestSketchZeroValue(t *testing.T) {
	var s evidence.Sketch
	if _, ok := s.Quantile(0.5); ok {
		t.Error("an empty sketch gave a quantile")
	}
	s.Merge(evidence.Sketch{})
	if got := s.Count(); got != 0 {
		t.Errorf("Count = %d, want 0", got)
	}
	if data, err := json.Marshal(s); err != nil || string(data) != `""` {
		t.Errorf("JSON of an empty sketch is %s, %v; want \"\"", data, err)
	}
}

func TestSketchTakesAnyFloat(t *testing.T) {
	s := sketchOf(math.NaN(), math.Inf(1), math.Inf(-1), -1, 0, 1e300)
	if got := s.Count(); got != 5 {
		t.Errorf("Count = %d, want 5: all but NaN", got)
	}
	if got, _ := s.Quantile(1); math.Abs(got-evidence.MaxSeconds) > evidence.RelativeAccuracy*evidence.MaxSeconds {
		t.Errorf("the largest is %v s, want %v s", got, float64(evidence.MaxSeconds))
	}
}

func TestSketchCloneSharesNothing(t *testing.T) {
	original := sketchOf(1)
	clone := original.Clone()
	original.Add(2)
	if got := clone.Count(); got != 1 {
		t.Errorf("Count of the clone = %d, want 1", got)
	}
}

func TestSketchCountAbove(t *testing.T) {
	s := sketchOf(0.010, 0.020, 0.030, 0.040)
	for seconds, want := range map[float64]int64{0: 4, 0.015: 3, 0.035: 1, 1: 0} {
		if got := s.CountAbove(seconds); got != want {
			t.Errorf("CountAbove(%v) = %d, want %d", seconds, got, want)
		}
	}
	if got := (evidence.Sketch{}).CountAbove(0); got != 0 {
		t.Errorf("CountAbove of an empty sketch = %d, want 0", got)
	}
}

func encoded(t testing.TB, change func(*ddsketch.DDSketch)) string {
	t.Helper()
	bins, err := ddsketch.LogUnboundedDenseDDSketch(evidence.RelativeAccuracy)
	if err != nil {
		t.Fatal(err)
	}
	change(bins)
	data, err := proto.Marshal(bins.ToProto())
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(data)
}

func TestSketchRefuses(t *testing.T) {
	coarse, err := ddsketch.LogUnboundedDenseDDSketch(0.05)
	if err != nil {
		t.Fatal(err)
	}
	coarseData, err := proto.Marshal(coarse.ToProto())
	if err != nil {
		t.Fatal(err)
	}
	type bins = ddsketch.DDSketch
	cases := map[string]struct{ text, want string }{
		"not base64":        {"!", "base64"},
		"not protobuf":      {base64.StdEncoding.EncodeToString([]byte{0xff}), "protobuf"},
		"another accuracy":  {base64.StdEncoding.EncodeToString(coarseData), "mapping"},
		"negative duration": {encoded(t, func(b *bins) { _ = b.Add(-1) }), "zero or less"},
		"zero duration":     {encoded(t, func(b *bins) { _ = b.Add(0) }), "zero or less"},
		"half a duration":   {encoded(t, func(b *bins) { _ = b.AddWithCount(1, 0.5) }), "whole number"},
		"too many":          {encoded(t, func(b *bins) { _ = b.AddWithCount(1, 1e300) }), "whole number"},
		"outside the range": {encoded(t, func(b *bins) { _ = b.Add(1e9) }), "outside"},
		"too large":         {strings.Repeat("A", 1<<20), "too large"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := sketchOf(1)
			err := json.Unmarshal([]byte(`"`+c.text+`"`), &s)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one about %q", err, c.want)
			}
			if s.Count() != 1 {
				t.Errorf("a refused sketch changed the one it was read into")
			}
		})
	}
}

func BenchmarkSketchAdd(b *testing.B) {
	var s evidence.Sketch
	b.ReportAllocs()
	for i := range b.N {
		s.Add(float64(i%1000) * 1e-4)
	}
}
