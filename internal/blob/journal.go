package blob

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"sync"
)

// JournalSuffix is what the name of a download's journal ends in, beside the
// file that is downloaded.
const JournalSuffix = ".parts"

// maxJournalBytes bounds what is read of a journal: 10,000 parts of 100 bytes,
// with room.
const maxJournalBytes = 16 << 20

// journalHeader says what a journal's parts are of. A journal of anything else
// is void.
type journalHeader struct {
	URI       string `json:"uri"`
	ETag      string `json:"etag"`
	SizeBytes int64  `json:"sizeBytes"`
	PartBytes int64  `json:"partBytes"`
}

// journalPart is one part that was written in full.
type journalPart struct {
	OffsetBytes int64  `json:"offsetBytes"`
	SHA256      string `json:"sha256"`
}

// journal records the finished parts of a download in a file: a line with the
// header, then a line for each part. A line that was cut short counts for
// nothing. A nil journal records nothing.
type journal struct {
	file   *os.File
	header journalHeader

	mu   sync.Mutex
	have map[int64]bool
}

// openJournal opens the journal of a download to a file, and keeps of it what
// the file still holds.
func openJournal(path string, header journalHeader, data *os.File) (*journal, error) {
	parts, err := readJournal(path, header)
	if err != nil {
		return nil, err
	}
	j := &journal{header: header, have: map[int64]bool{}}
	var kept []journalPart
	for _, part := range parts {
		if !j.have[part.OffsetBytes] && header.holds(data, part) {
			j.have[part.OffsetBytes] = true
			kept = append(kept, part)
		}
	}
	if j.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644); err != nil {
		return nil, fmt.Errorf("cannot open the journal of a download: %w", err)
	}
	err = j.line(header)
	for _, part := range kept {
		err = errors.Join(err, j.line(part))
	}
	if err != nil {
		return nil, errors.Join(err, j.file.Close())
	}
	return j, nil
}

// readJournal returns the parts of a journal with the header; none when it is
// missing, or of something else.
func readJournal(path string, header journalHeader) ([]journalPart, error) {
	// Without a name for the content, nobody knows whether it is still the same.
	if header.ETag == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the journal of a download: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxJournalBytes))
	if err != nil {
		return nil, fmt.Errorf("cannot read the journal of a download: %w", err)
	}
	return parseJournal(data, header), nil
}

func parseJournal(data []byte, header journalHeader) []journalPart {
	lines := bufio.NewScanner(bytes.NewReader(data))
	var found journalHeader
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &found) != nil || found != header {
		return nil
	}
	var parts []journalPart
	for lines.Scan() {
		var part journalPart
		if json.Unmarshal(lines.Bytes(), &part) != nil {
			continue
		}
		if part.OffsetBytes >= 0 && part.OffsetBytes < header.SizeBytes && part.OffsetBytes%header.PartBytes == 0 {
			parts = append(parts, part)
		}
	}
	return parts
}

// holds says that a file has the part that was recorded.
func (h journalHeader) holds(data io.ReaderAt, part journalPart) bool {
	length := min(h.PartBytes, h.SizeBytes-part.OffsetBytes)
	sum := sha256.New()
	n, err := io.Copy(sum, io.NewSectionReader(data, part.OffsetBytes, length))
	return err == nil && n == length && hex.EncodeToString(sum.Sum(nil)) == part.SHA256
}

func (j *journal) has(offsetBytes int64) bool { return j != nil && j.have[offsetBytes] }

// add records a part. What was recorded before is not changed by a kill in
// between.
func (j *journal) add(offsetBytes int64, sum hash.Hash) error {
	if j == nil {
		return nil
	}
	return j.line(journalPart{OffsetBytes: offsetBytes, SHA256: hex.EncodeToString(sum.Sum(nil))})
}

func (j *journal) line(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("cannot write the journal of a download: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("cannot write the journal of a download: %w", err)
	}
	return nil
}

func (j *journal) reusedBytes() int64 {
	var reused int64
	for offset := range j.have {
		reused += min(j.header.PartBytes, j.header.SizeBytes-offset)
	}
	return reused
}
