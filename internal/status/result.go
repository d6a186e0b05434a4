package status

import (
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
)

// conflictDelay is how long the cache gets to catch up after somebody else
// wrote first.
const conflictDelay = 100 * time.Millisecond

// stallDelay is when a stalled object is looked at again although nothing that
// is watched has changed: what stands in the way, such as a quota, may be
// nothing that is watched.
const stallDelay = time.Minute

// StallError is an error that repeating cannot mend: someone has to act. The
// watches bring the object back when they did.
type StallError struct {
	// Reason is one of the API's reasons.
	Reason string
	// Message is for people: what is wrong, with its value, and what would be
	// right.
	Message string
}

// Error returns the message.
func (e *StallError) Error() string { return e.Message }

// Stall returns a StallError.
func Stall(reason, format string, args ...any) *StallError {
	return &StallError{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Result maps the outcome of a reconcile to what the work queue does next. A
// conflict means that the cache was behind: it is tried again without a fuss.
// A StallError waits for a watch, and looks again in a while.
func Result(err error, nextLook time.Duration) (ctrl.Result, error) {
	var stalled *StallError
	switch {
	case err == nil:
		return ctrl.Result{RequeueAfter: max(nextLook, 0)}, nil
	case errors.As(err, &stalled):
		return ctrl.Result{RequeueAfter: stallDelay}, nil
	case apierrors.IsConflict(err):
		return ctrl.Result{RequeueAfter: conflictDelay}, nil
	default:
		return ctrl.Result{}, err
	}
}
