package sagemaker

import "context"

// patience is how often a call is begun again after the SDK gave up because AWS
// refused it as one too many. Others of the same account may take up all that
// AWS allows for minutes.
const patience = 10

// remember returns what a call gave in an earlier run of the scan, or makes the
// call and notes what it gives. What it gives holds nothing secret: it goes to
// a file. Failures are not noted: they may be over by the next run.
func remember[T any](s *scan, call string, read func() (T, error)) (T, error) {
	return rememberIf(s, call, func(T) bool { return true }, read)
}

// rememberIf is remember for what is worth noting only where it is complete.
func rememberIf[T any](s *scan, call string, complete func(T) bool, read func() (T, error)) (T, error) {
	var result T
	if s.Journal.Find(s.place+"|"+call, &result) {
		return result, nil
	}
	result, err := read()
	for again := 0; again < patience && err != nil && throttling.IsErrorThrottle(err).Bool(); again++ {
		result, err = read() // the pace has slowed down by now
	}
	if err != nil || !complete(result) {
		return result, err
	}
	return result, s.Journal.Record(s.place+"|"+call, result)
}

// fromTheStart reads all pages of a list, and once more where AWS does not know
// a page's token any more.
func fromTheStart[T any](read func() (T, error)) (T, error) {
	result, err := read()
	for round := 0; round < maxRounds && err != nil && tokenExpired(err); round++ {
		result, err = read()
	}
	return result, err
}

// failed notes a failure of an operation of SageMaker on a resource, and says
// whether going on makes sense.
func (s *scan) failed(ctx context.Context, operation, resource string, err error) error {
	return s.failures.record(ctx, "sagemaker:"+operation, resource, err)
}
