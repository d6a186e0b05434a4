package traffic_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/traffic"
)

func share(name string, weight, mirror int32) v1alpha1.VariantTraffic {
	return v1alpha1.VariantTraffic{Name: name, WeightBasisPoints: weight, MirrorBasisPoints: mirror}
}

// drawTraffic draws weights of up to five variants that add up.
func drawTraffic(t *rapid.T) []v1alpha1.VariantTraffic {
	cuts := rapid.SliceOfN(rapid.Int32Range(0, traffic.Cycle), 0, 4).Draw(t, "cuts")
	slices.Sort(cuts)
	var shares []v1alpha1.VariantTraffic
	var before int32
	for i, cut := range append(cuts, traffic.Cycle) {
		shares = append(shares, share(string(rune('a'+i)), cut-before, rapid.Int32Range(0, traffic.Cycle).Draw(t, "mirror")))
		before = cut
	}
	return shares
}

func TestSplitIsExactOverACycle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shares := drawTraffic(t)
		split, err := traffic.NewSplit(shares)
		if err != nil {
			t.Fatal(err)
		}
		// A count that wraps within the cycle is not exact, nor ever reached.
		start := rapid.Uint64Max(math.MaxUint64-traffic.Cycle).Draw(t, "start")
		picked, mirrored := map[string]int32{}, map[string]int32{}
		var names []string
		for n := range uint64(traffic.Cycle) {
			name, ok := split.Pick(traffic.Draw(start + n))
			if !ok {
				t.Fatalf("draw %d picked nothing", traffic.Draw(start+n))
			}
			picked[name]++
			names = split.Mirrors(names[:0], "a", traffic.Draw(start+n))
			for _, name := range names {
				mirrored[name]++
			}
		}
		for _, s := range shares {
			if picked[s.Name] != s.WeightBasisPoints {
				t.Errorf("%s was picked %d times in a cycle, want %d", s.Name, picked[s.Name], s.WeightBasisPoints)
			}
			if s.Name != "a" && mirrored[s.Name] != s.MirrorBasisPoints {
				t.Errorf("%s got %d copies in a cycle, want %d", s.Name, mirrored[s.Name], s.MirrorBasisPoints)
			}
		}
		if mirrored["a"] != 0 {
			t.Error("a got a copy of a request that it answered")
		}
	})
}

// A small share must come at even distances, so that a target at 1 % is judged
// on all of the time and not on a burst.
func TestSmallSharesAreSpread(t *testing.T) {
	split, err := traffic.NewSplit([]v1alpha1.VariantTraffic{share("managed", 9900, 0), share("cluster", 100, 0)})
	if err != nil {
		t.Fatal(err)
	}
	last, longest := 0, 0
	for n := range 3 * traffic.Cycle {
		if name, _ := split.Pick(traffic.Draw(uint64(n))); name == "cluster" {
			longest, last = max(longest, n-last), n
		}
	}
	if longest > 250 {
		t.Errorf("at 1 %% the longest gap is %d requests, want at most 250", longest)
	}
}

func TestNewSplitRefuses(t *testing.T) {
	cases := map[string]struct {
		shares []v1alpha1.VariantTraffic
		want   string
	}{
		"too little":  {[]v1alpha1.VariantTraffic{share("a", 9999, 0)}, "add up to 9999"},
		"too much":    {[]v1alpha1.VariantTraffic{share("a", 1<<30, 0), share("b", 1<<30, 0), share("c", 1<<30, 0)}, "add up to"},
		"negative":    {[]v1alpha1.VariantTraffic{share("a", -1, 0), share("b", 10001, 0)}, "-1"},
		"mirror":      {[]v1alpha1.VariantTraffic{share("a", 10000, 10001)}, "10001"},
		"name twice":  {[]v1alpha1.VariantTraffic{share("a", 5000, 0), share("a", 5000, 0)}, "twice"},
		"mirror only": {[]v1alpha1.VariantTraffic{share("a", 0, 100)}, "add up to 0"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := traffic.NewSplit(c.shares); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one about %q", err, c.want)
			}
		})
	}
}

func TestSplitOutOfRange(t *testing.T) {
	empty, err := traffic.NewSplit(nil)
	if err != nil {
		t.Fatal(err)
	}
	if name, ok := empty.Pick(0); ok {
		t.Errorf("an empty split picked %q", name)
	}
	split, err := traffic.NewSplit([]v1alpha1.VariantTraffic{share("a", 10000, 10000)})
	if err != nil {
		t.Fatal(err)
	}
	for _, draw := range []int{-1, traffic.Cycle} {
		if name, ok := split.Pick(draw); ok {
			t.Errorf("draw %d picked %q", draw, name)
		}
		if got := split.Mirrors(nil, "b", draw); len(got) != 0 {
			t.Errorf("draw %d sent copies to %v", draw, got)
		}
	}
}

func TestWords(t *testing.T) {
	cases := map[string][]v1alpha1.VariantTraffic{
		"":                                    nil,
		"managed 100%":                        {share("managed", 10000, 0)},
		"managed 90%, cluster 10%":            {share("managed", 9000, 0), share("cluster", 1000, 0)},
		"managed 99.99%, cluster 0.01%":       {share("managed", 9999, 0), share("cluster", 1, 0)},
		"managed 100%, cluster copies of 50%": {share("managed", 10000, 0), share("cluster", 0, 5000)},
		"managed 90%, cluster 10% and copies of 0.5%": {share("managed", 9000, 0), share("cluster", 1000, 50)},
		"managed 0%, cluster 100%":                    {share("managed", 0, 0), share("cluster", 10000, 0)},
	}
	got := map[string][]v1alpha1.VariantTraffic{}
	for _, shares := range cases {
		got[traffic.Words(shares)] = shares
	}
	if diff := cmp.Diff(cases, got); diff != "" {
		t.Errorf("Words (-want +got):\n%s", diff)
	}
}

func BenchmarkPick(b *testing.B) {
	split, err := traffic.NewSplit([]v1alpha1.VariantTraffic{share("managed", 9900, 0), share("cluster", 100, 10000)})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	names := make([]string, 0, 2)
	for n := range b.N {
		name, _ := split.Pick(traffic.Draw(uint64(n)))
		names = split.Mirrors(names[:0], name, traffic.Draw(uint64(n)))
	}
}
