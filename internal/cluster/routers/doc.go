// Package routers asks the router pods of an installation for their evidence.
//
// It owns finding them, through the EndpointSlices of their Service, and
// reading their reports within a time limit. It refuses to judge or merge what
// they say.
package routers
