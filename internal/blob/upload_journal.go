package blob

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// UploadSuffix is what the name of an upload's journal ends in. The file may
// hold an address that lets whoever has it go on with the upload, so that only
// its owner can read it.
const UploadSuffix = ".upload"

// uploadHeader says what an upload is of. An upload of anything else is given
// up.
type uploadHeader struct {
	// Way is how the parts are sent.
	Way string `json:"way"`
	// URI is where the object is to be.
	URI string `json:"uri"`
	// Content names the bytes: their digest, or where they come from with the
	// entity tag.
	Content   string `json:"content"`
	SizeBytes int64  `json:"sizeBytes"`
	PartBytes int64  `json:"partBytes"`
	// State names the upload in the words of the store.
	State string `json:"state"`
}

// sameUpload says that an upload can go on as the wanted one.
func (h uploadHeader) sameUpload(want uploadHeader) bool {
	return h.Way == want.Way && h.URI == want.URI && h.Content == want.Content && h.Content != "" &&
		h.SizeBytes == want.SizeBytes && h.PartBytes >= 1 && h.PartBytes <= max(want.PartBytes, maxHeldBytes)
}

// uploadJournal records an upload in a file: a line with the header, then one
// for each part that the store has confirmed. A line that was cut short counts
// for nothing. Without a path nothing is recorded.
type uploadJournal struct {
	path string

	mu   sync.Mutex
	file *os.File
}

// readUpload returns what a journal records; false when there is none of use.
func readUpload(path string) (uploadHeader, []sentPart, bool, error) {
	if path == "" {
		return uploadHeader{}, nil, false, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return uploadHeader{}, nil, false, nil
	}
	if err != nil {
		return uploadHeader{}, nil, false, fmt.Errorf("cannot read the journal of an upload: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxJournalBytes))
	if err != nil {
		return uploadHeader{}, nil, false, fmt.Errorf("cannot read the journal of an upload: %w", err)
	}
	header, parts, ok := parseUpload(data)
	return header, parts, ok, nil
}

func parseUpload(data []byte) (uploadHeader, []sentPart, bool) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	var header uploadHeader
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &header) != nil || header.URI == "" || header.State == "" {
		return uploadHeader{}, nil, false
	}
	var parts []sentPart
	for lines.Scan() {
		var part sentPart
		if json.Unmarshal(lines.Bytes(), &part) != nil || part.Number < 0 {
			continue
		}
		parts = append(parts, part)
		if part.State != "" {
			header.State = part.State
		}
	}
	return header, parts, true
}

// begin starts a new record. A kill leaves either the old one or the new.
func (j *uploadJournal) begin(header uploadHeader, parts []sentPart) error {
	if j.path == "" {
		return nil
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	if err := encoder.Encode(header); err != nil {
		return fmt.Errorf("cannot write the journal of an upload: %w", err)
	}
	for _, part := range parts {
		if err := encoder.Encode(part); err != nil {
			return fmt.Errorf("cannot write the journal of an upload: %w", err)
		}
	}
	fresh, err := os.OpenFile(j.path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("cannot open the journal of an upload: %w", err)
	}
	_, err = fresh.Write(text.Bytes())
	if err := errors.Join(err, fresh.Sync(), os.Rename(j.path+".new", j.path)); err != nil {
		return fmt.Errorf("cannot write the journal of an upload: %w", errors.Join(err, fresh.Close()))
	}
	old := j.file
	j.file = fresh
	if old != nil {
		return old.Close()
	}
	return nil
}

func (j *uploadJournal) add(part sentPart) error {
	if j.path == "" {
		return nil
	}
	text, err := json.Marshal(part)
	if err != nil {
		return fmt.Errorf("cannot write the journal of an upload: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("cannot write the journal of an upload: %w", err)
	}
	return nil
}

func (j *uploadJournal) close() error {
	if j.file == nil {
		return nil
	}
	file := j.file
	j.file = nil
	return file.Close()
}

// remove ends the record: the upload is complete or given up.
func (j *uploadJournal) remove() error {
	if j.path == "" {
		return nil
	}
	err := os.Remove(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(j.close(), err)
}
