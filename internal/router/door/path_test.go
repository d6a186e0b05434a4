package door

import (
	"net/http"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/router/exchange"
)

func TestParsePath(t *testing.T) {
	cases := map[string]struct {
		reason, path string
		want         target
		ok           bool
	}{
		"Plain":          {"The path of SageMaker's clients.", "/endpoints/Churn-1/invocations", target{"", "Churn-1"}, true},
		"Namespace":      {"The path of status.path.", "/ns/shop/endpoints/churn/invocations", target{"shop", "churn"}, true},
		"Escaped":        {"Names may be percent-encoded.", "/endpoints/ch%75rn/invocations", target{"", "churn"}, true},
		"EscapedSlash":   {"An encoded slash stays within its segment.", "/endpoints/a%2Fb/invocations", target{"", "a/b"}, true},
		"BadEscape":      {"Broken encoding is no path.", "/endpoints/a%zz/invocations", target{}, false},
		"NoName":         {"The name must not be empty.", "/endpoints//invocations", target{}, false},
		"NoNamespace":    {"The namespace must not be empty.", "/ns//endpoints/a/invocations", target{}, false},
		"OtherOperation": {"Other operations are other doors.", "/endpoints/a/async-invocations", target{}, false},
		"Longer":         {"Paths match to their end.", "/endpoints/a/invocations/b", target{}, false},
		"Empty":          {"An empty path is none.", "", target{}, false},
		"DoubleSlash":    {"A double slash is not a slash.", "//endpoints/a/invocations", target{}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got, ok := parsePath(tc.path); got != tc.want || ok != tc.ok {
				t.Errorf("%s\nparsePath(%q) = %+v, %t; want %+v, %t", tc.reason, tc.path, got, ok, tc.want, tc.ok)
			}
		})
	}
}

func TestCheckNames(t *testing.T) {
	cases := map[string]struct {
		where target
		ok    bool
	}{
		"Good":           {target{"shop-1", "Churn-1"}, true},
		"LongestName":    {target{"", strings.Repeat("a", 63)}, true},
		"TooLong":        {target{"", strings.Repeat("a", 64)}, false},
		"LeadingHyphen":  {target{"", "-a"}, false},
		"TrailingHyphen": {target{"", "a-"}, false},
		"Underscore":     {target{"", "a_b"}, false},
		"Dots":           {target{"", ".."}, false},
		"UpperNamespace": {target{"Shop", "a"}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if fault := tc.where.check(); (fault == nil) != tc.ok {
				t.Errorf("check(%+v) = %+v; want accepted %t", tc.where, fault, tc.ok)
			}
		})
	}
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{
		"/endpoints/a/invocations", "/ns/n/endpoints/a/invocations", "/ns/%2e%2e/endpoints/%00/invocations", "/ns/", "%",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		where, ok := parsePath(path)
		if !ok {
			if where != (target{}) {
				t.Errorf("parsePath(%q) refuses and still says %+v", path, where)
			}
			return
		}
		if where.endpoint == "" {
			t.Errorf("parsePath(%q) accepts an empty name", path)
		}
		if where.check() != nil {
			return
		}
		canonical := "/endpoints/" + where.endpoint + "/invocations"
		if where.namespace != "" {
			canonical = "/ns/" + where.namespace + canonical
		}
		if again, ok := parsePath(canonical); !ok || again != where {
			t.Errorf("parsePath(%q) = %+v, but its canonical form %q reads as %+v", path, where, canonical, again)
		}
	})
}

func FuzzReadHeader(f *testing.F) {
	f.Add("X-Amzn-SageMaker-Custom-Attributes", "a=b")
	f.Add("X-Amzn-SageMaker-Session-Id", "NEW_SESSION")
	f.Add("Content-Type", "\x00")
	f.Add("Accept", strings.Repeat("a", 1025))
	f.Fuzz(func(t *testing.T, name, value string) {
		h := http.Header{}
		h.Set(name, value)
		var fields exchange.Header
		fault := readHeader(h, &fields)
		for field := range exchange.FieldCount {
			if fields[field] == "" {
				continue
			}
			if field.Check(fields[field]) != nil || fault != nil {
				t.Errorf("header %q: %q was taken though it is refused", name, value)
			}
			if strings.ContainsAny(fields[field], "\r\n\x00") {
				t.Errorf("header %q passes control characters: %q", name, fields[field])
			}
		}
	})
}

func TestHeaderTwice(t *testing.T) {
	var fields exchange.Header
	fault := readHeader(http.Header{"Accept": {"a", "b"}}, &fields)
	if fault == nil || fault.Type != exchange.ValidationError || !strings.Contains(fault.Message, "appears 2 times") {
		t.Errorf("a header given twice is answered %+v; want a ValidationError", fault)
	}
}
