// Package script runs the command line as its users do: scripts of commands with
// what they print and how they exit, against a real API server and the stand-in
// AWS account.
//
// It owns the scripts and what they stand on. It refuses to look inside the
// program: what cannot be seen from outside is tested where it lives.
package script
