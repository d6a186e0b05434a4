package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"time"
)

// Limits bound what an archive may be. A zero limit means the default.
type Limits struct {
	// MaxUnpackedBytes bounds the room the files take on a volume: each file
	// and folder counts as whole blocks of 4 KiB. Zero means 10 GiB.
	MaxUnpackedBytes int64
	// MaxEntries bounds the number of files and folders. Zero means 100,000.
	MaxEntries int
	// MaxRatio bounds how many times longer the archive may be unpacked than
	// packed, once it is longer than a GiB. Zero means 500: weights shrink to a
	// half or a tenth, and only bombs to a thousandth.
	MaxRatio int64
}

// Default limits: the volume of a Model unless its maxUnpacked says otherwise,
// and more files than any model archive we know of holds.
const (
	DefaultMaxUnpackedBytes = 10 << 30
	DefaultMaxEntries       = 100_000
	DefaultMaxRatio         = 500
)

// ratioFreeBytes may be unpacked at any ratio: small archives hold empty files.
const ratioFreeBytes = 1 << 30

// blockBytes is the unit in which file systems hand out room.
const blockBytes = 4096

// maxPathsBytes bounds the memory that the names of all entries take together.
const maxPathsBytes = 64 << 20

// maxPaddingBytes bounds the zeros after the end of an archive. tar writes
// records of 10 KiB unless told otherwise, and at most a few MiB then.
const maxPaddingBytes = 4 << 20

func (l Limits) withDefaults() Limits {
	if l.MaxUnpackedBytes <= 0 {
		l.MaxUnpackedBytes = DefaultMaxUnpackedBytes
	}
	if l.MaxEntries <= 0 {
		l.MaxEntries = DefaultMaxEntries
	}
	if l.MaxRatio <= 0 {
		l.MaxRatio = DefaultMaxRatio
	}
	return l
}

// OnVolume returns the room that a file of that length takes on a volume.
func OnVolume(sizeBytes int64) int64 {
	return max((sizeBytes+blockBytes-1)/blockBytes, 1) * blockBytes
}

// Entry is a file or folder of an archive.
type Entry struct {
	// Path is relative, clean and slash-separated.
	Path string
	// Folder says that the entry is a folder.
	Folder bool
	// SizeBytes is the file's length.
	SizeBytes int64
	// Executable says that the file may be executed by someone.
	Executable bool
	// ModTime is when the file was changed last.
	ModTime time.Time
}

// Listing is what an archive holds.
type Listing struct {
	// Entries in the order of the archive.
	Entries []Entry
	// UnpackedBytes is the sum of the lengths of the files.
	UnpackedBytes int64
	// VolumeBytes is the room they take on a volume, in whole blocks.
	VolumeBytes int64
}

// Files returns the number of files.
func (l Listing) Files() int {
	files := 0
	for _, entry := range l.Entries {
		if !entry.Folder {
			files++
		}
	}
	return files
}

// Visitor takes an accepted entry. data is empty for folders, and need not be
// read to its end.
type Visitor func(entry Entry, data io.Reader) error

// Walk reads a whole archive once, hands each file and folder on as it comes,
// and returns what the archive holds, or why it is refused. It writes nothing.
// What was handed on before a refusal must not be used.
func Walk(content io.Reader, limits Limits, visit Visitor) (Listing, error) {
	return walk(content, limits, func(entry Entry, data io.Reader) error {
		if err := visit(entry, data); err != nil {
			return err
		}
		// Read to its end here, where damage is still blamed on this entry.
		_, err := io.Copy(io.Discard, data)
		return err
	})
}

// walker holds what has been accepted so far.
type walker struct {
	limits  Limits
	listing Listing
	// taken maps each path, and each folder above one, to what it is.
	taken map[string]occupant
	// headers and implied count what the archive makes us remember and create
	// beside its entries, pathBytes what their names take in memory.
	headers   int
	implied   int
	pathBytes int
	visit     Visitor
}

// occupant is what stands at a path.
type occupant int

const (
	implied occupant = iota + 1 // a folder that a deeper path needs
	folder
	file
)

func walk(content io.Reader, limits Limits, visit Visitor) (Listing, error) {
	source := &watchedReader{from: content}
	listing, err := walkFrom(source, limits, visit)
	if source.failed != nil {
		return Listing{}, fmt.Errorf("cannot read the archive: %w", source.failed)
	}
	return listing, err
}

