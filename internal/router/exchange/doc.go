// Package exchange is one invocation as the router sees it: the request a
// caller made, the answer it gets, and the fault it gets instead.
//
// It owns the vocabulary shared by front doors, decisions, measuring and
// transports: the headers that may pass and their limits, bodies shared by
// reference, and the budget of memory that bodies may take.
//
// It refuses to know any HTTP library, so that the transport below and the
// server above can be replaced without touching what is decided between them.
package exchange
