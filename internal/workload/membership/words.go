package membership

// The functions below judge bytes, since the names of SageMaker's resources
// are ASCII; any other byte is of no class.

type byteClass int

const (
	classOther byteClass = iota
	classDigit
	classLower
	classUpper
)

func class(b byte) byteClass {
	switch {
	case b >= '0' && b <= '9':
		return classDigit
	case b >= 'a' && b <= 'z':
		return classLower
	case b >= 'A' && b <= 'Z':
		return classUpper
	default:
		return classOther
	}
}

// all says that a word is not empty and that every byte of it is so.
func all(word string, is func(byte) bool) bool {
	for i := range len(word) {
		if !is(word[i]) {
			return false
		}
	}
	return word != ""
}

func number(word string) bool {
	return all(word, func(b byte) bool { return class(b) == classDigit })
}

func alphanumeric(word string) bool {
	return all(word, func(b byte) bool { return class(b) != classOther })
}

// hexadecimal refuses a mixture of upper and lower case: hashes have one.
func hexadecimal(word string) bool {
	lower := all(word, func(b byte) bool { return class(b) == classDigit || b >= 'a' && b <= 'f' })
	return lower || all(word, func(b byte) bool { return class(b) == classDigit || b >= 'A' && b <= 'F' })
}

func digits(word string) int {
	count := 0
	for i := range len(word) {
		if class(word[i]) == classDigit {
			count++
		}
	}
	return count
}

// twoDigits says that a word is a number of two digits between two bounds.
func twoDigits(word string, low, high int) bool {
	if len(word) != 2 || !number(word) {
		return false
	}
	value := int(word[0]-'0')*10 + int(word[1]-'0')
	return value >= low && value <= high
}

// year says that a word is a year since SageMaker exists.
func year(word string) bool {
	return len(word) == 4 && number(word) && word >= "2017" && word <= "2099"
}
