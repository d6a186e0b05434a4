// Package view turns resources into what a person looks at: tables, the tree of
// an Endpoint, the one line that says what comes next.
//
// It owns which facts are shown, in which words and in which order, so that
// every surface (the CLI today) says the same thing. It refuses to print, to
// colour and to ask the time: callers pass the moment in and render the result.
package view
