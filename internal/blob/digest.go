package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// Digest reads everything and returns its SHA-256 as sha256:<hex>.
func Digest(content io.Reader) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, content); err != nil {
		return "", fmt.Errorf("cannot read what is to be hashed: %w", err)
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil)), nil
}
