// Package spelling finds the word that somebody meant.
//
// It owns how near two words have to be. It refuses to know what words there
// are.
package spelling

import (
	"strings"

	"github.com/agext/levenshtein"
)

// mostWrong is how many letters of a word are mistyped at a time.
const mostWrong = 2

// Nearest returns the word that was probably meant: up to two letters differ,
// upper and lower case apart, and less than half of a short word. It is empty
// where none is near; of two that are as near, the first is taken.
func Nearest(given string, words []string) string {
	best, least := "", mostWrong+1
	for _, word := range words {
		wrong := levenshtein.Distance(strings.ToLower(given), strings.ToLower(word), nil)
		if wrong < least && 2*wrong < len(word) {
			best, least = word, wrong
		}
	}
	return best
}
