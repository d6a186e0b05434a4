package traffic_test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/traffic"
)

var breakerConfig = traffic.BreakerConfig{
	Target: "cluster", Reference: "managed",
	MaxIncrease: 0.001, MaxRatio: 1.1, Tolerance: 5 * time.Millisecond,
}

// load drives a breaker with answers that arrive one after the other.
type load struct {
	breaker *traffic.Breaker
	random  *rand.Rand
	now     time.Time
	// answers and bad count the target's answers to callers.
	answers, bad int
	trip         *evidence.Trip
}

func newLoad(config traffic.BreakerConfig, seed uint64) *load {
	return &load{breaker: traffic.NewBreaker(config), random: rand.New(rand.NewPCG(seed, 1)), now: dawn}
}

// one lets one variant answer.
func (l *load) one(variant string, failed bool, latency time.Duration) {
	l.now = l.now.Add(10*time.Millisecond + latency)
	if variant == "cluster" && l.trip == nil {
		l.answers++
		if failed {
			l.bad++
		}
	}
	if trip := l.breaker.Observe(traffic.Answer{Variant: variant, Failed: failed, Latency: latency, Time: l.now}); trip != nil {
		l.trip = trip
	}
}

// around is a latency with the long tail that services have.
func (l *load) around(typical time.Duration) time.Duration {
	latency := time.Duration(float64(typical) * (0.8 + 0.2*l.random.ExpFloat64()))
	if l.random.Float64() < 0.002 {
		latency *= 5
	}
	return latency
}

// run gives so many requests of the target, with the reference's share beside.
func (l *load) run(requests int, targetShare, failRate, referenceFailRate float64, typical time.Duration) {
	for l.answers < requests && l.trip == nil {
		if l.random.Float64() < targetShare {
			l.one("cluster", l.random.Float64() < failRate, l.around(typical))
			continue
		}
		l.one("managed", l.random.Float64() < referenceFailRate, l.around(20*time.Millisecond))
	}
}

func TestBreakerTripsOnFailures(t *testing.T) {
	cases := map[string]struct {
		share, failRate, referenceFailRate float64
		maxBad                             int
	}{
		"always, at 1%":                 {0.01, 1, 0.0005, 6},
		"always, at 50%":                {0.5, 1, 0.0005, 7},
		"always, at 100%":               {1, 1, 0, 6},
		"every other":                   {0.5, 0.5, 0.0005, 9},
		"every fifth":                   {0.1, 0.2, 0.0005, 14},
		"every tenth":                   {0.1, 0.1, 0.0005, 25},
		"every other, bad reference":    {0.5, 0.5, 0.05, 30},
		"always, very bad reference":    {0.5, 1, 0.2, 40},
		"every tenth, no reference yet": {1, 0.1, 0, 25},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			total := 0
			const runs = 50
			for seed := range uint64(runs) {
				l := newLoad(breakerConfig, seed)
				if c.share < 1 {
					for range 100 {
						l.one("managed", l.random.Float64() < c.referenceFailRate, l.around(20*time.Millisecond))
					}
				}
				l.run(100_000, c.share, c.failRate, c.referenceFailRate, 20*time.Millisecond)
				if l.trip == nil || l.trip.Reason != "Errors" || l.trip.Variant != "cluster" {
					t.Fatalf("seed %d: trip is %+v after %d answers, want one for Errors", seed, l.trip, l.answers)
				}
				if l.bad > 4*c.maxBad {
					t.Errorf("seed %d: tripped after %d bad answers", seed, l.bad)
				}
				total += l.bad
			}
			if mean := float64(total) / runs; mean > float64(c.maxBad) {
				t.Errorf("tripped after %.1f bad answers on average, want at most %d", mean, c.maxBad)
			}
		})
	}
}

