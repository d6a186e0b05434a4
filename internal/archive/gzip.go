package archive

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// gzipMagic begins every member of a gzip stream (RFC 1952, section 2.3.1).
var gzipMagic = []byte{0x1f, 0x8b}

// members reads the members of a gzip stream one after the other. The standard
// reader does too, but it cannot tell a member that is cut off from other data
// behind the last one.
type members struct {
	from   *bufio.Reader
	member *gzip.Reader
	// packed counts what was read, unpackedBytes what came of it.
	packed        *counter
	unpackedBytes int64
	maxRatio      int64
}

// counter counts the bytes that pass.
type counter struct {
	from  io.Reader
	bytes int64
}

func (c *counter) Read(data []byte) (int, error) {
	n, err := c.from.Read(data)
	c.bytes += int64(n)
	return n, err
}

func newMembers(content io.Reader, maxRatio int64) (*members, error) {
	packed := &counter{from: content}
	m := &members{packed: packed, maxRatio: maxRatio, from: bufio.NewReaderSize(packed, 64<<10)}
	if magic, err := m.from.Peek(len(gzipMagic)); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot read the archive: %w", err)
	} else if !bytes.Equal(magic, gzipMagic) {
		return nil, &RefusedError{Reason: ReasonNotGzip}
	}
	member, err := gzip.NewReader(m.from)
	if err != nil {
		return nil, dataFailed(err, "")
	}
	member.Multistream(false)
	m.member = member
	return m, nil
}

// Read returns io.EOF only after the last member, and a refusal when anything
// else follows it.
func (m *members) Read(data []byte) (int, error) {
	n, err := m.member.Read(data)
	m.unpackedBytes += int64(n)
	if m.unpackedBytes > ratioFreeBytes && m.unpackedBytes/m.maxRatio > m.packed.bytes {
		return 0, &RefusedError{Reason: ReasonRatio, Detail: fmt.Sprintf("at most %d times", m.maxRatio)}
	}
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	return n, m.next()
}

func (m *members) next() error {
	magic, err := m.from.Peek(len(gzipMagic))
	if errors.Is(err, io.EOF) && len(magic) == 0 {
		return io.EOF
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !bytes.Equal(magic, gzipMagic) {
		return refused(ReasonTrailing, "")
	}
	if err := m.member.Reset(m.from); err != nil {
		return err
	}
	m.member.Multistream(false)
	return nil
}
