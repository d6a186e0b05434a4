package probe

import (
	"cmp"
	"context"
	"slices"

	"landfall.dev/landfall/internal/compare"
	"landfall.dev/landfall/internal/verify"
)

// tolerance is that of floating point on another machine: five digits.
var tolerance = compare.Tolerance{Relative: 1e-5, Absolute: 1e-8}

// place tells differences apart.
type place struct{ path, kind string }

// compareAnswers sends each request once, one after the other, and compares the
// answers with the captured ones.
func compareAnswers(ctx context.Context, s *sender) verify.AnswerFigures {
	figures := verify.AnswerFigures{}
	comparer := compare.New(tolerance)
	differences := map[place]*verify.Difference{}
	for _, r := range s.requests {
		if ctx.Err() != nil {
			break
		}
		figures.Sent++
		answer, failure := s.answer(ctx, r)
		if failure == "" && r.Expected == nil {
			failure = statusFailure(answer.Status, r)
		}
		switch {
		case failure != "":
			if figures.Failures == nil {
				figures.Failures = map[string]int{}
			}
			figures.Failed++
			figures.Failures[failure]++
		case r.Expected == nil:
			figures.Uncompared++
		default:
			count(&figures, differences, comparer.Compare(*r.Expected, answer))
		}
	}
	for _, d := range differences {
		figures.Differences = append(figures.Differences, *d)
	}
	slices.SortFunc(figures.Differences, func(a, b verify.Difference) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind))
	})
	figures.Differences = figures.Differences[:min(len(figures.Differences), verify.MaxDifferences)]
	return figures
}

// mostPlaces bounds the places that are counted: answers may name their fields
// after anything.
const mostPlaces = 1000

func count(figures *verify.AnswerFigures, differences map[place]*verify.Difference, result compare.Result) {
	switch result.Verdict {
	case compare.Equal:
		figures.Equal++
		return
	case compare.Opaque:
		figures.Opaque++
		return
	case compare.Different:
		figures.Different++
	}
	at := place{result.Path, result.Kind}
	d := differences[at]
	if d == nil {
		if len(differences) >= mostPlaces {
			return
		}
		d = &verify.Difference{Path: result.Path, Kind: result.Kind}
		differences[at] = d
	}
	d.Count++
	d.LargestRelativeError = max(d.LargestRelativeError, result.RelativeError)
}
