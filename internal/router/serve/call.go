package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/measure"
)

// call is one request on its way through a route.
type call struct {
	server  *Server
	route   *route
	epoch   *epoch
	request *exchange.Request
	// asked is when the variant that answers was asked: what another one took
	// before it is not its latency.
	asked time.Time
}

// choice is the variant to ask first.
type choice struct {
	variant string
	// named says that the caller chose the variant, so that no other may
	// answer in its place.
	named bool
}

// choose picks the variant: the one the caller names, or one by the split.
func (c *call) choose() (choice, *exchange.Fault) {
	if len(c.route.Traffic) == 0 {
		return choice{}, exchange.NewFault(exchange.ServiceUnavailable,
			"Endpoint %s has no variant that takes traffic yet.", c.request.Endpoint)
	}
	if name := c.request.Header[exchange.TargetVariant]; name != "" {
		return c.chooseNamed(name)
	}
	variant, ok := c.epoch.pick()
	if !ok {
		variant = c.route.Live
	}
	if c.epoch.isTripped(variant) && c.route.arm(c.route.Live) != nil {
		variant = c.route.Live
	}
	return choice{variant: variant}, nil
}

// chooseNamed resolves X-Amzn-SageMaker-Target-Variant: a variant of Landfall's,
// else a production variant on SageMaker, which callers may have named before
// the endpoint was moved behind Landfall and may go on naming.
func (c *call) chooseNamed(name string) (choice, *exchange.Fault) {
	if c.route.Find(name) != nil {
		c.request.Header[exchange.TargetVariant] = ""
		return choice{variant: name, named: true}, nil
	}
	whole := ""
	for i := range c.route.Variants {
		switch target := c.route.Variants[i].SageMaker; {
		case target == nil:
		case target.VariantName == name:
			return choice{variant: c.route.Variants[i].Name, named: true}, nil
		case target.VariantName == "" && whole == "":
			whole = c.route.Variants[i].Name
		}
	}
	if whole != "" {
		return choice{variant: whole, named: true}, nil
	}
	return choice{}, exchange.NewFault(exchange.ValidationError,
		"Variant %s of endpoint %s not found.", name, c.request.Endpoint)
}

// run asks the chosen variant and, when that could not be asked, the live one.
func (c *call) run(ctx context.Context, chosen choice) *exchange.Answer {
	answer, none := c.ask(ctx, chosen.variant)
	variant := chosen.variant
	if none != nil && c.mayFallBack(none, chosen) {
		c.epoch.figures.FellBack(variant, none.Reason)
		variant = c.route.Live
		answer, none = c.ask(ctx, variant)
	}
	if none != nil {
		return c.explain(variant, none)
	}
	answer.Header[exchange.AnswerInvokedVariant] = variant
	if answer.Fault != nil {
		answer.Fault.Message = c.logsOf(variant)
	}
	c.follow(ctx, variant, answer)
	return answer
}

// ask puts the request to one variant. A variant that gives no answer is
// measured here; an answer is measured when it has been read.
func (c *call) ask(ctx context.Context, variant string) (*exchange.Answer, *exchange.NoAnswer) {
	arm := c.route.arm(variant)
	c.asked = c.server.Now()
	if arm == nil {
		return nil, &exchange.NoAnswer{Reason: exchange.NoTarget, Err: errors.New("the variant is not in the spec")}
	}
	answer, err := arm.Do(ctx, c.request)
	if err == nil {
		return answer, nil
	}
	none, ok := errors.AsType[*exchange.NoAnswer](err)
	if !ok {
		none = &exchange.NoAnswer{Reason: exchange.Unreachable, Err: err}
	}
	outcome := exchange.ServiceError
	if none.Reason == exchange.Gone {
		outcome = exchange.Cancelled
	}
	c.measure(variant, outcome, c.server.Now())
	return nil, none
}

func (c *call) measure(variant string, outcome exchange.Outcome, end time.Time) {
	c.epoch.live(variant, measure.Sample{Outcome: outcome, Latency: end.Sub(c.asked), End: end})
}

// mayFallBack says whether the live variant may answer in place of one that
// gave no answer: only when no model can have seen the request, and only for
// a target, since the live variant has nothing to fall back to.
func (c *call) mayFallBack(none *exchange.NoAnswer, chosen choice) bool {
	if none.Seen {
		return false
	}
	switch none.Reason {
	case exchange.Unreachable, exchange.NoTarget, exchange.Loading, exchange.Identity:
		return !chosen.named && chosen.variant != c.route.Live && c.route.arm(c.route.Live) != nil
	default:
		return false
	}
}

// explain turns the lack of an answer into the error SageMaker would give.
func (c *call) explain(variant string, none *exchange.NoAnswer) *exchange.Answer {
	c.logFailure(variant, none)
	answer := &exchange.Answer{Outcome: exchange.ServiceError}
	answer.Header[exchange.AnswerInvokedVariant] = variant
	name := c.request.Endpoint
	switch none.Reason {
	case exchange.TimedOut:
		answer.Fault = &exchange.Fault{
			Type: exchange.ModelError, Message: c.logsOf(variant),
			Original: &exchange.Original{
				Status: 0, Message: "Your invocation timed out while waiting for a response from container primary.",
			},
		}
	case exchange.Loading:
		answer.Fault = exchange.NewFault(exchange.ModelNotReady,
			"Variant %s of endpoint %s is loading its model. Try again.", variant, name)
	case exchange.Identity:
		answer.Fault = exchange.NewFault(exchange.InternalDependencyException,
			"The router could not sign the request to SageMaker for variant %s of endpoint %s.", variant, name)
	case exchange.NoTarget:
		answer.Fault = exchange.NewFault(exchange.ServiceUnavailable,
			"Variant %s of endpoint %s has no pod that can answer. Try again.", variant, name)
	default:
		answer.Fault = exchange.NewFault(exchange.ServiceUnavailable,
			"Variant %s of endpoint %s could not be reached. Try again.", variant, name)
	}
	answer.Status = answer.Fault.Status()
	return answer
}

func (c *call) logFailure(variant string, none *exchange.NoAnswer) {
	if none.Reason == exchange.Gone {
		return
	}
	c.server.failures.Do(func() {
		c.server.Log.Warn("a variant gave no answer", "namespace", c.route.Namespace, "endpoint", c.route.Name,
			"variant", variant, "reason", none.Reason.String(), "requestID", c.request.ID, "error", none.Err)
	})
}

func (c *call) logsOf(variant string) string {
	return fmt.Sprintf("variant %s of Endpoint %s in namespace %s", variant, c.route.Name, c.route.Namespace)
}

// follow sees the answer to its end: measures it, and prepares the copies.
func (c *call) follow(ctx context.Context, variant string, answer *exchange.Answer) {
	copies := c.epoch.begin(variant, c.request)
	if answer.Body == nil {
		c.measure(variant, answer.Outcome, c.server.Now())
		for _, prepared := range copies {
			prepared.Submit(answer)
		}
		return
	}
	answer.Body = &followed{
		ReadCloser: answer.Body, ctx: ctx, call: *c, variant: variant, answer: answer, copies: copies,
	}
}
