package model

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	"pgregory.net/rapid"
)

func TestSize(t *testing.T) {
	cases := map[int64]string{
		1: "1", 999: "999", 10 << 10: "10Ki", 12 << 20: "12Mi", 9 << 20: "9216Ki", 700 << 30: "700Gi", 3 << 50: "3072Ti",
	}
	for bytes, want := range cases {
		if got := size(bytes); got != want {
			t.Errorf("size(%d) = %q, want %q", bytes, got, want)
		}
	}
}

// A size for people is off by half a unit at most, in each of its roundings.
func TestSizeIsNearlyRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.Int64Range(0, 1<<50).Draw(t, "bytes")
		quantity, err := resource.ParseQuantity(size(bytes))
		if err != nil {
			t.Fatal(err)
		}
		got := quantity.Value()
		if difference := max(got, bytes) - min(got, bytes); difference > bytes/10 {
			t.Fatalf("%d bytes are shown as %s, %d off", bytes, quantity.String(), difference)
		}
	})
}