// The promise of the rule: a target no worse than is acceptable is tripped with
// a probability of at most 1e-7 an answer, so 4 million answers trip at most
// 0.4 times on average. The seeds are fixed: none does.
func TestBreakerSparesGoodTargets(t *testing.T) {
	cases := map[string]struct{ share, failRate, referenceFailRate float64 }{
		"never fails":                  {0.5, 0, 0},
		"one in a thousand":            {0.5, 0.001, 0.001},
		"as much as is acceptable":     {0.5, 0.005, 0},
		"as bad as a bad reference":    {0.5, 0.03, 0.03},
		"without a reference, at 100%": {1, 0.004, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(20) {
				l := newLoad(breakerConfig, seed)
				for range 5000 {
					l.one("managed", l.random.Float64() < c.referenceFailRate, l.around(20*time.Millisecond))
				}
				if c.share == 1 {
					l = newLoad(breakerConfig, seed) // one that knows nothing of the reference
				}
				l.run(20_000, c.share, c.failRate, c.referenceFailRate, 20*time.Millisecond)
				if l.trip != nil {
					t.Fatalf("seed %d: tripped after %d answers, %d of them failed: %s", seed, l.answers, l.bad, l.trip.Message)
				}
			}
		})
	}
}

func TestBreakerTripsOnSlowness(t *testing.T) {
	for seed := range uint64(20) {
		l := newLoad(breakerConfig, seed)
		l.run(200, 0.1, 0, 0, 20*time.Millisecond)
		if l.trip != nil {
			t.Fatalf("seed %d: tripped before it was slow: %s", seed, l.trip.Message)
		}
		before := l.answers
		l.run(1000, 0.1, 0, 0, 400*time.Millisecond)
		if l.trip == nil || l.trip.Reason != "Latency" || l.answers-before > 12 {
			t.Fatalf("seed %d: %+v after %d slow answers, want a trip for Latency within 12", seed, l.trip, l.answers-before)
		}
	}
}

// At 100 % the reference answers nothing: what it did before counts.
func TestBreakerKnowsTheReferenceFromBefore(t *testing.T) {
	config := breakerConfig
	config.ReferenceRequests, config.ReferenceErrors, config.ReferenceLatency = 500, 50, 20*time.Millisecond
	l := newLoad(config, 1)
	l.run(2000, 1, 0.08, 0, 10*time.Millisecond)
	if l.trip != nil {
		t.Fatalf("tripped at 8 %% failures against 10 %% before: %s", l.trip.Message)
	}
	l.run(4000, 1, 0, 0, 300*time.Millisecond)
	if l.trip == nil || l.trip.Reason != "Latency" {
		t.Fatalf("trip is %+v, want one for Latency", l.trip)
	}
	if strings.Contains(l.trip.Message, "\n") || !strings.Contains(l.trip.Message, "20 ms") {
		t.Errorf("message is %q, want one line with the reference's 20 ms", l.trip.Message)
	}
}

// One stall delays everything in flight at once; that is one event, not forty.
func TestBreakerSparesAStall(t *testing.T) {
	l := newLoad(breakerConfig, 3)
	l.run(500, 0.5, 0, 0, 20*time.Millisecond)
	for stall := range 3 {
		for i := range 40 {
			begun := l.now.Add(time.Duration(i) * time.Millisecond)
			l.breaker.Observe(traffic.Answer{Variant: "cluster", Latency: 500*time.Millisecond - time.Duration(i)*time.Millisecond, Time: begun.Add(500*time.Millisecond - time.Duration(i)*time.Millisecond)})
		}
		l.now = l.now.Add(time.Second)
		l.run(l.answers+300, 0.5, 0, 0, 20*time.Millisecond)
		if trip := l.breaker.Trip(); trip != nil {
			t.Fatalf("stall %d tripped: %s", stall, trip.Message)
		}
	}
}

// Slow requests in great number at once trip as soon as the slowness outlasts
// the first of them.
func TestBreakerTripsOnConcurrentSlowness(t *testing.T) {
	l := newLoad(breakerConfig, 4)
	l.run(200, 0.5, 0, 0, 20*time.Millisecond)
	start := l.now
	const latency = 400 * time.Millisecond
	for i := range 200 {
		ended := start.Add(latency + time.Duration(i)*10*time.Millisecond)
		if trip := l.breaker.Observe(traffic.Answer{Variant: "cluster", Latency: latency, Time: ended}); trip != nil {
			if took := trip.Time.Sub(trip.FirstBadTime); took < latency || took > 600*time.Millisecond {
				t.Errorf("tripped %s after the first slow answer, want between 400 ms and 600 ms", took)
			}
			return
		}
	}
	t.Fatal("did not trip")
}

