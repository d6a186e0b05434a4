package pickle

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
)

// shadow stands on the stack for an object.
type shadow struct {
	kind  shadowKind
	text  string // of a string, or the "module.name" of a global or its instance
	value int64
	// items are a tuple's elements, or a dictionary's keys and values in turn.
	items []shadow
}

type shadowKind int

const (
	shadowOther shadowKind = iota
	shadowText
	shadowNumber
	shadowTuple
	shadowDict
	shadowGlobal
	shadowInstance // of what a global makes
	shadowMark
)

// machine reads opcodes and moves shadows.
type machine struct {
	in       *bufio.Reader
	limits   Limits
	bytes    int64
	opcodes  int
	protocol int
	nested   int
	stack    []shadow
	// memo holds nil for what is of no interest: its length must be right.
	memo     map[int]*shadow
	globals  map[string]bool
	versions map[string]string
}

// run reads until STOP.
func (m *machine) run() error {
	for {
		if m.opcodes++; m.opcodes > m.limits.MaxOpcodes {
			return errLimit
		}
		code, err := m.readByte()
		if err != nil {
			return err
		}
		if code == '.' {
			return nil
		}
		if err := m.step(code); err != nil {
			return err
		}
		if len(m.stack) > maxStack || len(m.memo) > maxMemo {
			return errLimit
		}
	}
}

func (m *machine) push(s shadow) { m.stack = append(m.stack, s) }

func (m *machine) other() { m.push(shadow{}) }

func (m *machine) pop() (shadow, error) {
	if len(m.stack) == 0 {
		return shadow{}, errStack
	}
	top := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return top, nil
}

// popMark takes everything above the last mark, and the mark.
func (m *machine) popMark() ([]shadow, error) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if m.stack[i].kind == shadowMark {
			items := append([]shadow(nil), m.stack[i+1:]...)
			m.stack = m.stack[:i]
			return items, nil
		}
	}
	return nil, errStack
}

func (m *machine) readByte() (byte, error) {
	data, err := m.read(1)
	if err != nil {
		return 0, err
	}
	return data[0], nil
}

// read returns a few bytes.
func (m *machine) read(n int) ([]byte, error) {
	if err := m.count(int64(n)); err != nil {
		return nil, err
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(m.in, data); err != nil {
		return nil, cutOff(err)
	}
	return data, nil
}

func (m *machine) count(n int64) error {
	if n < 0 || n > m.limits.MaxBytes-m.bytes {
		return errLimit
	}
	m.bytes += n
	return nil
}

// skip goes over a payload without keeping it.
func (m *machine) skip(n int64) error {
	if err := m.count(n); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, m.in, n)
	return cutOff(err)
}

func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it is cut off")
	}
	return err
}

// line reads to the end of a line, of which it keeps the beginning.
func (m *machine) line() (string, error) {
	var kept strings.Builder
	for {
		b, err := m.readByte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return kept.String(), nil
		}
		if kept.Len() < maxText {
			kept.WriteByte(b)
		}
	}
}

// length reads a little-endian length of 1, 4 or 8 bytes.
func (m *machine) length(bytes int) (int64, error) {
	data, err := m.read(bytes)
	if err != nil {
		return 0, err
	}
	padded := make([]byte, 8)
	copy(padded, data)
	n := binary.LittleEndian.Uint64(padded)
	if n > uint64(m.limits.MaxBytes) {
		return 0, errLimit
	}
	return int64(n), nil
}

// payload reads a length and what follows it, which is kept when it is short.
func (m *machine) payload(lengthBytes int, kind shadowKind) error {
	n, err := m.length(lengthBytes)
	if err != nil {
		return err
	}
	if n > maxText {
		m.other()
		return m.skip(n)
	}
	data, err := m.read(int(n))
	if err != nil {
		return err
	}
	m.push(shadow{kind: kind, text: string(data)})
	return nil
}

// number reads a little-endian integer of a fixed width.
func (m *machine) number(bytes int) error {
	data, err := m.read(bytes)
	if err != nil {
		return err
	}
	padded := make([]byte, 8)
	copy(padded, data)
	value := int64(binary.LittleEndian.Uint64(padded))
	if bytes == 4 {
		value = int64(int32(uint32(value)))
	}
	m.push(shadow{kind: shadowNumber, value: value})
	return nil
}

// long reads LONG1 and LONG4: little-endian two's complement of any width.
func (m *machine) long(lengthBytes int) error {
	n, err := m.length(lengthBytes)
	if err != nil {
		return err
	}
	if n > 8 {
		m.other()
		return m.skip(n)
	}
	data, err := m.read(int(n))
	if err != nil {
		return err
	}
	reversed := make([]byte, len(data))
	for i, b := range data {
		reversed[len(data)-1-i] = b
	}
	value := new(big.Int).SetBytes(reversed)
	if n > 0 && reversed[0]&0x80 != 0 {
		value.Sub(value, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	m.push(shadow{kind: shadowNumber, value: value.Int64()})
	return nil
}

// decimal reads INT and LONG of protocol 0.
func (m *machine) decimal() error {
	text, err := m.line()
	if err != nil {
		return err
	}
	value, err := strconv.ParseInt(strings.TrimSuffix(text, "L"), 10, 64)
	if err != nil {
		m.other()
		return nil //nolint:nilerr // a number too long to matter
	}
	m.push(shadow{kind: shadowNumber, value: value})
	return nil
}

// global notes what is imported.
func (m *machine) global(module, name string) error {
	full := module + "." + name
	if _, known := m.globals[full]; !known {
		if len(m.globals) >= maxGlobals {
			return fmt.Errorf("more than %d names: %w", maxGlobals, errLimit)
		}
		m.globals[full] = false
	}
	m.push(shadow{kind: shadowGlobal, text: full})
	return nil
}

// called notes that loading calls a global, and leaves its result.
func (m *machine) called(function shadow, args []shadow) {
	if function.kind != shadowGlobal {
		m.other()
		return
	}
	m.globals[function.text] = true
	m.push(shadow{kind: shadowInstance, text: function.text, items: args})
}

// entry notes versions among the entries of dictionaries.
func (m *machine) entry(key, value shadow) {
	if key.kind == shadowText && value.kind == shadowText && strings.HasSuffix(key.text, "version") && len(m.versions) < maxGlobals {
		m.versions[key.text] = value.text
	}
}