func walkFrom(content io.Reader, limits Limits, visit Visitor) (Listing, error) {
	limits = limits.withDefaults()
	unzipped, err := newMembers(content, limits.MaxRatio)
	if err != nil {
		return Listing{}, err
	}
	w := &walker{limits: limits, taken: map[string]occupant{}, visit: visit}
	archive := tar.NewReader(unzipped)
	for first := true; ; first = false {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Listing{}, headerFailed(err, first)
		}
		if err := w.entry(header, archive); err != nil {
			return Listing{}, err
		}
	}
	if err := nothingFollows(unzipped); err != nil {
		return Listing{}, err
	}
	if w.listing.Files() == 0 {
		return Listing{}, refused(ReasonEmptyOfFile, "")
	}
	return w.listing, nil
}

func (w *walker) entry(header *tar.Header, data io.Reader) error {
	if w.headers++; w.headers > w.limits.MaxEntries {
		return w.tooMany(header.Name)
	}
	if header.Typeflag == tar.TypeXGlobalHeader {
		return nil // a comment, as `git archive` writes it
	}
	kind, err := kindOf(header)
	if err != nil {
		return err
	}
	clean, err := cleanPath(header.Name)
	if err != nil {
		return err
	}
	if clean == "." {
		return nil // the folder itself
	}
	known := w.taken[clean]
	if err := w.take(header.Name, clean, kind); err != nil {
		return err
	}
	if kind == folder && known == folder {
		return nil
	}
	entry := Entry{
		Path: clean, Folder: kind == folder, ModTime: header.ModTime,
		Executable: header.Mode&0o111 != 0, SizeBytes: header.Size,
	}
	if err := w.count(header.Name, entry); err != nil {
		return err
	}
	return w.pass(entry, data)
}

// pass hands an entry on, and tells damage of the archive from the visitor's
// own failures.
func (w *walker) pass(entry Entry, data io.Reader) error {
	reader := &watchedReader{from: data}
	if err := w.visit(entry, reader); err != nil {
		if reader.failed != nil {
			return dataFailed(reader.failed, entry.Path)
		}
		return err
	}
	return nil
}

// count adds an entry to the sums. The size is the header's: the tar reader
// never yields more than that.
func (w *walker) count(name string, entry Entry) error {
	tooBig := &RefusedError{
		Reason: ReasonTooBig, Entry: name,
		Detail: fmt.Sprintf("at most %d bytes in blocks of %d", w.limits.MaxUnpackedBytes, blockBytes),
	}
	// Compared before it is rounded up: a header may claim nearly 2^63 bytes.
	if entry.SizeBytes > w.limits.MaxUnpackedBytes {
		return tooBig
	}
	w.listing.VolumeBytes += OnVolume(entry.SizeBytes)
	if w.listing.VolumeBytes > w.limits.MaxUnpackedBytes {
		return tooBig
	}
	w.listing.UnpackedBytes += entry.SizeBytes
	w.listing.Entries = append(w.listing.Entries, entry)
	return nil
}

func (w *walker) tooMany(name string) error {
	return &RefusedError{Reason: ReasonTooMany, Entry: name, Detail: fmt.Sprintf("at most %d", w.limits.MaxEntries)}
}

// nothingFollows reads the padding after the last entry.
func nothingFollows(unzipped io.Reader) error {
	buffer := make([]byte, 32<<10)
	for paddingBytes := 0; ; {
		n, err := unzipped.Read(buffer)
		paddingBytes += n
		for _, b := range buffer[:n] {
			if b != 0 {
				return refused(ReasonTrailing, "")
			}
		}
		if paddingBytes > maxPaddingBytes {
			return &RefusedError{Reason: ReasonTrailing, Detail: fmt.Sprintf("more than %d zeros", maxPaddingBytes)}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return dataFailed(err, "")
		}
	}
}

// watchedReader remembers the error of what it reads from.
type watchedReader struct {
	from   io.Reader
	failed error
}

func (r *watchedReader) Read(data []byte) (int, error) {
	n, err := r.from.Read(data)
	if err != nil && !errors.Is(err, io.EOF) {
		r.failed = err
	}
	return n, err
}

func headerFailed(err error, first bool) error {
	if errors.Is(err, tar.ErrHeader) && first {
		return &RefusedError{Reason: ReasonNotTar}
	}
	return dataFailed(err, "")
}

func dataFailed(err error, entry string) error {
	var broken *RefusedError
	switch {
	case errors.As(err, &broken):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &RefusedError{Reason: ReasonTruncated, Entry: entry}
	default:
		return &RefusedError{Reason: ReasonCorrupt, Entry: entry, Err: err}
	}
}
