package blob

import (
	"crypto/sha256"
	"encoding"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
)

// castagnoli is the polynomial of Google Cloud Storage's checksums.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sums are checksums of a stream that can be written down and gone on with.
type sums struct {
	sha hash.Hash
	crc uint32
}

func newSums() *sums { return &sums{sha: sha256.New()} }

func (s *sums) Write(data []byte) (int, error) {
	s.crc = crc32.Update(s.crc, castagnoli, data)
	return s.sha.Write(data)
}

// digest is the SHA-256 as sha256:<hex>.
func (s *sums) digest() string { return "sha256:" + hex.EncodeToString(s.sha.Sum(nil)) }

// crc32c is the CRC-32C as Google Cloud Storage writes it: big-endian, in
// base64.
func (s *sums) crc32c() string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, s.crc))
}

// text is the state, for restoreSums.
func (s *sums) text() (string, error) {
	marshaler, ok := s.sha.(encoding.BinaryMarshaler)
	if !ok {
		return "", fmt.Errorf("the checksum %T cannot be written down", s.sha)
	}
	state, err := marshaler.MarshalBinary()
	if err != nil {
		return "", fmt.Errorf("cannot write a checksum's state down: %w", err)
	}
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(state, s.crc)), nil
}

// restoreSums goes on where text was called.
func restoreSums(text string) (*sums, error) {
	state, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(state) < 4 {
		return nil, fmt.Errorf("%q is no state of a checksum", text)
	}
	s := newSums()
	body, crc := state[:len(state)-4], state[len(state)-4:]
	unmarshaler, ok := s.sha.(encoding.BinaryUnmarshaler)
	if !ok {
		return nil, fmt.Errorf("the checksum %T cannot be restored", s.sha)
	}
	if err := unmarshaler.UnmarshalBinary(body); err != nil {
		return nil, fmt.Errorf("%q is no state of a checksum: %w", text, err)
	}
	s.crc = binary.BigEndian.Uint32(crc)
	return s, nil
}
