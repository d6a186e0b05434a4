package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"sync"
	"sync/atomic"
)

// ErrTooLarge says that a body exceeds the limit of one body.
var ErrTooLarge = errors.New("body is larger than allowed")

// ErrNoMemory says that the budget of all bodies together is spent.
var ErrNoMemory = errors.New("the memory for request bodies is spent")

// Budget bounds the bytes held at once for one purpose. It is safe for
// concurrent use.
type Budget struct {
	limitBytes int64
	usedBytes  atomic.Int64
}

// NewBudget returns a budget of so many bytes.
func NewBudget(limitBytes int64) *Budget { return &Budget{limitBytes: limitBytes} }

// TryAcquire takes bytes out of the budget, or nothing when too few are left.
func (b *Budget) TryAcquire(sizeBytes int64) bool {
	if b.usedBytes.Add(sizeBytes) > b.limitBytes {
		b.usedBytes.Add(-sizeBytes)
		return false
	}
	return true
}

// Release gives bytes back.
func (b *Budget) Release(sizeBytes int64) { b.usedBytes.Add(-sizeBytes) }

// UsedBytes is how much is taken now.
func (b *Budget) UsedBytes() int64 { return b.usedBytes.Load() }

// Body is the bytes of one request, shared by reference between the call, its
// retries and its mirrored copies. The last Release returns the memory.
type Body struct {
	buffer *[]byte
	refs   atomic.Int32
	// budget counts the buffer; nil when none does, or no longer.
	budget     atomic.Pointer[Budget]
	sizeBytes  int
	classIndex int
	hashOnce   sync.Once
	hash       string
}

// NewBody wraps bytes that no budget counts, such as a test's.
func NewBody(data []byte) *Body {
	b := &Body{buffer: &data, sizeBytes: len(data), classIndex: unpooled}
	b.refs.Store(1)
	return b
}

// Bytes is the content; it must not be changed, nor read after Release.
func (b *Body) Bytes() []byte { return (*b.buffer)[:b.sizeBytes] }

// SizeBytes is the length of the content.
func (b *Body) SizeBytes() int64 { return int64(b.sizeBytes) }

// HeldBytes is the memory the content takes, which may be twice its length.
func (b *Body) HeldBytes() int64 { return int64(cap(*b.buffer)) }

// LeaveBudget ends the counting of the body by its budget while the content
// stays: from here on those who hold references count it.
func (b *Body) LeaveBudget() {
	if budget := b.budget.Swap(nil); budget != nil {
		budget.Release(b.HeldBytes())
	}
}

// SHA256 is the content's digest in lower-case hexadecimal, as signatures use
// it; it is computed once.
func (b *Body) SHA256() string {
	b.hashOnce.Do(func() {
		sum := sha256.Sum256(b.Bytes())
		b.hash = hex.EncodeToString(sum[:])
	})
	return b.hash
}

// Retain adds a reference.
func (b *Body) Retain() { b.refs.Add(1) }

// Release drops a reference.
func (b *Body) Release() {
	switch left := b.refs.Add(-1); {
	case left > 0:
		return
	case left < 0:
		panic("exchange: Body released more often than retained")
	}
	b.LeaveBudget()
	putBuffer(b.classIndex, b.buffer)
	b.buffer = nil
}

// Size classes are powers of two: a body is read into the smallest that fits.
const (
	minClassBits = 10 // 1 KiB
	maxClassBits = 25 // 32 MiB
	classCount   = maxClassBits - minClassBits + 1
	unpooled     = -1
	// trustedLengthBytes is how much memory a declared Content-Length may
	// claim before a single byte of the body has arrived, and trustedFactor
	// how many times what has arrived it may claim after that.
	trustedLengthBytes = 64 << 10
	trustedFactor      = 8
)

var classes [classCount]sync.Pool

func getBuffer(sizeBytes int64) (*[]byte, int) {
	class := 0
	if sizeBytes > 1<<minClassBits {
		class = bits.Len64(uint64(sizeBytes-1)) - minClassBits
	}
	if class >= classCount {
		data := make([]byte, 0, sizeBytes)
		return &data, unpooled
	}
	if buffer, ok := classes[class].Get().(*[]byte); ok {
		return buffer, class
	}
	data := make([]byte, 0, 1<<(class+minClassBits))
	return &data, class
}

func putBuffer(class int, buffer *[]byte) {
	if class != unpooled {
		*buffer = (*buffer)[:0]
		classes[class].Put(buffer)
	}
}

// ReadBody reads a request's body to its end. lengthBytes is the declared
// length, negative when unknown; limitBytes bounds this body and budget all of
// them. The errors are ErrTooLarge, ErrNoMemory, or the reader's.
func ReadBody(r io.Reader, lengthBytes, limitBytes int64, budget *Budget) (*Body, error) {
	if lengthBytes > limitBytes {
		return nil, ErrTooLarge
	}
	first := lengthBytes
	if first < 0 {
		first = 4 << 10
	}
	// One byte more than declared, so that a body of exactly that length ends
	// without growing the buffer only to see the end.
	b, err := newPooled(min(first+1, trustedLengthBytes), budget)
	if err != nil {
		return nil, err
	}
	if err := b.fill(r, lengthBytes, limitBytes); err != nil {
		b.Release()
		return nil, err
	}
	return b, nil
}

func newPooled(sizeBytes int64, budget *Budget) (*Body, error) {
	buffer, class := getBuffer(sizeBytes)
	if !budget.TryAcquire(int64(cap(*buffer))) {
		putBuffer(class, buffer)
		return nil, ErrNoMemory
	}
	b := &Body{buffer: buffer, classIndex: class}
	b.budget.Store(budget)
	b.refs.Store(1)
	return b, nil
}

func (b *Body) fill(r io.Reader, lengthBytes, limitBytes int64) error {
	for {
		data := *b.buffer
		if b.sizeBytes == cap(data) {
			if err := b.grow(lengthBytes); err != nil {
				return err
			}
			continue
		}
		n, err := r.Read(data[b.sizeBytes:cap(data)])
		b.sizeBytes += n
		*b.buffer = data[:b.sizeBytes]
		if int64(b.sizeBytes) > limitBytes {
			return ErrTooLarge
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the request's body after %d bytes: %w", b.sizeBytes, err)
		}
	}
}

// grow doubles the buffer, or takes it nearer to the declared length by as much
// as what has arrived makes that believable.
func (b *Body) grow(lengthBytes int64) error {
	old := *b.buffer
	size := int64(cap(old))
	bigger, class := getBuffer(max(2*size, min(trustedFactor*size, lengthBytes+1)))
	budget := b.budget.Load()
	if !budget.TryAcquire(int64(cap(*bigger))) {
		putBuffer(class, bigger)
		return ErrNoMemory
	}
	*bigger = append((*bigger)[:0], old...)
	budget.Release(int64(cap(old)))
	putBuffer(b.classIndex, b.buffer)
	b.buffer, b.classIndex = bigger, class
	return nil
}
