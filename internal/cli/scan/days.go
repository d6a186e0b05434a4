package scan

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// days is a duration that a flag may give in days.
type days time.Duration

// Set parses 14d or any of Go's durations.
func (d *days) Set(text string) error {
	var length time.Duration
	var err error
	if number, ok := strings.CutSuffix(text, "d"); ok {
		length, err = time.ParseDuration(number + "h")
		length *= hoursPerDay
	} else {
		length, err = time.ParseDuration(text)
	}
	if err != nil || length < hoursPerDay*time.Hour {
		return errors.New("want a time such as 14d or 36h, a day at least")
	}
	*d = days(length)
	return nil
}

// String writes whole days as days.
func (d *days) String() string {
	length := time.Duration(*d)
	if day := hoursPerDay * time.Hour; length > 0 && length%day == 0 {
		return fmt.Sprintf("%dd", length/day)
	}
	return length.String()
}

// Type names the value in help texts.
func (d *days) Type() string { return "duration" }
