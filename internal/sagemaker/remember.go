package sagemaker

import "context"

// remember returns what a call gave in an earlier run of the scan, or makes the
// call and notes what it gives. What it gives holds nothing secret: it goes to
// a file. Failures are not noted: they may be over by the next run.
func remember[T any](s *scan, call string, read func() (T, error)) (T, error) {
	var result T
	if s.Journal.Find(s.place+"|"+call, &result) {
		return result, nil
	}
	result, err := read()
	if err != nil {
		return result, err
	}
	return result, s.Journal.Record(s.place+"|"+call, result)
}

// failed notes a failure of an operation of SageMaker on a resource, and says
// whether going on makes sense.
func (s *scan) failed(ctx context.Context, operation, resource string, err error) error {
	return s.failures.record(ctx, "sagemaker:"+operation, resource, err)
}
