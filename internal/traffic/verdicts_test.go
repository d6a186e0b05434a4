package traffic

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Worked out in another language with a search over a grid.
func TestExcess(t *testing.T) {
	cases := map[string]struct {
		x, n, xr, nr int64
		margin, want float64
	}{
		"not above":                 {1, 100, 2, 100, 0, 0},
		"within the margin":         {3, 1000, 2, 1000, 0.001, 0},
		"nothing seen":              {0, 0, 0, 100, 0, 0},
		"no reference":              {50, 100, 0, 0, 0, 0},
		"margin of all":             {100, 100, 0, 100, 1, 0},
		"5 of 50 against none":      {5, 50, 0, 50, 0, 2.684},
		"10 of 100 against none":    {10, 100, 0, 100, 0, 3.793},
		"17 of 100 against 1":       {17, 100, 1, 100, 0, 4.317},
		"all against none":          {100, 100, 0, 100, 0, 16.651},
		"10 of 100, 5 points given": {10, 100, 0, 100, 0.05, 2.031},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := excess(c.x, c.n, c.xr, c.nr, c.margin); math.Abs(got-c.want) > 0.002 {
				t.Errorf("excess(%d of %d, %d of %d, %v) = %.4f, want %.3f", c.x, c.n, c.xr, c.nr, c.margin, got, c.want)
			}
		})
	}
}

func TestExcessBehaves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, nr := rapid.Int64Range(1, 1e6).Draw(t, "n"), rapid.Int64Range(1, 1e6).Draw(t, "nr")
		x, xr := rapid.Int64Range(0, n).Draw(t, "x"), rapid.Int64Range(0, nr).Draw(t, "xr")
		margin := rapid.Float64Range(0, 1).Draw(t, "margin")
		got := excess(x, n, xr, nr, margin)
		if math.IsNaN(got) || got < 0 {
			t.Fatalf("excess = %v, want 0 or more", got)
		}
		if x < n {
			if more := excess(x+1, n, xr, nr, margin); more < got-1e-6 {
				t.Errorf("one more failure lowers the excess from %v to %v", got, more)
			}
		}
		if wider := excess(x, n, xr, nr, min(1, margin+0.01)); wider > got+1e-6 {
			t.Errorf("a wider margin raises the excess from %v to %v", got, wider)
		}
		if given := excessOver(x, n, share(xr, nr)); margin == 0 && got > given+1e-6 {
			t.Errorf("the excess over a measured share is %v, more than %v over the same share given", got, given)
		}
	})
}

// Two variants that fail alike are looked at once for each hundred answers: the
// share of looks that would call it a regression is that of 4 deviations.
func TestExcessHasFewFalseAlarms(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	alarms, looks := 0, 0
	for range 400 {
		var x, n, xr, nr int64
		for range 50 {
			for range 100 {
				n, nr = n+1, nr+1
				if random.Float64() < 0.02 {
					x++
				}
				if random.Float64() < 0.02 {
					xr++
				}
			}
			looks++
			if x >= minBad && excess(x, n, xr, nr, 0) >= clearlyAbove {
				alarms++
			}
		}
	}
	if alarms > 2 {
		t.Errorf("%d false alarms in %d looks, want at most 2", alarms, looks)
	}
}

func TestWordsOfFigures(t *testing.T) {
	cases := map[string]string{
		"12 of 3400 (0.35%)":        countOf(12, 3400),
		"0 of 0":                    countOf(0, 0),
		"99999 of 100000 (>99.99%)": countOf(99999, 100000),
		"1 of 100000 (<0.01%)":      countOf(1, 100000),
		"100 of 100 (100%)":         countOf(100, 100),
		"0.42 ms":                   milliseconds(420 * time.Microsecond),
		"9.9 ms":                    milliseconds(9900 * time.Microsecond),
		"31 ms":                     milliseconds(31 * time.Millisecond),
		"2350 ms":                   milliseconds(2350 * time.Millisecond),
		"0 ms":                      milliseconds(0),
		"258%":                      ratio(31*time.Millisecond, 12*time.Millisecond),
		"no ratio":                  ratio(time.Second, 0),
		"0.1 percentage points":     points(0.001),
	}
	for want, got := range cases {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSettingsDefaults(t *testing.T) {
	if got := len(defaultSteps()); got != 4 {
		t.Fatalf("%d default steps, want 4", got)
	}
	s := settings{steps: defaultSteps()}
	for weight, want := range map[int32]int{0: 0, 99: 0, 100: 1, 999: 1, 1000: 2, 5000: 3, 10000: 4} {
		if got := s.stepsReached(weight); got != want {
			t.Errorf("stepsReached(%d) = %d, want %d", weight, got, want)
		}
	}
}
