package standin

import (
	"maps"
	"sync"
)

// Requests counts what the stand-in was asked, since the start or a reset.
type Requests struct {
	// Operations are keyed by IAM action.
	Operations map[string]OperationCount `json:"operations"`
	// Regions are the same by "account/region", then by IAM action, where
	// there were several.
	Regions map[string]map[string]OperationCount `json:"regions,omitempty"`
	// Invocations are keyed by endpoint, then by variant.
	Invocations map[string]map[string]InvocationCount `json:"invocations"`
}

// OperationCount counts one operation.
type OperationCount struct {
	// Calls is every request, Rejected those answered with an error.
	Calls    int64 `json:"calls"`
	Rejected int64 `json:"rejected"`
}

// InvocationCount counts the invocations that reached one variant.
type InvocationCount struct {
	// Total is every invocation, Errors those not answered with 200.
	Total  int64 `json:"total"`
	Errors int64 `json:"errors"`
}

type counters struct {
	mu sync.Mutex
	r  Requests
}

func (c *counters) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.r = Requests{
		Operations: map[string]OperationCount{}, Regions: map[string]map[string]OperationCount{},
		Invocations: map[string]map[string]InvocationCount{},
	}
}

func (c *counters) call(place, action string, rejected bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.r.Operations[action] = c.r.Operations[action].plus(rejected)
	if c.r.Regions[place] == nil {
		c.r.Regions[place] = map[string]OperationCount{}
	}
	c.r.Regions[place][action] = c.r.Regions[place][action].plus(rejected)
}

func (n OperationCount) plus(rejected bool) OperationCount {
	n.Calls++
	if rejected {
		n.Rejected++
	}
	return n
}

func (c *counters) invocation(endpoint, variant string, failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	variants := c.r.Invocations[endpoint]
	if variants == nil {
		variants = map[string]InvocationCount{}
		c.r.Invocations[endpoint] = variants
	}
	n := variants[variant]
	n.Total++
	if failed {
		n.Errors++
	}
	variants[variant] = n
}

func (c *counters) snapshot() Requests {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := Requests{
		Operations: maps.Clone(c.r.Operations), Regions: map[string]map[string]OperationCount{},
		Invocations: map[string]map[string]InvocationCount{},
	}
	for place, operations := range c.r.Regions {
		out.Regions[place] = maps.Clone(operations)
	}
	if len(out.Regions) < 2 { // it would say the same twice
		out.Regions = nil
	}
	for endpoint, variants := range c.r.Invocations {
		out.Invocations[endpoint] = maps.Clone(variants)
	}
	return out
}
