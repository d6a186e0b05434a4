package answer

import (
	"encoding/json"
	"strings"
	"testing"
)

// A definition with a secret once kept the objects and lists that were masked
// behind the masked ones, so that it was no JSON and held the secret.
func TestMaskJSONWritesEverythingOnce(t *testing.T) {
	const secret = "AKIAIOSFODNN7EXAMPLE"
	masked, did := maskJSON(`{"Version":"1","Metadata":{},"Steps":[{"Environment":{"AWS_SECRET_ACCESS_KEY":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY","KEY_ID":"` + secret + `"},"List":[[],[1]]}]}`)
	if !did || !json.Valid([]byte(masked)) || strings.Contains(masked, "wJalrXUtnFEMI") || strings.Contains(masked, secret) {
		t.Errorf("masked %t: %s", did, masked)
	}
	if !strings.Contains(masked, `"Metadata":{},"Steps":[{"Environment":{`) || !strings.HasSuffix(masked, `},"List":[[],[1]]}]}`) {
		t.Errorf("the definition became %s", masked)
	}
}
