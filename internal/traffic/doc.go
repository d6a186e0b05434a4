// Package traffic decides where an Endpoint's requests go.
//
// It owns three decisions and the arithmetic under them: Step moves a rollout
// on from what was measured (run by the operator), Breaker takes a failing
// target out on request counts (run inside each router), and Split picks the
// variant that answers a request. All three are pure: what they know of the
// world and of the time comes in as arguments, so that every decision can be
// replayed.
//
// It refuses to measure, to fetch evidence and to write anything: packages
// evidence, router and controller do. It never reads a clock.
//
// The rule above all others: only positive evidence gives a target more
// traffic. No traffic, few samples, stale figures and missing routers hold.
package traffic
