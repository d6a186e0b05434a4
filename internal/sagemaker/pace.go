package sagemaker

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/time/rate"
)

// How the pace of an operation follows AWS's answers: it drops by three tenths
// with each refusal, and climbs back by a twentieth of the full pace with each
// answer.
const (
	slowDownFactor   = 0.7
	recoverShare     = 0.05
	lowestPaceFactor = 0.05
)

// pace holds each operation to a rate, attempts included. AWS counts per
// operation and account, so a limiter for all operations together, such as the
// SDK's adaptive mode, would slow down all because one was refused.
type pace struct {
	full     rate.Limit
	mu       sync.Mutex
	limiters map[string]*rate.Limiter
	// requests were sent, throttled of them refused as too many.
	requests, throttled int64
}

// counts returns how many requests were sent, and how many of them AWS refused
// as too many.
func (p *pace) counts() (requests, throttled int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests, p.throttled
}

// duration is how long a number of calls of an operation takes at its pace.
func (p *pace) duration(operation string, calls int) time.Duration {
	limit := p.limiter(operation).Limit()
	return time.Duration(float64(calls) / float64(limit) * float64(time.Second))
}

func newPace(requestsPerSecond float64) *pace {
	return &pace{full: rate.Limit(requestsPerSecond), limiters: map[string]*rate.Limiter{}}
}

func (p *pace) limiter(operation string) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	limiter, ok := p.limiters[operation]
	if !ok {
		limiter = rate.NewLimiter(p.full, max(1, int(math.Ceil(float64(p.full)))))
		p.limiters[operation] = limiter
	}
	return limiter
}

// learn adapts the pace of an operation to an answer.
func (p *pace) learn(limiter *rate.Limiter, throttled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	if throttled {
		p.throttled++
		limiter.SetLimit(max(limiter.Limit()*slowDownFactor, p.full*lowestPaceFactor))
		return
	}
	limiter.SetLimit(min(limiter.Limit()+p.full*recoverShare, p.full))
}

var throttling = retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}

// install puts the wait behind the step that retries, so that every attempt
// waits its turn.
func (p *pace) install(stack *middleware.Stack) error {
	wait := middleware.FinalizeMiddlewareFunc("LandfallPace", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		operation := awsmiddleware.GetServiceID(ctx) + ":" + awsmiddleware.GetOperationName(ctx)
		limiter := p.limiter(operation)
		if err := limiter.Wait(ctx); err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, fmt.Errorf("cannot wait for the turn of %s: %w", operation, err)
		}
		out, metadata, err := next.HandleFinalize(ctx, in)
		p.learn(limiter, err != nil && throttling.IsErrorThrottle(err).Bool())
		return out, metadata, err
	})
	if err := stack.Finalize.Insert(wait, "Retry", middleware.After); err != nil {
		return fmt.Errorf("cannot pace the AWS client: %w", err)
	}
	return nil
}
