package serve

import (
	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/compare"
	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/router/measure"
	"landfall.dev/landfall/internal/router/mirror"
)

// agreement compares answers within the tolerances of a gate.
type agreement struct {
	gate     v1alpha1.AgreementGate
	comparer *compare.Comparer
}

// newAgreement reads the gate's tolerances. One that is no number allows
// nothing, which holds a rollout rather than passing it.
func newAgreement(gate v1alpha1.AgreementGate) (*agreement, error) {
	tolerance, err := compare.ParseTolerance(gate.RelativeTolerance, gate.AbsoluteTolerance)
	return &agreement{gate: gate, comparer: compare.New(tolerance)}, err //nolint:wrapcheck // the caller names the Endpoint
}

// opaqueEncoding is a content type of no known form: what is compressed is
// compared byte by byte.
const opaqueEncoding = "application/octet-stream"

// compare implements mirror.Compare.
func (e *epoch) compare(reference, candidate mirror.Answer) (measure.Verdict, evidence.Example) {
	result := e.plan.Load().agreement.comparer.Compare(decodable(reference), decodable(candidate))
	example := evidence.Example{Path: result.Path, Kind: result.Kind, RelativeError: result.RelativeError}
	switch result.Verdict {
	case compare.Equal:
		return measure.Equal, evidence.Example{}
	case compare.Different:
		return measure.Different, example
	default:
		return measure.Opaque, evidence.Example{}
	}
}

func decodable(answer mirror.Answer) compare.Answer {
	contentType := answer.ContentType
	if answer.ContentEncoding != "" && answer.ContentEncoding != "identity" {
		contentType = opaqueEncoding
	}
	return compare.Answer{Status: answer.Status, ContentType: contentType, Body: answer.Body}
}
