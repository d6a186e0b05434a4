package output

import "strconv"

// Plural counts things: 1 endpoint, 2 endpoints.
func Plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
