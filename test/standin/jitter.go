package standin

import (
	"regexp"
	"strconv"
)

// tokens finds JSON strings, which stay as they are, and numbers.
var tokens = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`)

// fractional marks numbers that are measured and not counted.
var fractional = regexp.MustCompile(`^-?\d+(\.\d+([eE][+-]?\d+)?|[eE]-\d+)$`)

// jitter moves every fractional number in a JSON or CSV answer by up to
// amount, either way, the way a nondeterministic model would. Everything else
// in the answer stays byte for byte.
func (s *Server) jitter(body []byte, amount float64) []byte {
	if amount == 0 {
		return body
	}
	return tokens.ReplaceAllFunc(body, func(token []byte) []byte {
		if !fractional.Match(token) {
			return token
		}
		value, err := strconv.ParseFloat(string(token), 64)
		if err != nil { // out of range
			return token
		}
		return strconv.AppendFloat(nil, value+(2*s.chance()-1)*amount, 'f', -1, 64)
	})
}
