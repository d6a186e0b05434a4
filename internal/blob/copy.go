package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// Job is one object to be copied.
type Job struct {
	// From and Object are what is copied, as it was looked up.
	From   Bucket
	Object Object
	// To and Key are where it goes.
	To  Bucket
	Key string
	// Content is the object on this machine, for whoever has read it already. It
	// is sent in place of reading the object again, and a copy that the store
	// made by itself is held against it. Nil means that it is not here.
	Content io.ReaderAt
	// Journal is the path of a file that records an upload under way, so that
	// the next call with the same path goes on with it, also after a kill. It is
	// gone once the copy is complete. Empty means that every call begins anew
	// and that a failed one leaves nothing in the store.
	Journal string
	// Note hears in a sentence what is worth knowing: what was kept, what had to
	// begin anew, what stays in the store. It may be called from several
	// goroutines. Nil means that nobody listens.
	Note func(sentence string)
}

func (j Job) note(sentence string) {
	if j.Note != nil {
		j.Note(sentence)
	}
}

// origin is where the bytes come from.
func (j Job) origin() Location { return j.From.Location(j.Object.Key) }

// content names the bytes: no other bytes have that name. It is empty where
// nobody knows one.
func (j Job) content() string {
	switch {
	case j.Object.Digest != "":
		return j.Object.Digest
	case j.Object.ETag != "":
		return j.origin().String() + " " + j.Object.ETag
	}
	return ""
}

// Check says how a copy was compared with what was copied.
type Check string

// The checks, strongest first.
const (
	// CheckWhole means that the store's checksum of the whole object is the
	// expected one.
	CheckWhole Check = "Checksum"
	// CheckParts means that the store verified a checksum of every part when it
	// arrived, and has as many bytes as there should be.
	CheckParts Check = "PartChecksums"
	// CheckSource means that the store copied by itself under the condition that
	// the source was still what had been looked up, and that the lengths agree.
	CheckSource Check = "SourceUnchanged"
	// CheckLength means that only the lengths were compared.
	CheckLength Check = "Length"
)

// Weaker returns the weaker of two checks; one that is empty does not count.
func (c Check) Weaker(other Check) Check {
	for _, check := range []Check{CheckLength, CheckSource, CheckParts, CheckWhole} {
		if c == check || other == check {
			return check
		}
	}
	return ""
}

// Copied says how an object was copied.
type Copied struct {
	// Skipped means that the target had an object of that length already.
	Skipped bool
	// InStore means that the store copied it, and nothing went through this
	// machine.
	InStore bool
	// Fallback says why it went through this machine though both places are in
	// the same store; empty otherwise.
	Fallback string
	// KeptBytes were in the store from an interrupted call, and not sent again.
	KeptBytes int64
	// Check says how the copy was checked.
	Check Check
}

// Copy copies an object to a key of another bucket: inside the store where both
// are the same S3 service, otherwise through this machine in parts, several at
// once. At most PartBytes times Parallelism and no more than 128 MiB are in flight, or
// one part where the store demands longer ones; where a store takes parts one
// after the other, PartBytes times Parallelism are read ahead in place of that. An object of the same length under the key counts as copied: keys hold
// the hash of what is below them.
func (t Transfer) Copy(ctx context.Context, job Job) (Copied, error) {
	t = t.withDefaults()
	there, err := job.To.Stat(ctx, job.Key)
	if err == nil && there.SizeBytes == job.Object.SizeBytes {
		t.Progress(job.Object.SizeBytes)
		return Copied{Skipped: true, Check: CheckLength}, forgetUpload(ctx, job)
	}
	if err != nil && KindOf(err) != KindNotFound {
		return Copied{}, err
	}
	var fallback string
	if source, target, ok := sameS3(job.From, job.To); ok && !begunThrough(job) {
		copied, err := t.copyInS3(ctx, job, source, target)
		if err == nil {
			copied.InStore = true
			return copied, nil
		}
		if ctx.Err() != nil || KindOf(err) == KindChanged {
			return Copied{}, err
		}
		fallback = err.Error()
	}
	copied, err := t.copyThrough(ctx, job)
	copied.Fallback = fallback
	return copied, err
}

// forgetUpload gives up what this machine had begun of an object that somebody
// else has completed meanwhile.
func forgetUpload(ctx context.Context, job Job) error {
	header, _, ok, err := readUpload(job.Journal)
	if err != nil || job.Journal == "" {
		return err
	}
	if ok {
		if err := abandon(ctx, job.To, job.Key, header, job.note); err != nil {
			job.note(err.Error())
		}
	}
	return removeJournal(job.Journal)
}

