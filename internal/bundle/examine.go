package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"landfall.dev/landfall/internal/archive"
	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inspect"
)

// examined is what one reading of an archive tells.
type examined struct {
	sum         export.ManifestFile
	volumeBytes int64
	refused     string
	found       []inspect.Finding
	code        []export.CodeFile
}

// examine reads an archive once: for its digest, for what it holds, for what
// its files rest on, and for the code, which goes into the bundle.
func (x *exporter) examine(path string) (read examined, err error) {
	file, err := os.Open(path)
	if err != nil {
		return examined{}, fmt.Errorf("cannot open the model's files: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	content := io.TeeReader(file, hash)
	look, err := x.newLook()
	if err != nil {
		return examined{}, err
	}
	defer func() { err = errors.Join(err, look.close()) }()
	listing, err := archive.Walk(content, archive.Limits{MaxUnpackedBytes: x.MaxUnpackedBytes}, look.visit)
	var refusal *archive.RefusedError
	switch {
	case errors.As(err, &refusal):
		// Nothing of it can be trusted, nor be used.
		read.refused = err.Error()
		if err := look.discard(); err != nil {
			return examined{}, err
		}
	case err != nil:
		return examined{}, fmt.Errorf("cannot inspect the model's files: %w", err)
	default:
		read.volumeBytes, read.found, read.code = listing.VolumeBytes, look.inspection.Findings(), look.code
	}
	// What a refusal left unread belongs to the digest too.
	if _, err := io.Copy(io.Discard, content); err != nil {
		return examined{}, fmt.Errorf("cannot hash the model's files: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return examined{}, fmt.Errorf("cannot hash the model's files: %w", err)
	}
	read.sum = export.ManifestFile{Digest: "sha256:" + hex.EncodeToString(hash.Sum(nil)), SizeBytes: info.Size()}
	return read, nil
}
