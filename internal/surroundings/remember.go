package surroundings

// Memory keeps what was read, so that reading that was interrupted goes on
// where it was. It holds nothing secret. Package journal has one.
type Memory interface {
	// Find reads what a finished call gave into a value, and is false for a
	// call that has not been finished.
	Find(call string, into any) bool
	// Record remembers what a call gave.
	Record(call string, data any) error
}

// remember returns what a call gave in an earlier run, or makes the call and
// notes what it gives where that is complete: a failure may be over by the next
// run.
func remember[T any](memory Memory, call string, complete func() bool, read func() (T, error)) (T, error) {
	var result T
	if memory != nil && memory.Find(call, &result) {
		return result, nil
	}
	result, err := read()
	if err != nil || memory == nil || !complete() {
		return result, err
	}
	return result, memory.Record(call, result)
}
