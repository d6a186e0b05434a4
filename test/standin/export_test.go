package standin

import "reflect"

// KindForTest shows tests outside the package a row of the table of kinds.
type KindForTest struct {
	Key, List, Member, Describe, Name, ARN string
	DeclaresNotFound                       bool
}

// KindsForTest gives all rows.
func KindsForTest() []KindForTest {
	out := make([]KindForTest, len(kinds))
	for i, k := range kinds {
		member, _ := k.lists[0].member()
		out[i] = KindForTest{
			Key: k.key, List: operation(k.lists[0].input), Member: member, Describe: operation(k.describe),
			Name: k.name, ARN: k.arn, DeclaresNotFound: k.declaresNotFound,
		}
	}
	return out
}

// DecodeForTest decodes a request of an operation of the control API.
func DecodeForTest(operation string, body []byte) (map[string]any, error) {
	input := controlOperations[operation].input
	if input == nil {
		input = reflect.TypeFor[struct{}]()
	}
	params, refusal := decodeJSON11(body, input)
	if refusal != nil {
		return nil, refusal
	}
	return params, nil
}

// PercentilesForTest reads one percentile.
func PercentilesForTest(l Percentiles, rank float64) float64 { return l.latency(rank) }
