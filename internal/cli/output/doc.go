// Package output is how every command of the CLI speaks: tables, objects, trees,
// differences, questions, failures, and the exit codes behind them.
//
// It owns the form: alignment, colour, symbols, streams. It refuses to know
// what is shown: facts come from package view or as objects.
package output
