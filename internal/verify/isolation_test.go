package verify

import "testing"

func TestIsolate(t *testing.T) {
	all, outside := Places, []Place{PlaceAPIServer, PlaceNameServer}
	for name, c := range map[string]struct {
		before, after []Place
		answers       bool
		want          Enforcement
	}{
		"closed":                        {outside, nil, true, Enforced},
		"closed, and nothing was open":  {nil, nil, true, Enforced}, // the model's port is: probes reach it
		"nothing was open":              {nil, nil, false, Unknown},
		"stays open":                    {all, all, true, NotEnforced},
		"the node's own address stays":  {outside, []Place{PlaceAPIServer}, true, PartlyEnforced},
		"only the model stays open":     {append([]Place{PlaceModel}, outside...), []Place{PlaceModel}, true, PartlyEnforced},
		"opens later":                   {nil, []Place{PlaceMetadata}, false, NotEnforced},
		"only egress heeded, no probes": {outside, nil, false, Enforced},
	} {
		got := Isolate(Reach{Tried: all, Reached: c.before}, Reach{Tried: all, Reached: c.after, Seconds: 12}, c.answers)
		if got.Enforcement != c.want || got.AfterSeconds != 12 {
			t.Errorf("%s: %+v; want %s", name, got, c.want)
		}
	}
}
