package membership

import "strings"

// unnamed is the family of names that consist of changing parts only.
const unnamed = "unnamed"

// Family returns the name of a job without the parts that differ between runs
// of the same work: times, dates, uuids, hashes, commit ids and counters of
// three digits or more. Short numbers and versions such as v2 stay: ranking-v7 and
// ranking-v8 are two families, although their images, roles and inputs may be the
// same. The family names a workload, and what people write into a plan hangs on
// that name; if it rested on descriptions, of which a scan reads only the newest
// and which change from version to version, a new role would rename the work and
// lose their edits. Versions also end one by one: each is retired by its own last
// run. The plan says of an old version which later one is the same work.
//
// The forms are those that the SageMaker Python SDK, Pipelines, tuning, AutoML
// and Model Monitor give, and those that people's scripts commonly append. The
// result is never empty for a name that is not, and the family of a family is
// itself.
func Family(name string) string {
	for {
		shorter := withoutChanging(name)
		if shorter == name {
			return name
		}
		name = shorter
	}
}

// withoutChanging drops the changing parts that one look finds. Dropping one
// may bring another to the end of the name, where more counts as changing.
func withoutChanging(name string) string {
	words, separators := splitName(name)
	var kept strings.Builder
	dropped := false
	for i := 0; i < len(words); {
		if count := changingAt(words, i); count > 0 {
			dropped = true
			i += count
			if i < len(words) && dated(words, i-count) && shortHash(words[i]) {
				i++
			}
			continue
		}
		if i > 0 {
			kept.WriteByte(separators[i-1])
		}
		kept.WriteString(words[i])
		i++
	}
	if !dropped {
		return name
	}
	if rest := strings.Trim(kept.String(), "-_."); rest != "" {
		return rest
	}
	return unnamed
}

// splitName splits a name into words, and the separators between them.
func splitName(name string) (words []string, separators []byte) {
	start := 0
	for i := range len(name) {
		if name[i] == '-' || name[i] == '_' || name[i] == '.' {
			words, separators = append(words, name[start:i]), append(separators, name[i])
			start = i + 1
		}
	}
	return append(words, name[start:]), separators
}

// changing tells how many words from the i-th on differ between runs.
type changing func(words []string, i int) int

// changingParts are asked in this order: forms of several words come before
// those of one, which would take them apart.
var changingParts = []changing{
	pipelineParts, uuid, dateInWords, dateInWordsDayFirst, compactDate, tuningChild, countedRun, longNumber, endNumber, hash, random,
}

func changingAt(words []string, i int) int {
	for _, part := range changingParts {
		if count := part(words, i); count > 0 {
			return count
		}
	}
	return 0
}

// pipelineParts finds the execution's id and the random end in names such as
// pipelines-x0xe3u0axl5w-Train-Model-v8xQYp5GJK. At least one of the two must
// hold a digit: words of the same length do not.
func pipelineParts(words []string, i int) int {
	last := len(words) - 1
	if last < 3 || words[0] != "pipelines" || i != 1 && i != last {
		return 0
	}
	if len(words[1]) != 12 || len(words[last]) != 10 || !alphanumeric(words[1]) || !alphanumeric(words[last]) {
		return 0
	}
	if strings.ToLower(words[1]) != words[1] || digits(words[1])+digits(words[last]) == 0 {
		return 0
	}
	return 1
}

// uuid finds 8-4-4-4-12 hexadecimal digits.
func uuid(words []string, i int) int {
	lengths := []int{8, 4, 4, 4, 12}
	if i+len(lengths) > len(words) {
		return 0
	}
	for at, length := range lengths {
		if len(words[i+at]) != length || !hexadecimal(words[i+at]) {
			return 0
		}
	}
	return len(lengths)
}

// dateInWords finds 2026-11, 2026-11-20, 2026-11-20-06-33-09-481 and the same
// with T before the time.
func dateInWords(words []string, i int) int {
	if i+1 >= len(words) || !year(words[i]) || !twoDigits(words[i+1], 1, 12) {
		return 0
	}
	if i+2 >= len(words) {
		return 2
	}
	day, clock, joined := strings.Cut(words[i+2], "T")
	if !twoDigits(day, 1, 31) {
		return 2
	}
	if joined && !number(strings.TrimSuffix(clock, "Z")) {
		return 2
	}
	if joined {
		return 3 + clockWords(words, i+3, true)
	}
	return 3 + clockWords(words, i+3, false)
}

// dateInWordsDayFirst finds 20-11-2026 and 11-20-2026.
func dateInWordsDayFirst(words []string, i int) int {
	if i+2 >= len(words) || !year(words[i+2]) || !twoDigits(words[i], 1, 31) || !twoDigits(words[i+1], 1, 31) {
		return 0
	}
	if !twoDigits(words[i], 1, 12) && !twoDigits(words[i+1], 1, 12) {
		return 0
	}
	return 3 + clockWords(words, i+3, false)
}

