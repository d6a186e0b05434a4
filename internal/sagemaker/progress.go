package sagemaker

import "time"

// Progress is how far a scan is.
type Progress struct {
	// Stage is what is being read, in a few words.
	Stage string
	// Done and Total count calls, or what Stage names; Total is 0 while it is
	// not known, and grows while lists go on.
	Done, Total int
	// Requests were sent so far, Throttled of them refused as too many.
	Requests, Throttled int64
	// Left is how long the calls that are known of take at least.
	Left time.Duration
}

// The stages of a scan.
const (
	stageResources = "reading resources"
	stageMetrics   = "reading metrics"
)

// report tells how far the calls are.
func (s *scan) report() {
	done, known := s.lanes.count()
	s.Progress(Progress{Stage: stageResources, Done: done, Total: known})
}

// counted adds what the whole scan has cost so far, and what is left of it.
func (s *scan) counted(p Progress) Progress {
	p.Requests, p.Throttled = s.pace.counts()
	for operation, waiting := range s.lanes.waiting() {
		p.Left = max(p.Left, s.pace.duration("SageMaker:"+operation, waiting))
	}
	return p
}
