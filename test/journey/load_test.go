package journey

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMeasureExit(t *testing.T) {
	start := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	sample := func(variant string, sentAfter, tookMilliseconds int, err error) Sample {
		sent := start.Add(time.Duration(sentAfter) * time.Millisecond)
		return Sample{Start: sent, End: sent.Add(time.Duration(tookMilliseconds) * time.Millisecond), Variant: variant, Err: err}
	}
	failure := errors.New("model error")
	cases := map[string]struct {
		samples []Sample
		want    Exit
	}{
		"never bad": {
			samples: []Sample{sample("new", 0, 10, nil), sample("new", 500, 10, nil)},
			want:    Exit{Served: 2},
		},
		"the clock starts when the first bad answer ends": {
			samples: []Sample{sample("new", 0, 100, failure), sample("new", 300, 10, nil), sample("old", 900, 10, nil)},
			want:    Exit{BadAnswers: 1, Served: 2, Took: 200 * time.Millisecond},
		},
		"requests sent before the first bad answer do not count": {
			samples: []Sample{sample("new", 0, 500, failure), sample("new", 100, 900, failure)},
			want:    Exit{BadAnswers: 2, Served: 2},
		},
		"other variants' failures do not count": {
			samples: []Sample{sample("old", 0, 10, failure), sample("new", 50, 10, nil)},
			want:    Exit{Served: 1},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := MeasureExit(c.samples, "new", func(s Sample) bool { return s.Err != nil })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryManifestRenders(t *testing.T) {
	config := Config{LandfallImage: "a", StandInImage: "b", ChurnImage: "c"}
	for name, text := range map[string]string{
		"namespaces": namespaceManifests(),
		"stand-in":   standInManifests(config, "accountID: '1'\nresources: {}\n"),
		"fleet":      fleetManifest(config),
	} {
		if text == "" {
			t.Errorf("%s renders to nothing", name)
		}
	}
}
