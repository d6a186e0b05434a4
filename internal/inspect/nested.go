package inspect

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"landfall.dev/landfall/internal/inspect/pickle"
)

// zip looks through a zip archive within the archive: .mar, .whl, .npz, .keras
// and what torch.save writes. It is held in memory; one that is too large for
// that is looked into at its beginning.
func (f *file) zip() {
	if f.nested {
		f.evidence("NestedArchive", "", "it is an archive in an archive in the archive, and was not opened")
		return
	}
	limit := f.in.limits.MaxNestedBytes
	data, err := io.ReadAll(io.LimitReader(f.content, limit+1))
	if err != nil {
		return
	}
	if int64(len(data)) > limit {
		f.torchPrefix(data[:limit])
		return
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		f.evidence("NestedArchive", "", "it begins like a zip archive and is none: "+err.Error())
		return
	}
	if len(archive.File) > f.in.limits.MaxNestedEntries {
		f.evidence("NestedArchive", "", fmt.Sprintf("it holds %d files; at most %d are looked into", len(archive.File), f.in.limits.MaxNestedEntries))
		return
	}
	left := f.in.limits.MaxNestedUnpackedBytes
	for _, entry := range archive.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		if left = f.zipEntry(entry, left); left <= 0 {
			f.evidence("NestedArchive", "", fmt.Sprintf("it unpacks to more than %d bytes; the rest was not looked into", f.in.limits.MaxNestedUnpackedBytes))
			return
		}
	}
}

// zipEntry looks through one file, and returns how many bytes are left.
func (f *file) zipEntry(entry *zip.File, left int64) int64 {
	if packed := int64(max(entry.CompressedSize64, 1)); int64(min(entry.UncompressedSize64, 1<<62))/packed > f.in.limits.MaxRatio {
		f.evidence("NestedArchive", entry.Name, fmt.Sprintf("%.200q in it is more than %d times as large as packed, and was not opened", entry.Name, f.in.limits.MaxRatio))
		return left
	}
	if neuronEntry(entry.Name) {
		f.evidence("NeuronArtifact", entry.Name, "it holds TorchScript that AWS Neuron compiled")
	}
	content, err := entry.Open()
	if err != nil {
		f.evidence("NestedArchive", entry.Name, fmt.Sprintf("%.200q in it cannot be opened: %v", entry.Name, err))
		return left
	}
	defer content.Close()
	return f.inner(entry.Name, int64(min(entry.UncompressedSize64, 1<<62)), content, left)
}

// inner looks through a file of a nested archive, of which no more is read than
// is left.
func (f *file) inner(name string, sizeBytes int64, content io.Reader, left int64) int64 {
	counted := &io.LimitedReader{R: f.in.budgeted(content), N: left}
	inner := &file{
		in: f.in, path: f.path + "!" + name, sizeBytes: sizeBytes, nested: true,
		content: bufio.NewReaderSize(counted, peekBytes),
	}
	inner.look()
	return counted.N
}

// tarball looks through a .tar.gz within the archive.
func (f *file) tarball() {
	if f.nested {
		f.evidence("NestedArchive", "", "it is an archive in an archive in the archive, and was not opened")
		return
	}
	unzipped, err := gzip.NewReader(f.content)
	if err != nil {
		f.evidence("NestedArchive", "", "it begins like gzip and is not: "+err.Error())
		return
	}
	limited := &io.LimitedReader{R: f.in.budgeted(unzipped), N: f.in.limits.MaxNestedUnpackedBytes}
	entries := tar.NewReader(limited)
	for count := 0; ; count++ {
		header, err := entries.Next()
		switch {
		case errors.Is(err, io.EOF) && limited.N > 0:
			return
		case limited.N <= 0 || count >= f.in.limits.MaxNestedEntries:
			f.evidence("NestedArchive", "", fmt.Sprintf("it holds more than %d files or %d bytes; the rest was not looked into",
				f.in.limits.MaxNestedEntries, f.in.limits.MaxNestedUnpackedBytes))
			return
		case err != nil && count == 0:
			return // something else that is compressed
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			f.evidence("NestedArchive", "", "it is damaged: "+err.Error())
			return
		}
		if header.Typeflag == tar.TypeReg {
			f.inner(header.Name, header.Size, entries, max(header.Size, 1))
		}
	}
}

// localHeaderBytes is the fixed part of a zip's local header.
const localHeaderBytes = 30

// torchPrefix looks into the beginning of a large file of torch.save, which
// writes data.pkl before the tensors (torch/serialization.py, _save).
func (f *file) torchPrefix(data []byte) {
	f.evidence("NestedArchive", "", fmt.Sprintf("it is a zip archive of %d bytes; only the first %d were looked into", f.sizeBytes, len(data)))
	rest := data
	for {
		at := bytes.Index(rest, []byte("PK\x03\x04"))
		if at < 0 || len(rest)-at < localHeaderBytes {
			return
		}
		rest = rest[at:]
		name := int(binary.LittleEndian.Uint16(rest[26:]))
		body := localHeaderBytes + name + int(binary.LittleEndian.Uint16(rest[28:]))
		if body > len(rest) {
			return
		}
		if path.Base(string(rest[localHeaderBytes:localHeaderBytes+name])) == "data.pkl" {
			inner := &file{in: f.in, path: f.path + "!" + string(rest[localHeaderBytes:localHeaderBytes+name]), nested: true}
			inner.pickled(pickle.Read(bytes.NewReader(rest[body:]), pickle.Limits{MaxBytes: int64(len(rest))}))
			return
		}
		rest = rest[4:]
	}
}

// neuronEntry says that a file of a TorchScript archive belongs to Neuron.
func neuronEntry(name string) bool {
	return strings.Contains(name, "torch_neuron") || strings.Contains(name, "__torch__/torch/classes/neuron")
}
