// Package architecture holds the rules of the code base as tests: which layer
// may import which, what each program may link, and what every package owes its
// reader. ARCHITECTURE.md explains the rules; this package enforces them.
package architecture
