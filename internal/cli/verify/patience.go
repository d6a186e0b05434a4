package verify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

const (
	// apiPatience is how long the API server may be away: a control plane that is
	// upgraded, or a network that is. The model runs on meanwhile.
	apiPatience = 2 * time.Minute
	apiPeriod   = time.Second
)

// patiently asks again while the API server is away.
func (r *run) patiently(ctx context.Context, ask func() error) error {
	for until, told := time.Now().Add(apiPatience), false; ; told = true {
		err := ask()
		if !isAway(err) || ctx.Err() != nil || time.Now().After(until) {
			return err
		}
		if !told {
			r.session.WarnLost(err)
		}
		if !pause(ctx, apiPeriod) {
			return err
		}
	}
}

// isAway says that nobody answered, or one who cannot at the moment.
func isAway(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var answer apierrors.APIStatus
	if errors.As(err, &answer) {
		code := answer.Status().Code
		return code == http.StatusTooManyRequests || code == http.StatusBadGateway ||
			code == http.StatusServiceUnavailable || code == http.StatusGatewayTimeout
	}
	_, is := errors.AsType[net.Error](err)
	return is
}
