// Package agent is what runs inside Landfall's pods beside the model: here,
// the init container that brings the model's files.
//
// It owns: the command line of landfall-agent, fetching an artifact into the
// model's volume (download, check, unpack, in that order), telling how far it
// is, and putting the reason of a failure into one line where `kubectl
// describe pod` and the operator find it.
//
// It refuses: standing in the request path, talking to Kubernetes, and leaving
// anything half-written behind: the volume holds the whole model or nothing.
package agent
