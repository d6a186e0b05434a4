// Package journey plays the whole move of an endpoint off SageMaker against a
// real cluster and the stand-in account, and checks every promise on the way:
// what `make demo` shows and `make test` asserts is this one package.
//
// It drives Landfall from outside only: the command line, kubectl, the caller's
// SDK. It refuses to know anything of Landfall's inside beyond the API types.
package journey
