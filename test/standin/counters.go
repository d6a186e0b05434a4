package standin

import "sync"

// Requests counts what the stand-in was asked, since the start or a reset.
type Requests struct {
	// Operations are keyed by IAM action.
	Operations map[string]OperationCount `json:"operations"`
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
	c.r = Requests{Operations: map[string]OperationCount{}, Invocations: map[string]map[string]InvocationCount{}}
}

func (c *counters) call(action string, rejected bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.r.Operations[action]
	n.Calls++
	if rejected {
		n.Rejected++
	}
	c.r.Operations[action] = n
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
	out := Requests{Operations: map[string]OperationCount{}, Invocations: map[string]map[string]InvocationCount{}}
	for action, n := range c.r.Operations {
		out.Operations[action] = n
	}
	for endpoint, variants := range c.r.Invocations {
		out.Invocations[endpoint] = map[string]InvocationCount{}
		for variant, n := range variants {
			out.Invocations[endpoint][variant] = n
		}
	}
	return out
}
