// Package endpoint reconciles Endpoints: it keeps the children of their pods
// variants, observes them, has package traffic decide on the routers' evidence,
// and writes down where the traffic should be and how everything stands.
//
// It owns the order of these steps and what they mean for the status. It
// refuses to decide about traffic and to build objects: packages traffic and
// desired do. It never stands in the way of a request: routers follow the last
// status when no operator runs.
//
// An Endpoint has no finalizer. All that the operator makes lies in the
// Endpoint's namespace and is owned by it, so Kubernetes' garbage collection
// removes it, also when no operator runs; routers drop an Endpoint when it is
// gone. Nothing outside the cluster is made.
package endpoint
