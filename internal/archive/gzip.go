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
}

func newMembers(content io.Reader) (*members, error) {
	m := &members{from: bufio.NewReaderSize(content, 64<<10)}
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
