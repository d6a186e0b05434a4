package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// DownloadFile copies an object to a file in parts, and goes on where an earlier
// call with the same path was interrupted, be it by a kill. Beside the file it
// keeps a journal (JournalSuffix) of the parts that are there, with their
// checksums; a part that is not what it was, and any part of an object that has
// changed, is read again. It returns how many bytes did not have to be read.
//
// The journal stays when the file is complete, so that the next call reads
// nothing; remove both together.
func (t Transfer) DownloadFile(ctx context.Context, from Bucket, object Object, path string) (reusedBytes int64, err error) {
	t = t.withDefaults()
	if t.PartBytes, err = partBytes(ctx, from, object, t.PartBytes); err != nil {
		return 0, err
	}
	at := from.Location(object.Key)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return 0, failed("read", at, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	have, err := openJournal(path+JournalSuffix, journalHeader{
		URI: at.String(), ETag: object.ETag, SizeBytes: object.SizeBytes, PartBytes: t.PartBytes,
	}, file)
	if err != nil {
		return 0, failed("read", at, err)
	}
	defer func() { err = errors.Join(err, have.file.Close()) }()
	if err := file.Truncate(object.SizeBytes); err != nil {
		return 0, failed("read", at, err)
	}
	if err := t.download(ctx, from, object, file, have); err != nil {
		return have.reusedBytes(), err
	}
	return have.reusedBytes(), object.Check(file)
}

// DigestError tells that an object's content is not what the store named it by.
type DigestError struct{ Key, Want, Got string }

// Error names both digests.
func (e *DigestError) Error() string {
	return fmt.Sprintf("the digest of %s is %s; want %s", e.Key, e.Got, e.Want)
}

// Check reads content from its beginning and compares it with the object's
// digest, where it has one.
func (o Object) Check(content io.ReaderAt) error {
	if o.Digest == "" {
		return nil
	}
	got, err := Digest(io.NewSectionReader(content, 0, o.SizeBytes))
	if err != nil {
		return err
	}
	if got != o.Digest {
		return &DigestError{Key: o.Key, Want: o.Digest, Got: got}
	}
	return nil
}
