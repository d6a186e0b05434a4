// Package probe puts one model under load and tells what it observed.
//
// It owns: sending captured requests, comparing answers, load at a fixed number
// of requests at a time and at a fixed rate, what becomes of requests while
// the model's pod goes away, and which places a pod of the run can connect to. It writes one verify.Observation a line.
//
// It refuses: judging (package verify does), retrying what failed, and writing
// any part of a request or an answer.
package probe
