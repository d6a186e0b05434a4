package standin

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// knobPanel holds the current knobs, and what is used up of them, counted for
// each account and region.
type knobPanel struct {
	mu       sync.Mutex
	knobs    Knobs
	limiters map[string]*rate.Limiter
	// spent counts the calls that a knob with a number has changed.
	spent map[string]int
}

func (p *knobPanel) set(k Knobs) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.knobs, p.limiters, p.spent = k, map[string]*rate.Limiter{}, map[string]int{}
}

func (p *knobPanel) get() Knobs {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Knobs{Operations: maps.Clone(p.knobs.Operations), Endpoints: maps.Clone(p.knobs.Endpoints)}
}

// operation finds the knobs of an action in a place, "account/region".
func (p *knobPanel) operation(place, action string) OperationKnobs {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.find(place, action)
}

func (p *knobPanel) find(place, action string) OperationKnobs {
	for _, prefix := range []string{place + "/", ""} {
		if own, ok := p.knobs.Operations[prefix+action]; ok {
			return own
		}
		best := ""
		for key := range p.knobs.Operations {
			pattern, wild := strings.CutSuffix(key, "*")
			rest, here := strings.CutPrefix(pattern, prefix)
			if wild && here && strings.HasPrefix(action, rest) && len(key) > len(best) {
				best = key
			}
		}
		if best != "" {
			return p.knobs.Operations[best]
		}
	}
	return OperationKnobs{}
}

// allow takes a token from the operation's bucket.
func (p *knobPanel) allow(place, action string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.find(place, action)
	if o.RatePerSecond == 0 {
		return true
	}
	key := place + "/" + action
	if p.limiters[key] == nil {
		p.limiters[key] = rate.NewLimiter(rate.Limit(o.RatePerSecond), orDefault(o.Burst, 1))
	}
	return p.limiters[key].AllowN(now, 1)
}

// spend uses one of limit calls up; false when none is left.
func (p *knobPanel) spend(place, action, what string, limit int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := place + "/" + action + "/" + what
	if p.spent[key] >= limit {
		return false
	}
	p.spent[key]++
	return true
}

// gone tells whether Describe should miss a resource.
func (p *knobPanel) gone(place, action, name string) bool {
	return slices.Contains(p.operation(place, action).Gone, name)
}

// pager cuts lists for an action.
func (s *region) pager(action string, size int) pager {
	o := s.knobs.operation(s.name, action)
	p := pager{size: size, empty: o.EmptyPages, life: time.Duration(o.TokenSeconds) * time.Second, now: s.now()}
	if o.EmptyFirstPage {
		p.empty = append(slices.Clone(p.empty), EmptyPages{})
	}
	if o.ExpireTokens > 0 {
		p.expired = func() bool { return s.knobs.spend(s.name, action, "tokens", o.ExpireTokens) }
	}
	return p
}

// undeniable is the one action that callers may take whatever policies say.
const undeniable = "sts:GetCallerIdentity"

// admit applies the operation's knobs. Denial comes before throttling, as IAM
// comes first.
func (s *region) admit(who caller, action, resource string) *apiError {
	o := s.knobs.operation(s.name, action)
	if o.ResetConnections > 0 && s.knobs.spend(s.name, action, "resets", o.ResetConnections) {
		panic(errResetConnection)
	}
	if o.DelayMillis > 0 {
		timer := time.NewTimer(time.Duration(o.DelayMillis) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-who.ctx.Done(): // the caller has gone
		}
	}
	switch {
	case o.Deny && action != undeniable:
		return who.denied(action, resource)
	case !s.knobs.allow(s.name, action, s.now()):
		return throttled()
	case o.Fail != nil && (o.Fail.Count == 0 || s.knobs.spend(s.name, action, "failures", o.Fail.Count)):
		return o.Fail.error()
	}
	return nil
}

// error is the answer of a failure.
func (f Failure) error() *apiError {
	status := http.StatusBadRequest
	message := "Failure asked for by the stand-in account's knobs."
	switch f.Code {
	case "InternalFailure", "InternalServerError":
		status = http.StatusInternalServerError
	case "ServiceUnavailable":
		status = http.StatusServiceUnavailable
	case "ThrottlingException":
		message = throttled().Message
	case "ResourceNotFound":
		message = "Requested resource not found."
	}
	return &apiError{Status: orDefault(f.Status, status), Code: f.Code, Message: orDefault(f.Message, message)}
}

// variant gives a variant's own knobs, else those of AnyVariant.
func (p *knobPanel) variant(endpoint, variant string) VariantKnobs {
	p.mu.Lock()
	defer p.mu.Unlock()
	if own, ok := p.knobs.Endpoints[endpoint][variant]; ok {
		return own
	}
	return p.knobs.Endpoints[endpoint][AnyVariant]
}
