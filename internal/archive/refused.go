package archive

import "fmt"

// Reason is why an archive is refused.
type Reason string

// The reasons.
const (
	ReasonClimbs      Reason = "its path climbs out of the folder with '..'"
	ReasonAbsolute    Reason = "its path is absolute"
	ReasonBadName     Reason = "its name is empty, too long or holds a NUL byte"
	ReasonSymlink     Reason = "it is a symbolic link, and links are not allowed"
	ReasonHardLink    Reason = "it is a hard link, and links are not allowed"
	ReasonSpecial     Reason = "it is neither a file nor a folder"
	ReasonDuplicate   Reason = "another entry has the same path"
	ReasonClash       Reason = "one entry makes a file of the path where another makes a folder"
	ReasonTooMany     Reason = "the archive holds too many entries"
	ReasonTooBig      Reason = "the archive unpacks to more than is allowed"
	ReasonRatio       Reason = "the archive is many times longer unpacked than packed, as bombs are"
	ReasonTruncated   Reason = "the archive is cut off"
	ReasonTrailing    Reason = "data follows the end of the archive"
	ReasonNotGzip     Reason = "it is not gzip-compressed"
	ReasonNotTar      Reason = "it is not a tar archive"
	ReasonCorrupt     Reason = "the archive is damaged"
	ReasonEmptyOfFile Reason = "the archive holds no file"
)

// RefusedError tells why an archive is refused. Nothing else of the archive
// should be trusted.
type RefusedError struct {
	// Reason is what is wrong.
	Reason Reason
	// Entry is the path of the offending entry as the archive gives it, empty
	// when the archive as a whole is refused.
	Entry string
	// Detail adds figures, such as the limit that was passed.
	Detail string
	// Err is the decoder's error, if one was the cause.
	Err error
}

// Error names the entry and the reason in one line. The entry's name is
// quoted: it is the attacker's text.
func (e *RefusedError) Error() string {
	text := "archive refused: "
	if e.Entry != "" {
		text += fmt.Sprintf("entry %.200q: ", e.Entry)
	}
	text += string(e.Reason)
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the decoder's error.
func (e *RefusedError) Unwrap() error { return e.Err }

func refused(reason Reason, entry string) error {
	return &RefusedError{Reason: reason, Entry: entry}
}
