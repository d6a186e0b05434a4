// Package evidence is what routers measure and rollouts are judged on: counts of
// answers, latency sketches and comparisons of answers, per variant and per
// revision of the traffic.
//
// It owns the form in which a router publishes them and how the reports of
// several routers merge into one. It refuses to judge: that is package traffic.
package evidence

import "time"

// ReportVersion is the version of the JSON form of a Report.
const ReportVersion = "landfall.dev/evidence/v1alpha1"

// Report is everything one router measured, as served by its evidence endpoint.
type Report struct {
	// Version is ReportVersion; a reader refuses any other.
	Version string `json:"version"`
	// Router names the router pod.
	Router string `json:"router"`
	// Time is when the report was made, by the router's clock.
	Time time.Time `json:"time"`
	// Endpoints are the Endpoints this router serves.
	Endpoints []EndpointReport `json:"endpoints"`
}

// EndpointReport is what one router measured of one Endpoint since it applied
// the current revision of its traffic. A new revision starts from nothing.
type EndpointReport struct {
	Namespace string `json:"namespace"`
	// Name is the Endpoint's metadata.name.
	Name string `json:"name"`
	// UID is the Endpoint's metadata.uid, so that figures of a deleted
	// Endpoint are never taken for those of its successor.
	UID string `json:"uid"`
	// TrafficRevision is the revision this router follows.
	TrafficRevision int64 `json:"trafficRevision"`
	// Since is when this router applied the revision.
	Since time.Time `json:"since"`
	// Variants holds an entry for each variant that answered anything.
	Variants []VariantReport `json:"variants,omitempty"`
	// Comparisons holds an entry for each pair that was compared.
	Comparisons []Comparison `json:"comparisons,omitempty"`
	// Trips are the variants this router took out of the traffic by itself
	// under this revision.
	Trips []Trip `json:"trips,omitempty"`
}

// VariantReport counts one variant's answers.
type VariantReport struct {
	Name string `json:"name"`
	// Live are answers to callers.
	Live Outcomes `json:"live"`
	// Mirror are answers to copies, which no caller saw.
	Mirror Outcomes `json:"mirror"`
}

// Outcomes counts answers and how long they took.
type Outcomes struct {
	// Requests is the number of requests answered or failed.
	Requests int64 `json:"requests"`
	// Errors is how many failed by the service's fault: a 5xx of the
	// container, a time-out, a broken or refused connection.
	Errors int64 `json:"errors"`
	// CallerErrors is how many the container refused with a 4xx.
	CallerErrors int64 `json:"callerErrors"`
	// LatencySeconds is the distribution of the time to the full answer, of
	// requests that did not fail.
	LatencySeconds Sketch `json:"latencySeconds"`
	// FirstErrorTime is when the first of Errors happened.
	FirstErrorTime *time.Time `json:"firstErrorTime,omitempty"`
	// LastTime is when the last request ended.
	LastTime *time.Time `json:"lastTime,omitempty"`
}

// Comparison counts pairs of answers to the same request.
type Comparison struct {
	// Reference is the variant whose answer the caller got.
	Reference string `json:"reference"`
	// Candidate is the variant that answered the copy.
	Candidate string `json:"candidate"`
	// Compared is Equal plus Different.
	Compared int64 `json:"compared"`
	Equal    int64 `json:"equal"`
	// Different includes pairs of which only the candidate failed.
	Different int64 `json:"different"`
	// Opaque is how many pairs could not be compared: unknown content type,
	// undecodable on the reference's side, or an answer over the size limit.
	Opaque int64 `json:"opaque"`
	// ReferenceFailed is how many pairs were set aside because the reference
	// itself failed.
	ReferenceFailed int64 `json:"referenceFailed"`
	// Dropped counts copies not sent because the mirror's budget was spent,
	// by size of the request's body.
	Dropped map[SizeBucket]int64 `json:"dropped,omitempty"`
	// Sent counts copies sent, by size of the request's body.
	Sent map[SizeBucket]int64 `json:"sent,omitempty"`
	// Examples are up to MaxExamples differences, worst first, without any
	// value of the payload.
	Examples []Example `json:"examples,omitempty"`
}

// MaxExamples bounds the examples of a Comparison.
const MaxExamples = 8

// Example is one difference, told without values: payloads may hold personal
// data.
type Example struct {
	Time time.Time `json:"time"`
	// RequestID is the x-amzn-RequestId that the caller got.
	RequestID string `json:"requestID"`
	// Path is where the answers differ, such as `predictions[0].label`.
	Path string `json:"path"`
	// Kind is what differs: status, content-type, shape, number, text, missing, extra.
	Kind string `json:"kind"`
	// RelativeError is the size of a numeric difference; 0 otherwise.
	RelativeError float64 `json:"relativeError,omitempty"`
}

// Trip is a variant that a router took out of the traffic on hard failures.
type Trip struct {
	Variant string `json:"variant"`
	// Reason is Errors or Latency.
	Reason string `json:"reason"`
	// Message gives the figures.
	Message string `json:"message"`
	// FirstBadTime is when the first of the answers counted ended.
	FirstBadTime time.Time `json:"firstBadTime"`
	// Time is when the variant lost its traffic.
	Time time.Time `json:"time"`
}

// SizeBucket classes bodies by size: the name is the upper bound.
type SizeBucket string

// The buckets, with their upper bounds in bytes.
const (
	SizeTo1KiB   SizeBucket = "1KiB"
	SizeTo16KiB  SizeBucket = "16KiB"
	SizeTo256KiB SizeBucket = "256KiB"
	SizeTo1MiB   SizeBucket = "1MiB"
	SizeTo6MiB   SizeBucket = "6MiB"
	SizeOver6MiB SizeBucket = "over6MiB"
)

// BucketOf returns the bucket of a body of so many bytes.
func BucketOf(sizeBytes int64) SizeBucket {
	switch {
	case sizeBytes <= 1<<10:
		return SizeTo1KiB
	case sizeBytes <= 16<<10:
		return SizeTo16KiB
	case sizeBytes <= 256<<10:
		return SizeTo256KiB
	case sizeBytes <= 1<<20:
		return SizeTo1MiB
	case sizeBytes <= 6<<20:
		return SizeTo6MiB
	default:
		return SizeOver6MiB
	}
}
