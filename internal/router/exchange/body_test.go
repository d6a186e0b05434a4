package exchange

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// Whatever the declared length and however the bytes arrive, a body is read
// whole or refused, and the budget is whole again at the end.
func TestReadBodyProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 20000).Draw(t, "data")
		declared := rapid.SampledFrom([]int64{-1, int64(len(data)), 0, 1 << 40}).Draw(t, "declared")
		limit := rapid.Int64Range(0, 25000).Draw(t, "limit")
		budget := NewBudget(rapid.Int64Range(0, 100000).Draw(t, "budget"))
		var r io.Reader = bytes.NewReader(data)
		if rapid.Bool().Draw(t, "slow") {
			r = iotest.OneByteReader(r)
		}
		body, err := ReadBody(r, declared, limit, budget)
		switch {
		case err == nil:
			if !bytes.Equal(body.Bytes(), data) || int64(len(data)) > limit {
				t.Fatalf("read %d of %d bytes with a limit of %d", body.SizeBytes(), len(data), limit)
			}
			body.Release()
		case errors.Is(err, ErrTooLarge):
			if int64(len(data)) <= limit && declared <= limit {
				t.Fatalf("%d bytes (declared %d) are too large for a limit of %d", len(data), declared, limit)
			}
		case !errors.Is(err, ErrNoMemory):
			t.Fatalf("ReadBody: %v", err)
		}
		if used := budget.UsedBytes(); used != 0 {
			t.Fatalf("%d bytes of the budget are lost", used)
		}
	})
}

func TestReadBodyError(t *testing.T) {
	broken := errors.New("broken")
	budget := NewBudget(1 << 20)
	_, err := ReadBody(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), 10, 100, budget)
	if !errors.Is(err, broken) || budget.UsedBytes() != 0 {
		t.Errorf("ReadBody = %v with %d bytes held; want the reader's error and none", err, budget.UsedBytes())
	}
}

// A body takes memory as it arrives: a caller that declares much and sends
// nothing takes little, and one that sends takes no more than eightfold.
func TestReadBodyTakesWhatArrives(t *testing.T) {
	const length = 20 << 20
	budget := NewBudget(1 << 30)
	arrived, largest := int64(0), int64(0)
	body, err := ReadBody(readerFunc(func(p []byte) (int, error) {
		if used := budget.UsedBytes(); used > max(64<<10, 8*arrived) {
			t.Fatalf("%d bytes are held after %d arrived", used, arrived)
		}
		largest = max(largest, budget.UsedBytes())
		if arrived == length {
			return 0, io.EOF
		}
		n := min(len(p), 10_000, int(length-arrived))
		arrived += int64(n)
		return n, nil
	}), length, length, budget)
	if err != nil {
		t.Fatal(err)
	}
	body.Release()
	if largest > 2*length {
		t.Errorf("%d bytes were held for a body of %d", largest, length)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// A reader that is closed while it is read never sees memory that was given to
// the next request.
func TestOpenOutlivesRelease(t *testing.T) {
	budget := NewBudget(1 << 20)
	body, err := ReadBody(strings.NewReader(strings.Repeat("a", 900)), 900, 1<<20, budget)
	if err != nil {
		t.Fatal(err)
	}
	reader := body.Open()
	body.Release()
	other, err := ReadBody(strings.NewReader(strings.Repeat("b", 900)), 900, 1<<20, budget)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Release()
	var running sync.WaitGroup
	running.Go(func() {
		got, err := io.ReadAll(reader)
		if strings.Trim(string(got), "a") != "" {
			t.Errorf("read %q of another request (%v)", got, err)
		}
	})
	running.Go(func() { _ = reader.Close() })
	running.Wait()
	if err := reader.Close(); err != nil {
		t.Errorf("a second Close fails: %v", err)
	}
}

func TestReleaseTooOften(t *testing.T) {
	body := NewBody([]byte("x"))
	body.Release()
	defer func() {
		if recover() == nil {
			t.Error("a Release without a reference passed unnoticed")
		}
	}()
	body.Release()
}

func TestFaultStatuses(t *testing.T) {
	want := map[FaultType]int{
		ModelError: 424, ModelNotReady: 429, ValidationError: 400, InternalFailure: 500,
		ServiceUnavailable: 503, InternalDependencyException: 530, AccessDenied: 403, UnknownOperation: 404,
	}
	for faultType, status := range want {
		if got := NewFault(faultType, "m").Status(); got != status {
			t.Errorf("%s has status %d; want %d", faultType, got, status)
		}
	}
}
