package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
)

// staging is one upload under way in a store that keeps its parts until the
// upload is completed or given up, also when the process that began it is gone.
// Nothing is visible under the key before.
type staging interface {
	// rules say what parts the store takes.
	rules() rules
	// begin starts a new upload, and gives up what this value had before.
	begin(ctx context.Context) error
	// state names the upload so that another process can go on with it.
	state() string
	// resume takes an upload up and returns what the store has of it. It fails
	// with errUploadGone when the store knows no such upload.
	resume(ctx context.Context, state string, l layout) (held, error)
	// send sends a part from fromBytes on and returns what the store calls it.
	// content holds those bytes; it is nil where the store fetches them itself.
	send(ctx context.Context, p piece, content *payload) (tag string, err error)
	// finish makes the object of all parts visible, and says how the store's
	// copy was checked. total holds the checksums of the whole where parts are
	// sent in order.
	finish(ctx context.Context, parts []sentPart, total *sums) (Check, error)
	// abort gives the upload up.
	abort(ctx context.Context) error
	// left says, without secrets, what stays in the store when the upload is
	// neither finished nor aborted, and how it goes away.
	left() string
}

// rules are what a store demands of an upload.
type rules struct {
	// way names how the parts are sent, for the journal.
	way string
	// maxParts bounds the number of parts; zero does not.
	maxParts int64
	// minPartBytes is the shortest part but the last; multipleBytes is what the
	// length of all but the last has to be a multiple of. Zero demands nothing.
	minPartBytes, multipleBytes int64
	// ordered stores take parts one after the other.
	ordered bool
	// inStore says that no bytes go through this machine; parts are then of
	// partBytes.
	inStore   bool
	partBytes int64
}

// layout divides an object as the rules demand.
func (r rules) layout(sizeBytes, wantBytes int64) layout {
	if r.inStore {
		wantBytes = r.partBytes
	}
	wantBytes = max(wantBytes, r.minPartBytes)
	if r.multipleBytes > 0 {
		wantBytes = (wantBytes + r.multipleBytes - 1) / r.multipleBytes * r.multipleBytes
	}
	return layoutOf(sizeBytes, wantBytes, r.maxParts)
}

// stager is a Bucket whose uploads outlive the process. False means that this
// one object has to be written in one go.
type stager interface {
	stage(key string, object Object) (staging, bool)
}

// errUploadGone tells that the store no longer knows an upload, or parts of it.
var errUploadGone = errors.New("the store no longer has the unfinished upload")

// errUnfit tells that the store refuses to make the object of what was sent, as
// it would the next time.
var errUnfit = errors.New("the store does not accept what was sent as a whole")

// plainKey says that a key means the same to gocloud.dev, which escapes some
// characters, and to a store's own interface. Others are written in one go.
func plainKey(key string) bool {
	for i, r := range key {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune("._-/=+@ ", r) {
			return false
		}
		if i > 0 && (key[i-1:i+1] == "//" || key[i-1:i+1] == "..") {
			return false
		}
	}
	return key != "" && key[0] != '/' && key[len(key)-1] != '/'
}

// payload is a part in memory on its way to a store. It can be read more than
// once; moved hears that some of it was.
type payload struct {
	data  []byte
	moved func()
	// total is of everything up to the end of this part, where parts are sent in
	// order, and last says that nothing follows.
	total *sums
	last  bool
}

func (p *payload) body() io.ReadSeekCloser {
	return &payloadReader{reader: bytes.NewReader(p.data), moved: p.moved}
}

// payloadReader hides bytes.Reader's WriteTo, which would send everything
// before the first sign of life.
type payloadReader struct {
	reader *bytes.Reader
	moved  func()
}

func (r *payloadReader) Read(data []byte) (int, error) {
	r.moved()
	return r.reader.Read(data)
}

func (r *payloadReader) Seek(offset int64, whence int) (int64, error) {
	return r.reader.Seek(offset, whence)
}

func (r *payloadReader) Close() error { return nil }
