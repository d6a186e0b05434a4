// Package journal remembers the finished calls of a scan, so that a scan that
// was killed goes on where it was.
//
// It owns: the file's form (a header, then one finished call a line, written as
// it ends), whom it belongs to, and tolerating a line that a kill tore.
//
// It refuses: knowing what a call is, and holding what was not masked: that is
// for those who record.
package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// version changes with the form of what is recorded.
	version = 1
	// fileMode lets nobody else read what an account holds.
	fileMode = 0o600
	// MaxAge is how long a journal is good: what it holds was true then.
	MaxAge = 24 * time.Hour
	// maxLineBytes bounds a line; the longest holds a pipeline's definition.
	maxLineBytes = 64 << 20
)

// Header says to which scan a journal belongs.
type Header struct {
	// Version of the journal's form; Create sets it.
	Version int `json:"landfallScan"`
	// Options identify the scan: another scan's journal is not used.
	Options string `json:"options"`
	// StartedAt is when the scan began.
	StartedAt time.Time `json:"startedAt"`
}

// Why a journal is not used. Errors of Open wrap one of them.
var (
	ErrOtherScan = errors.New("it belongs to a scan with other options")
	ErrTooOld    = errors.New("it is older than 24 hours")
	ErrUnknown   = errors.New("it is no journal of this version")
)

// Journal is open for going on. It may be used from several goroutines. A nil
// Journal remembers nothing.
type Journal struct {
	mu     sync.Mutex
	file   *os.File
	end    int64
	header Header
	// calls are where in the file the finished calls are.
	calls map[string]span
}

type span struct {
	offset int64
	length int
}

// line is a finished call.
type line struct {
	Call string          `json:"call"`
	Data json.RawMessage `json:"data"`
}

// Create begins a journal, in place of any that is there.
func Create(path string, header Header) (*Journal, error) {
	header.Version = version
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return nil, fmt.Errorf("cannot begin the scan's journal: %w", err)
	}
	j := &Journal{file: file, header: header, calls: map[string]span{}}
	text, err := json.Marshal(header)
	if err == nil {
		err = file.Chmod(fileMode)
	}
	if err == nil {
		_, err = j.write(text)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot begin the scan's journal: %w", err), file.Close())
	}
	return j, nil
}

// Open goes on with a journal. The error is os.ErrNotExist where there is none,
// and one of Err… where there is one that is not to be used.
func Open(path, options string, now time.Time) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR, fileMode)
	if err != nil {
		return nil, fmt.Errorf("cannot open the scan's journal: %w", err)
	}
	j := &Journal{file: file, calls: map[string]span{}}
	err = j.load()
	switch {
	case err != nil:
	case j.header.Version != version:
		err = ErrUnknown
	case j.header.Options != options:
		err = ErrOtherScan
	case now.Sub(j.header.StartedAt) > MaxAge:
		err = ErrTooOld
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot go on with %s: %w", path, err), file.Close())
	}
	return j, nil
}

// load finds the finished calls, and cuts off a last line that is torn.
func (j *Journal) load() error {
	reader := bufio.NewReaderSize(j.file, 1<<16)
	for first := true; ; first = false {
		text, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // what stands behind the last line break is torn
		}
		if err != nil {
			return fmt.Errorf("cannot read it: %w", err)
		}
		if first {
			if json.Unmarshal(text, &j.header) != nil {
				return ErrUnknown
			}
		} else if call, ok := callOf(text); ok {
			j.calls[call] = span{offset: j.end, length: len(text)}
		} else {
			break // torn by a crash of the machine; all behind it is read again
		}
		j.end += int64(len(text))
	}
	if j.end == 0 {
		return ErrUnknown
	}
	if err := j.file.Truncate(j.end); err != nil {
		return fmt.Errorf("cannot mend it: %w", err)
	}
	return nil
}

func callOf(text []byte) (string, bool) {
	var read line
	if len(text) > maxLineBytes || json.Unmarshal(text, &read) != nil || read.Call == "" {
		return "", false
	}
	return read.Call, true
}

// StartedAt is when the scan began that the journal belongs to.
func (j *Journal) StartedAt() time.Time { return j.header.StartedAt }

// Len is the number of finished calls.
func (j *Journal) Len() int {
	if j == nil {
		return 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.calls)
}

// Find reads what a finished call gave into a value. It is false for a call
// that has not been finished.
func (j *Journal) Find(call string, into any) bool {
	if j == nil {
		return false
	}
	j.mu.Lock()
	at, known := j.calls[call]
	j.mu.Unlock()
	if !known {
		return false
	}
	text := make([]byte, at.length)
	if _, err := j.file.ReadAt(text, at.offset); err != nil {
		return false
	}
	var read line
	return json.Unmarshal(text, &read) == nil && json.Unmarshal(read.Data, into) == nil
}

// Record remembers what a call gave. It is in the file when Record returns.
func (j *Journal) Record(call string, data any) error {
	if j == nil {
		return nil
	}
	inner, err := marshal(data)
	if err != nil {
		return fmt.Errorf("cannot write %s to the scan's journal: %w", call, err)
	}
	text, err := marshal(line{Call: call, Data: inner})
	if err != nil {
		return fmt.Errorf("cannot write %s to the scan's journal: %w", call, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	at, err := j.write(text)
	if err != nil {
		return fmt.Errorf("cannot write to the scan's journal: %w", err)
	}
	j.calls[call] = at
	return nil
}

// write appends a line. A part of one that a full disk left is overwritten by
// the next.
func (j *Journal) write(text []byte) (span, error) {
	at := span{offset: j.end, length: len(text) + 1}
	if _, err := j.file.WriteAt(append(text, '\n'), j.end); err != nil {
		return span{}, err
	}
	j.end += int64(at.length)
	return at, nil
}

func marshal(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("cannot write %T as JSON: %w", value, err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// Close leaves the file for another run.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	return j.file.Close()
}

// Remove closes the journal and takes the file away: the scan is done.
func (j *Journal) Remove() error {
	if j == nil {
		return nil
	}
	return errors.Join(j.file.Close(), os.Remove(j.file.Name()))
}