// begunThrough says that an earlier call has begun to send this object through
// this machine, because the store did not copy by itself: what arrived is worth
// more than asking again.
func begunThrough(job Job) bool {
	header, _, ok, err := readUpload(job.Journal)
	return err == nil && ok && header.Way == (&s3Parts{}).rules().way &&
		header.URI == job.To.Location(job.Key).String() && header.Content != "" && header.Content == job.content()
}

// adopter is a Bucket that may have the content already, under another name.
type adopter interface {
	adopt(ctx context.Context, key string, object Object) (bool, error)
}

func (t Transfer) copyThrough(ctx context.Context, job Job) (Copied, error) {
	if store, ok := job.To.(adopter); ok && job.Object.Digest != "" {
		if had, err := store.adopt(ctx, job.Key, job.Object); had || err != nil {
			return Copied{KeptBytes: job.Object.SizeBytes, Check: CheckWhole}, err
		}
	}
	if job.Object.SizeBytes <= t.PartBytes {
		return t.copySmall(ctx, job)
	}
	if able, ok := job.To.(stager); ok {
		if to, ok := able.stage(job.Key, job.Object); ok {
			return t.copyStaged(ctx, job, to)
		}
	}
	return t.copyAtOnce(ctx, job)
}

// copyStaged sends parts, or everything at once where the store turns out to
// take none.
func (t Transfer) copyStaged(ctx context.Context, job Job, to staging) (Copied, error) {
	copied, err := t.upload(ctx, job, to)
	if !errors.Is(err, errNoParts) {
		return copied, err
	}
	job.note(fmt.Sprintf("%s does not take files in parts, so that an interrupted export begins this one from the start: %s",
		job.To.Location(job.Key), oneLine(err.Error())))
	return t.copyAtOnce(ctx, job)
}

// errNoParts tells that a store takes an object only in one go.
var errNoParts = errors.New("it takes no parts")

// copySmall copies what fits into one part.
func (t Transfer) copySmall(ctx context.Context, job Job) (Copied, error) {
	data, err := source{transfer: t, job: job}.part(ctx, 0, job.Object.SizeBytes)
	if err != nil {
		return Copied{}, err
	}
	check := CheckLength
	err = t.retry(ctx, job.To.Location(job.Key), func() (err error) {
		if store, ok := job.To.(putter); ok {
			check, err = store.put(ctx, job.Key, data)
			return err
		}
		return job.To.Write(ctx, job.Key, bytes.NewReader(data))
	})
	if err != nil {
		return Copied{}, err
	}
	t.Progress(job.Object.SizeBytes)
	return Copied{Check: check}, sameLength(ctx, job.Object, job.To, job.Key)
}

// putter is a Bucket that can have the store check what arrives.
type putter interface {
	put(ctx context.Context, key string, data []byte) (Check, error)
}

// retry writes something until it succeeds or fails for good.
func (t Transfer) retry(ctx context.Context, at Location, act func() error) error {
	for attempt := 1; ; attempt++ {
		err := act()
		if err == nil {
			return nil
		}
		err = failed("write", at, err)
		if attempt >= t.Attempts || ctx.Err() != nil || !retryable(err) {
			return err
		}
		if err := pause(ctx, t.Backoff(attempt+1)); err != nil {
			return err
		}
	}
}

// copyAtOnce copies what cannot be gone on with.
func (t Transfer) copyAtOnce(ctx context.Context, job Job) (Copied, error) {
	reader, err := source{transfer: t, job: job}.stream(ctx, 0)
	if err != nil {
		return Copied{}, err
	}
	heard := &counted{ReadCloser: reader, progress: t.Progress}
	if err := errors.Join(job.To.Write(ctx, job.Key, heard), heard.Close()); err != nil {
		return Copied{}, err
	}
	check := CheckLength
	if _, ok := job.To.(*ociBucket); ok {
		check = CheckWhole // registries verify the digest of what is pushed
	}
	return Copied{Check: check}, sameLength(ctx, job.Object, job.To, job.Key)
}

func sameLength(ctx context.Context, object Object, to Bucket, key string) error {
	there, err := to.Stat(ctx, key)
	if err != nil {
		return err
	}
	if there.SizeBytes != object.SizeBytes {
		return failed("write", to.Location(key), fmt.Errorf("the store has %d bytes of it; want %d", there.SizeBytes, object.SizeBytes))
	}
	return nil
}
