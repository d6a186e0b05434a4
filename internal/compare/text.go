package compare

import "unicode/utf8"

// compareText compares texts word by word: numbers by value, anything else as
// it is. Blanks and line ends separate words and do not count otherwise; signs
// such as commas and brackets are words of their own, so that the `[0.1, 0.2]`
// that a container prints is compared as numbers.
func compareText(w *walker, reference, candidate []byte) Result {
	if result, is := undecodable(utf8.Valid(reference), utf8.Valid(candidate)); is {
		return result
	}
	var first Result
	for i := 0; ; i++ {
		var a, b []byte
		a, reference = nextWord(reference)
		b, candidate = nextWord(candidate)
		if a == nil && b == nil {
			if first.Verdict != "" {
				return first
			}
			return w.numbers()
		}
		w.enterIndex(i)
		if a == nil || b == nil {
			return w.different(KindShape)
		}
		if !w.word(a, b) && first.Verdict == "" {
			first = w.different(KindText)
		}
		w.leave()
	}
}

// nextWord returns the next word and what follows it; nil at the end.
func nextWord(text []byte) (word, rest []byte) {
	start := 0
	for start < len(text) && isBlank(text[start]) {
		start++
	}
	if start == len(text) {
		return nil, nil
	}
	end := start + 1
	if isSign(text[start]) {
		return text[start:end], text[end:]
	}
	for end < len(text) && !isBlank(text[end]) && !isSign(text[end]) {
		end++
	}
	return text[start:end], text[end:]
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isSign(c byte) bool {
	switch c {
	case ',', ';', ':', '=', '|', '(', ')', '[', ']', '{', '}', '<', '>', '"', '\'':
		return true
	}
	return false
}
