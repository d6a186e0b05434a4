package standin_test

import (
	"encoding/json"
	"strings"
	"testing"

	"landfall.dev/landfall/test/standin"
)

func TestDecodeJSON11(t *testing.T) {
	cases := map[string]struct{ body, want string }{
		"Empty":        {"", ""},
		"Null":         {`{"NameContains": null}`, ""},
		"Good":         {`{"MaxResults": 5, "StatusEquals": "InService", "CreationTimeAfter": 1.7e9}`, ""},
		"NotJSON":      {`{`, "SerializationException"},
		"NotAnObject":  {`[]`, "SerializationException"},
		"Two":          {`{} {}`, "SerializationException"},
		"UnknownField": {`{"NameContain": "x"}`, "nameContain"},
		"WrongType":    {`{"MaxResults": "5"}`, "maxResults"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := standin.DecodeForTest("ListEndpoints", []byte(tc.body))
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Fatalf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func FuzzDecodeJSON11(f *testing.F) {
	for _, seed := range []string{`{}`, `{"MaxResults":1}`, `{"EndpointName":"a","DesiredWeightsAndCapacities":[{"VariantName":"v","DesiredWeight":1e400}]}`, `[[[`} {
		f.Add("UpdateEndpointWeightsAndCapacities", seed)
		f.Add("ListEndpoints", seed)
	}
	f.Fuzz(func(t *testing.T, operation, body string) {
		params, err := standin.DecodeForTest(operation, []byte(body))
		if err != nil {
			return
		}
		text, err := json.Marshal(params)
		if err != nil {
			t.Fatalf("an accepted request cannot be written: %v", err)
		}
		if _, err := standin.DecodeForTest(operation, text); err != nil {
			t.Fatalf("an accepted request is refused when repeated: %v\n%s", err, text)
		}
	})
}
