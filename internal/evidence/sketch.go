package evidence

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/pb/sketchpb"
	"google.golang.org/protobuf/proto"
)

// RelativeAccuracy bounds the error of a Sketch's quantiles: a quantile of
// 100 ms is given as 99 to 101 ms.
const RelativeAccuracy = 0.01

// The range of values a Sketch tells apart, in seconds. What lies outside
// counts as the nearer end. The range bounds the number of bins to about 1300
// (ln(1e11)/ln(1.0202)), and so the size of a sketch that is read.
const (
	MinSeconds = 1e-6
	MaxSeconds = 1e5
)

// maxSketchBytes bounds the protobuf of a sketch that is read: 1300 bins of 8
// bytes, or of 12 when written one by one, with room to spare.
const maxSketchBytes = 64 << 10

// maxCount bounds counts that are read: above it a float64 no longer tells one
// request from none.
const maxCount = 1 << 53

// Sketch is the distribution of durations in seconds, of which quantiles can be
// asked and which can be merged with others without loss (a DDSketch, Masson et
// al., VLDB 2019). The zero value is empty and ready to use. A copy by
// assignment shares its contents with the original: use Clone. Not safe for
// concurrent use.
//
// Its JSON form is the base64 of the DDSketch protobuf, or "" when it is empty.
type Sketch struct { //nolint:recvcheck // reading serves copies by value, as in MarshalJSON; adding must not
	bins *ddsketch.DDSketch
}

// Add counts one duration in seconds. NaN is ignored: it is no duration.
func (s *Sketch) Add(seconds float64) {
	if math.IsNaN(seconds) {
		return
	}
	// The range is one the sketch can index, so this cannot fail.
	_ = s.grown().Add(min(max(seconds, MinSeconds), MaxSeconds))
}

// Merge adds everything in other, which stays as it is.
func (s *Sketch) Merge(other Sketch) {
	if other.Count() == 0 {
		return
	}
	// All sketches of this package have one mapping, so this cannot fail.
	_ = s.grown().MergeWith(other.bins)
}

// Clone returns a copy that shares nothing with the original.
func (s Sketch) Clone() Sketch {
	if s.bins == nil {
		return Sketch{}
	}
	return Sketch{bins: s.bins.Copy()}
}

// Count returns how many durations were added.
func (s Sketch) Count() int64 {
	if s.bins == nil {
		return 0
	}
	return int64(math.Round(s.bins.GetCount()))
}

// Quantile returns the duration in seconds below which the share q (0 to 1) of
// the durations lies, within RelativeAccuracy. It is false when the sketch is
// empty or q is outside 0 to 1.
func (s Sketch) Quantile(q float64) (float64, bool) {
	if s.Count() == 0 || math.IsNaN(q) {
		return 0, false
	}
	seconds, err := s.bins.GetValueAtQuantile(q)
	if err != nil {
		return 0, false
	}
	return seconds, true
}

// CountAbove returns how many durations were longer than so many seconds. A bin
// counts as a whole, by its middle, so durations within RelativeAccuracy of the
// bound may fall on either side.
func (s Sketch) CountAbove(seconds float64) int64 {
	if s.bins == nil {
		return 0
	}
	var count float64
	s.bins.ForEach(func(value, n float64) bool {
		if value > seconds {
			count += n
		}
		return false
	})
	return int64(math.Round(count))
}

// Equal says whether both hold the same counts in the same bins.
func (s Sketch) Equal(other Sketch) bool {
	a, errA := s.encode()
	b, errB := other.encode()
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// MarshalJSON writes the sketch as a base64 string.
func (s Sketch) MarshalJSON() ([]byte, error) {
	data, err := s.encode()
	if err != nil {
		return nil, err
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(data))
}

// UnmarshalJSON reads what MarshalJSON wrote. It refuses sketches of another
// accuracy, values outside the range, and counts that are no counts.
func (s *Sketch) UnmarshalJSON(data []byte) error {
	if len(data) > base64.StdEncoding.EncodedLen(maxSketchBytes)+2 {
		return fmt.Errorf("latency sketch of %d bytes is too large; want at most %d bytes of protobuf", len(data), maxSketchBytes)
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("reading latency sketch: want a base64 string: %w", err)
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return fmt.Errorf("reading latency sketch: want base64: %w", err)
	}
	read, err := decodeSketch(raw)
	if err != nil {
		return fmt.Errorf("reading latency sketch: %w", err)
	}
	*s = read
	return nil
}

func (s *Sketch) grown() *ddsketch.DDSketch {
	if s.bins == nil {
		s.bins = newBins()
	}
	return s.bins
}

func newBins() *ddsketch.DDSketch {
	// The accuracy is a constant between 0 and 1, so this cannot fail.
	bins, _ := ddsketch.LogUnboundedDenseDDSketch(RelativeAccuracy)
	return bins
}

// encode gives equal bytes for equal contents, however they came about: the
// bins run from the lowest in use to the highest.
func (s Sketch) encode() ([]byte, error) {
	if s.Count() == 0 {
		return nil, nil
	}
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(s.bins.ToProto())
	if err != nil {
		return nil, fmt.Errorf("encoding latency sketch: %w", err)
	}
	return data, nil
}

func decodeSketch(raw []byte) (Sketch, error) {
	if len(raw) == 0 {
		return Sketch{}, nil
	}
	var message sketchpb.DDSketch
	if err := proto.Unmarshal(raw, &message); err != nil {
		return Sketch{}, fmt.Errorf("want a DDSketch protobuf: %w", err)
	}
	sketch := Sketch{bins: newBins()}
	want := sketch.bins.ToProto().GetMapping()
	if !proto.Equal(message.GetMapping(), want) {
		return Sketch{}, fmt.Errorf("mapping is {%v}; want {%v}, which is a relative accuracy of %v", message.GetMapping(), want, RelativeAccuracy)
	}
	if message.GetZeroCount() != 0 || storeLength(message.GetNegativeValues()) != 0 {
		return Sketch{}, errors.New("it counts durations of zero or less; want positive ones only")
	}
	if err := sketch.addStore(message.GetPositiveValues()); err != nil {
		return Sketch{}, err
	}
	if sketch.bins.GetCount() > maxCount {
		return Sketch{}, fmt.Errorf("it counts %g durations; want at most %d", sketch.bins.GetCount(), int64(maxCount))
	}
	return sketch, nil
}

func storeLength(store *sketchpb.Store) int {
	return len(store.GetBinCounts()) + len(store.GetContiguousBinCounts())
}

// addStore adds the bins one by one after checking each: the library would
// allocate whatever span of bins a message names.
func (s *Sketch) addStore(store *sketchpb.Store) error {
	for index, count := range store.GetBinCounts() {
		if err := s.addBin(int64(index), count); err != nil {
			return err
		}
	}
	for i, count := range store.GetContiguousBinCounts() {
		if err := s.addBin(int64(store.GetContiguousBinIndexOffset())+int64(i), count); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sketch) addBin(index int64, count float64) error {
	if count != math.Trunc(count) || count < 0 || count > maxCount {
		return fmt.Errorf("bin %d counts %g durations; want a whole number from 0 to %d", index, count, int64(maxCount))
	}
	if count == 0 {
		return nil
	}
	lowest, highest := int64(s.bins.Index(MinSeconds)), int64(s.bins.Index(MaxSeconds))
	if index < lowest || index > highest {
		return fmt.Errorf("bin %d is outside %d to %d, the bins of %g s to %g s", index, lowest, highest, MinSeconds, float64(MaxSeconds))
	}
	s.bins.GetPositiveValueStore().AddWithCount(int(index), count)
	return nil
}
