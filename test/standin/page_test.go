package standin

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestPagesCoverEverything: at any page size, and with empty pages anywhere, the
// pages hold every item once and in order.
func TestPagesCoverEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.Int(), 0, 30).Draw(t, "items")
		size := rapid.IntRange(1, 12).Draw(t, "size")
		p := pager{size: size, empty: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) EmptyPages {
			return EmptyPages{Before: rapid.IntRange(0, 6).Draw(t, "before"), Count: rapid.IntRange(0, 3).Draw(t, "count")}
		}), 0, 4).Draw(t, "empty")}
		params := map[string]any{"NameContains": "x"}
		got := []int{}
		for range len(items) + 16 {
			part, next, refusal := page(items, params, "ListThings", p)
			if refusal != nil {
				t.Fatal(refusal)
			}
			if len(part) > size {
				t.Fatalf("a page of %d, asked for %d", len(part), size)
			}
			got = append(got, part...)
			if next == "" {
				if diff := cmp.Diff(append([]int{}, items...), got); diff != "" {
					t.Fatal(diff)
				}
				return
			}
			params["NextToken"] = next
		}
		t.Fatal("paging does not end")
	})
}

// TestTokensExpire: a token is good for its life and no longer, and a knob
// refuses a number of them whatever their age.
func TestTokensExpire(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := pager{size: 1, life: time.Minute, now: start}
	_, next, refusal := page([]int{1, 2}, map[string]any{}, "ListThings", p)
	if refusal != nil {
		t.Fatal(refusal)
	}
	params := map[string]any{"NextToken": next}
	p.now = start.Add(time.Minute)
	if _, _, refusal := page([]int{1, 2}, params, "ListThings", p); refusal != nil {
		t.Errorf("refused within its life: %v", refusal)
	}
	p.now = start.Add(time.Minute + time.Millisecond)
	if _, _, refusal := page([]int{1, 2}, params, "ListThings", p); refusal == nil || refusal.Code != "ValidationException" {
		t.Errorf("after its life: %v", refusal)
	}
	p.now, p.expired = start, func() bool { return true }
	if _, _, refusal := page([]int{1, 2}, params, "ListThings", p); refusal == nil {
		t.Error("accepted though the knob refuses tokens")
	}
	if _, _, refusal := page([]int{1, 2}, map[string]any{}, "ListThings", p); refusal != nil {
		t.Errorf("a list without a token was refused: %v", refusal)
	}
}

// TestTokenBelongsToItsQuery: another filter, another operation or a made-up
// token is refused.
func TestTokenBelongsToItsQuery(t *testing.T) {
	_, next, refusal := page([]int{1, 2}, map[string]any{"NameContains": "x"}, "ListThings", pager{size: 1})
	if refusal != nil || next == "" {
		t.Fatal(next, refusal)
	}
	for name, tc := range map[string]struct {
		operation string
		params    map[string]any
	}{
		"Filter":    {"ListThings", map[string]any{"NameContains": "y", "NextToken": next}},
		"Operation": {"ListOthers", map[string]any{"NameContains": "x", "NextToken": next}},
		"MadeUp":    {"ListThings", map[string]any{"NameContains": "x", "NextToken": "AAAA"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, refusal := page([]int{1, 2}, tc.params, tc.operation, pager{size: 1}); refusal == nil {
				t.Error("accepted")
			}
		})
	}
}

// TestJitterKeepsTheShape: a JSON answer stays JSON of the same shape, whole
// numbers and text stay, fractions move by no more than the amount.
func TestJitterKeepsTheShape(t *testing.T) {
	s := &Server{rand: rand.New(rand.NewPCG(1, 2))}
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Float64Range(0.001, 10).Draw(t, "amount")
		before := map[string]any{
			"text":   rapid.String().Draw(t, "text"),
			"whole":  float64(rapid.IntRange(-1e6, 1e6).Draw(t, "whole")),
			"values": []any{rapid.Float64Range(-1e6, 1e6).Draw(t, "value")},
		}
		body, err := json.Marshal(before)
		if err != nil {
			t.Fatal(err)
		}
		var after map[string]any
		if err := json.Unmarshal(s.jitter(body, amount), &after); err != nil {
			t.Fatalf("no longer JSON: %v", err)
		}
		if after["text"] != before["text"] || after["whole"] != before["whole"] {
			t.Fatalf("%v became %v", before, after)
		}
		old, _ := before["values"].([]any)[0].(float64)
		moved, ok := after["values"].([]any)[0].(float64)
		if !ok || math.Abs(moved-old) > amount*(1+1e-9)+1e-9 {
			t.Fatalf("%v became %v, more than %v away", old, moved, amount)
		}
	})
}
