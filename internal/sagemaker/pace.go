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
// answer, up to a little below the pace that was refused. Beyond that it feels
// its way, in steps that grow: what was refused once may well be refused again,
// and a refusal costs more time than a pace of a few hundredths less.
const (
	slowDownFactor   = 0.7
	ceilingFactor    = 0.97
	recoverShare     = 0.05
	probeShare       = 0.0005
	lowestPaceFactor = 0.05
	// burstSeconds is how much of a second's calls may come at once.
	burstSeconds = 0.1
)

// gauge is the pace of one operation.
type gauge struct {
	*rate.Limiter

	// ceiling is the pace up to which it climbs quickly, answers how many
	// came at it since it was set.
	ceiling rate.Limit
	answers int
}

// pace holds each operation to a rate, attempts included. AWS counts per
// operation and account, so a limiter for all operations together, such as the
// SDK's adaptive mode, would slow down all because one was refused.
type pace struct {
	full     rate.Limit
	mu       sync.Mutex
	limiters map[string]*gauge
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
	return &pace{full: rate.Limit(requestsPerSecond), limiters: map[string]*gauge{}}
}

func (p *pace) limiter(operation string) *gauge {
	p.mu.Lock()
	defer p.mu.Unlock()
	limiter, ok := p.limiters[operation]
	if !ok {
		burst := max(1, int(math.Ceil(float64(p.full)*burstSeconds)))
		limiter = &gauge{Limiter: rate.NewLimiter(p.full, burst), ceiling: p.full}
		p.limiters[operation] = limiter
	}
	return limiter
}

// learn adapts the pace of an operation to an answer.
func (p *pace) learn(limiter *gauge, throttled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests++
	lowest, now := p.full*lowestPaceFactor, limiter.Limit()
	if throttled {
		p.throttled++
		limiter.ceiling, limiter.answers = max(now*ceilingFactor, lowest), 0
		limiter.SetLimit(max(now*slowDownFactor, lowest))
		return
	}
	if now < limiter.ceiling {
		limiter.SetLimit(min(now+p.full*recoverShare, limiter.ceiling))
		return
	}
	limiter.answers++
	limiter.ceiling = min(limiter.ceiling+p.full*probeShare*rate.Limit(limiter.answers), p.full)
	limiter.SetLimit(limiter.ceiling)
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
