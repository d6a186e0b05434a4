package verify

import (
	"regexp"
	"strings"
)

// Need is a permission that a hardened container lacks, by the name that
// spec.container.needs of a Model has for it.
type Need string

// The needs.
const (
	NeedRoot                   Need = "Root"
	NeedWritableRootFilesystem Need = "WritableRootFilesystem"
	NeedUnconfinedSeccomp      Need = "UnconfinedSeccomp"
)

// CauseKind says what a container ended of.
type CauseKind string

// The kinds; empty means that the log does not tell.
const (
	// CauseReadOnly is writing where pods cannot write.
	CauseReadOnly CauseKind = "ReadOnlyFilesystem"
	// CauseNotRoot is doing what an ordinary user may not.
	CauseNotRoot CauseKind = "NotRoot"
	// CauseSystemCall is a system call that the filter refuses.
	CauseSystemCall CauseKind = "SystemCall"
	// CauseNameResolution is asking for a host by its name.
	CauseNameResolution CauseKind = "NameResolution"
	// CauseCredentials is asking for credentials of AWS.
	CauseCredentials CauseKind = "Credentials"
)

// Cause is why a container ended, as its log has it.
type Cause struct {
	Kind CauseKind
	// Need would help; empty where none does.
	Need Need
	// Line is the line of the log that tells, shortened.
	Line string
}

const (
	// badSystemCallExitCode is SIGSYS's, 128 + 31.
	badSystemCallExitCode = 159
	maxCauseLine          = 200
	modelFolder           = "/opt/ml/model"
)

// causes are looked for in each line, in this order. The words are those of
// errno(3), of Python's, Java's and Go's runtimes, and of the resolver.
var causes = []struct {
	kind CauseKind
	need Need
	form *regexp.Regexp
}{
	{CauseSystemCall, NeedUnconfinedSeccomp, regexp.MustCompile(
		`(?i)bad system call|\bsigsys\b|(set_mempolicy|get_mempolicy|mbind|move_pages|perf_event_open|io_uring_setup|userfaultfd|ptrace|unshare|personality)\b.*(operation not permitted|permission denied|eperm|errno 1\b)`)},
	{CauseReadOnly, NeedWritableRootFilesystem, regexp.MustCompile(`(?i)read-only file system|\berofs\b|readonlyfilesystem`)},
	{CauseNotRoot, NeedRoot, regexp.MustCompile(
		`(?i)permission denied|operation not permitted|\beacces\b|\beperm\b|accessdeniedexception: /|must (be )?run as root|are you root|requires root|uid not found: [0-9]+|no such user|user [0-9]+ (does not exist|not found)|(can't|cannot|unable to) (setuid|setgid|chown|change (to )?(user|owner))`)},
	{CauseCredentials, "", regexp.MustCompile(`(?i)nocredentials|unable to locate credentials|could not load credentials|no valid providers in chain|noregionerror|you must specify a region`)},
	{CauseNameResolution, "", regexp.MustCompile(
		`(?i)name resolution|name or service not known|nodename nor servname|unknownhostexception|getaddrinfo|no such host|could not resolve host|could not connect to the endpoint url|nameresolutionerror`)},
}

// CauseOf finds why a container ended in the end of its log. The last line that
// tells counts: earlier ones may be warnings that it lived with.
func CauseOf(log string, exitCode int32) Cause {
	lines := strings.Split(log, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		for _, c := range causes {
			if !c.form.MatchString(lines[i]) {
				continue
			}
			found := Cause{Kind: c.kind, Need: c.need, Line: shortened(lines[i])}
			if c.kind != CauseSystemCall && strings.Contains(lines[i], modelFolder) {
				// The model's files are mounted read-only whatever it needs.
				found.Need = ""
			}
			return found
		}
	}
	if exitCode == badSystemCallExitCode {
		return Cause{Kind: CauseSystemCall, Need: NeedUnconfinedSeccomp}
	}
	return Cause{}
}

func shortened(line string) string {
	text := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(line, "")), " "))
	if len(text) > maxCauseLine {
		return string(text[:maxCauseLine-1]) + "…"
	}
	return string(text)
}

// Do says what would mend it without a permission; empty where the log does not
// tell.
func (c Cause) Do() string {
	switch c.Kind {
	case CauseReadOnly:
		if c.Need == "" {
			return "the model's files are read-only in pods: let it write below /tmp"
		}
		return "let it write below /tmp"
	case CauseNotRoot:
		if c.Need == "" {
			return "the model's files belong to nobody it runs as, and are read-only: let it write below /tmp, and make the archive's files readable for all"
		}
		return "let the image give the user 10001 what it needs"
	case CauseSystemCall:
		return "let it do without the system call that the RuntimeDefault filter refuses"
	case CauseCredentials:
		return "take what it reads from AWS into the model's archive, or give the pods an identity and deploy it without this proof"
	case CauseNameResolution:
		return "take what it fetches into the model's archive or the image, or let it bear that the host is not there"
	}
	return ""
}