// compactDate finds 20261120, 20261120T063309Z and v20261120, and the words of
// the time after them.
func compactDate(words []string, i int) int {
	word := strings.TrimLeft(words[i], "vV")
	day, clock, joined := strings.Cut(strings.TrimSuffix(word, "Z"), "T")
	if len(day) < 8 || !number(day) || !year(day[:4]) || !twoDigits(day[4:6], 1, 12) || !twoDigits(day[6:8], 1, 31) {
		return 0
	}
	if joined && !number(clock) {
		return 0
	}
	return 1 + clockWords(words, i+1, joined || len(day) > 8)
}

// clockWords counts the words of a time after a date: hours, minutes, seconds
// and their fraction.
func clockWords(words []string, i int, hoursRead bool) int {
	count := 0
	for ; count < 4 && i+count < len(words); count++ {
		word := strings.TrimSuffix(words[i+count], "Z")
		limit := 59
		if count == 0 && !hoursRead {
			limit = 23
		}
		if count >= 2 && len(word) >= 3 && len(word) <= 9 && number(word) {
			return count + 1
		}
		if !twoDigits(word, 0, limit) {
			break
		}
	}
	return count
}

// tuningChild finds the end of a tuning job's training job: 001-1a2b3c4d.
func tuningChild(words []string, i int) int {
	if i != len(words)-2 || i == 0 || len(words[i]) < 3 || !number(words[i]) {
		return 0
	}
	if len(words[i+1]) != 8 || !alphanumeric(words[i+1]) || strings.ToLower(words[i+1]) != words[i+1] {
		return 0
	}
	if digits(words[i+1]) == 0 && !hexadecimal(words[i+1]) {
		return 0
	}
	return 2
}

// counted are words that a number follows which counts runs, however short.
var counted = map[string]bool{
	"build": true, "run": true, "attempt": true, "retry": true, "trial": true, "iteration": true, "execution": true,
}

// countedRun finds the number in build-42, and drops the word of run1234,
// whose number is joined to it.
func countedRun(words []string, i int) int {
	if i > 0 && counted[strings.ToLower(words[i-1])] && number(words[i]) {
		return 1
	}
	name := strings.TrimRight(words[i], "0123456789")
	if len(words[i])-len(name) >= 3 && counted[strings.ToLower(name)] {
		return 1
	}
	return 0
}

// longNumber finds numbers of four digits or more, such as years, seconds of
// the epoch and times without separators.
func longNumber(words []string, i int) int {
	word := strings.TrimSuffix(words[i], "Z")
	if len(word) >= 4 && number(word) {
		return 1
	}
	return 0
}

// endNumber finds a counter of three digits at the end. Within a name three
// digits mean something more often, as in resnet-152-large.
func endNumber(words []string, i int) int {
	if i == len(words)-1 && len(words[i]) == 3 && number(words[i]) {
		return 1
	}
	return 0
}

// minHashLength is that of the commit ids that git abbreviates.
const minHashLength = 7

// hash finds hexadecimal runs. Short ones need two digits and a letter: words
// such as decade are hexadecimal too.
func hash(words []string, i int) int {
	word := words[i]
	if len(word) < minHashLength || !hexadecimal(word) {
		return 0
	}
	if len(word) >= 12 || digits(word) >= 2 {
		return 1
	}
	return 0
}

// dated says that a date begins at the i-th word.
func dated(words []string, i int) bool {
	return dateInWords(words, i) > 0 || dateInWordsDayFirst(words, i) > 0 || compactDate(words, i) > 0
}

// shortHash recognises what tells runs of one day apart, such as 1fee8f. Only
// behind a date is a hash that short taken for one.
func shortHash(word string) bool {
	return len(word) >= 4 && len(word) < minHashLength && hexadecimal(word) && digits(word) > 0
}

// Bounds of what looks random: words, sizes of instances and numeric formats
// have fewer changes between letters and digits, or longer runs of letters.
const (
	minRandomLength  = 8
	minRandomChanges = 4
	maxRandomRun     = 4
)

// random finds runs of letters and digits that alternate as no word does.
func random(words []string, i int) int {
	word := words[i]
	if len(word) < minRandomLength || !alphanumeric(word) || digits(word) == 0 {
		return 0
	}
	changes, run := 0, 1
	for at := 1; at < len(word); at++ {
		if class(word[at]) != class(word[at-1]) {
			changes++
			run = 1
			continue
		}
		if run++; run > maxRandomRun && class(word[at]) == classLower {
			return 0
		}
	}
	if changes < minRandomChanges {
		return 0
	}
	return 1
}
