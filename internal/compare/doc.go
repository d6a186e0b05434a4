// Package compare says whether two answers to one request mean the same.
//
// It owns decoding by content type (JSON, JSON Lines, CSV, text), what counts
// as a difference, and where it is. Shape comes first, numbers compare within a
// tolerance, and 1 equals 1.0.
//
// It refuses to guess: an answer it cannot decode is Opaque unless the two are
// the same bytes, never Equal. It refuses to show payloads: a Result tells the
// place and the kind of a difference and no value. It refuses to judge how many
// differences are too many: that is package traffic. How large a body may be is
// its caller's matter.
package compare
