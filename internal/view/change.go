package view

import (
	"strings"
	"unicode"

	"landfall.dev/landfall/api/v1alpha1"
)

// Change is an Endpoint in one line, for a log of how it changes.
type Change struct {
	// Cells go under ChangeColumns.
	Cells []Cell
	// Key is equal for two changes that differ in counters alone, which is no
	// change worth a line.
	Key string
}

// ChangeColumns head the cells of a Change.
func ChangeColumns() []Column {
	return []Column{
		{Name: "NAME", UsualWidth: 12}, {Name: "STATUS", UsualWidth: 14}, {Name: "STEP", UsualWidth: 12},
		{Name: "TRAFFIC", UsualWidth: 24}, {Name: "COMPARED"}, {Name: "VERDICT", UsualWidth: 19}, {Name: "MESSAGE"},
	}
}

// ChangeOf returns the line of an Endpoint.
func ChangeOf(endpoint *v1alpha1.Endpoint) Change {
	state := judge(endpoint.ObjectMeta, endpoint.Status.ObservedGeneration, endpoint.Status.Conditions)
	rollout := endpoint.Status.Rollout
	message := state.message
	if message == "" && rollout != nil {
		message = rollout.Message
	}
	cells := []Cell{
		Text(endpoint.Name), state.state, Text(stage(rollout)), Text(orNone(endpoint.Status.Split)),
		Text(compared(rollout)), Verdict(rollout), Text(orNone(message)),
	}
	words := []string{
		endpoint.Name, state.state.String(), stage(rollout), endpoint.Status.Split,
		Verdict(rollout).String(), withoutDigits(message),
	}
	for _, status := range endpoint.Status.Variants {
		if !status.Ready {
			words = append(words, status.Name, withoutDigits(status.Message))
		}
	}
	return Change{Cells: cells, Key: strings.Join(words, "\x00")}
}

func withoutDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, text)
}
