package traffic

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// countOf writes `12 of 3400 (0.35%)`.
func countOf(x, n int64) string {
	if n <= 0 {
		return fmt.Sprintf("%d of %d", x, n)
	}
	return fmt.Sprintf("%d of %d (%s)", x, n, percentBelow(x, n))
}

// percentBelow writes a share with two decimals, and never as 100% when it is
// not: 9999 of 10000 is 99.99%, 99999 of 100000 is more than that.
func percentBelow(x, n int64) string {
	text := percent(share(x, n))
	switch {
	case text == "100%" && x < n:
		return ">99.99%"
	case text == "0%" && x > 0:
		return "<0.01%"
	}
	return text
}

// percent writes a share of 1 as `100%`, with up to two decimals.
func percent(share float64) string {
	text := strconv.FormatFloat(share*100, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "%"
}

// points writes a difference of shares as `0.1 percentage points`.
func points(share float64) string {
	return strings.TrimSuffix(percent(share), "%") + " percentage points"
}

// ratio writes how much of b a is, as `258%`.
func ratio(a, b time.Duration) string {
	if b <= 0 {
		return "no ratio"
	}
	return strconv.FormatFloat(100*float64(a)/float64(b), 'f', 0, 64) + "%"
}

// milliseconds writes a latency in ms, with as many digits as are worth
// reading: `0.42 ms`, `31 ms`, `2350 ms`.
func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	decimals := 0
	switch {
	case ms != 0 && ms < 1:
		decimals = 2
	case ms < 10:
		decimals = 1
	}
	text := strconv.FormatFloat(ms, 'f', decimals, 64)
	if decimals > 0 {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text + " ms"
}