func TestBreakerIgnores(t *testing.T) {
	b := traffic.NewBreaker(breakerConfig)
	for i := range 100 {
		at := dawn.Add(time.Duration(i) * time.Second)
		for _, a := range []traffic.Answer{
			{Variant: "cluster", Mirror: true, Failed: true, Time: at},
			{Variant: "other", Failed: true, Time: at},
			{Variant: "managed", Failed: true, Time: at},
			// Without a baseline, nothing is slow.
			{Variant: "cluster", Latency: time.Hour, Time: at},
		} {
			if trip := b.Observe(a); trip != nil {
				t.Fatalf("%+v tripped: %s", a, trip.Message)
			}
		}
	}
}

func TestBreakerTripsOnce(t *testing.T) {
	b := traffic.NewBreaker(breakerConfig)
	trips := 0
	for i := range 50 {
		if b.Observe(traffic.Answer{Variant: "cluster", Failed: true, Time: dawn.Add(time.Duration(i) * time.Second)}) != nil {
			trips++
		}
	}
	want := &evidence.Trip{
		Variant: "cluster", Reason: "Errors",
		Message:      "cluster was taken out 5000 ms after the first bad answer: it failed 6 of 6 (100%) since then",
		FirstBadTime: dawn, Time: dawn.Add(5 * time.Second),
	}
	if diff := cmp.Diff(want, b.Trip()); diff != "" || trips != 1 {
		t.Errorf("%d trips, want 1; (-want +got):\n%s", trips, diff)
	}
}

func TestBreakerIsSafeForConcurrentUse(t *testing.T) {
	b := traffic.NewBreaker(breakerConfig)
	var group sync.WaitGroup
	var mu sync.Mutex
	trips := 0
	for range 8 {
		group.Go(func() {
			for i := range 200 {
				b.Observe(traffic.Answer{Variant: "managed", Latency: time.Millisecond, Time: dawn})
				if b.Observe(traffic.Answer{Variant: "cluster", Failed: true, Time: dawn.Add(time.Duration(i))}) != nil {
					mu.Lock()
					trips++
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	if trips != 1 {
		t.Errorf("%d goroutines were told of the trip, want 1", trips)
	}
}

func TestNewBreakerConfig(t *testing.T) {
	spec := &v1alpha1.EndpointSpec{}
	spec.Rollout.Gates.Errors.MaxIncreasePercent = v1alpha1.PercentFromString("0.5")
	status := &v1alpha1.EndpointStatus{Rollout: &v1alpha1.RolloutStatus{
		From: "managed", To: "cluster", Stage: v1alpha1.StageShifting,
		Earlier: &v1alpha1.EarlierFigures{ReferenceRequests: 500, ReferenceErrors: 2, ReferenceLatencyMicroseconds: 1500},
	}}
	got, ok := traffic.NewBreakerConfig(spec, status)
	want := traffic.BreakerConfig{
		Target: "cluster", Reference: "managed", MaxIncrease: 0.005, MaxRatio: 1.1, Tolerance: 5 * time.Millisecond,
		ReferenceRequests: 500, ReferenceErrors: 2, ReferenceLatency: 1500 * time.Microsecond,
	}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("NewBreakerConfig: %v (-want +got):\n%s", ok, diff)
	}
	if _, ok := traffic.NewBreakerConfig(spec, &v1alpha1.EndpointStatus{}); ok {
		t.Error("without a rollout there is nothing to watch")
	}
	status.Rollout.Stage = v1alpha1.StagePromoted
	if _, ok := traffic.NewBreakerConfig(spec, status); ok {
		t.Error("after the rollout there is nothing to watch")
	}
}

func BenchmarkObserve(b *testing.B) {
	breaker := traffic.NewBreaker(breakerConfig)
	b.ReportAllocs()
	for i := range b.N {
		name := "managed"
		if i%10 == 0 {
			name = "cluster"
		}
		breaker.Observe(traffic.Answer{Variant: name, Latency: time.Duration(10+i%7) * time.Millisecond, Time: dawn.Add(time.Duration(i) * time.Millisecond)})
	}
}
