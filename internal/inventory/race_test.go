//go:build race

package inventory

// underRace says that the race detector runs, which makes code ten times slower.
const underRace = true
