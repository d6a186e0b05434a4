package pickle

import (
	"strconv"
	"strings"
)

// build takes a state off the stack. joblib writes an array's bytes right
// after the BUILD of the object that stands for it
// (joblib.numpy_pickle.NumpyArrayWrapper, write_array and read_array there).
func (m *machine) build() error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	if len(m.stack) == 0 {
		return errStack
	}
	top := m.stack[len(m.stack)-1]
	if top.kind == shadowInstance && strings.HasPrefix(top.text, "joblib.") && strings.HasSuffix(top.text, ".NumpyArrayWrapper") {
		return m.array(state)
	}
	return nil
}

// array goes over the bytes of a joblib array.
func (m *machine) array(state shadow) error {
	shape, dtype, aligned := field(state, "shape"), field(state, "dtype"), field(state, "numpy_array_alignment_bytes")
	if shape.kind != shadowTuple || dtype.kind != shadowInstance {
		return errOpcode
	}
	if len(dtype.items) == 0 || dtype.items[0].kind != shadowText {
		return errOpcode
	}
	form := dtype.items[0].text
	if strings.HasPrefix(form, "O") {
		return m.objectArray()
	}
	bytes, ok := arrayBytes(form, shape)
	if !ok {
		return errOpcode
	}
	if aligned.kind == shadowNumber {
		padding, err := m.length(1)
		if err != nil {
			return err
		}
		if err := m.skip(padding); err != nil {
			return err
		}
	}
	return m.skip(bytes)
}

// objectArray reads the pickle that stands in place of the bytes of an array
// of objects.
func (m *machine) objectArray() error {
	if m.nested++; m.nested > maxNested {
		return errLimit
	}
	stack, memo := m.stack, m.memo
	m.stack, m.memo = nil, map[int]*shadow{}
	err := m.run()
	m.stack, m.memo = stack, memo
	m.nested--
	return err
}

// arrayBytes is the product of the shape and of the element's width: the
// number in forms such as f8 or V16, and four times that of U5.
func arrayBytes(form string, shape shadow) (int64, bool) {
	width, err := strconv.ParseInt(strings.TrimLeft(form, "<>=|"+letters), 10, 32)
	if err != nil {
		return 0, false
	}
	if strings.HasPrefix(form, "U") {
		width *= 4
	}
	bytes := width
	for _, dimension := range shape.items {
		if dimension.kind != shadowNumber || dimension.value < 0 {
			return 0, false
		}
		if dimension.value > 0 && bytes > (1<<62)/dimension.value {
			return 0, false
		}
		bytes *= dimension.value
	}
	return bytes, true
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// field returns a value of a dictionary's shadow.
func field(state shadow, key string) shadow {
	for i := 0; i+1 < len(state.items); i += 2 {
		if state.items[i].kind == shadowText && state.items[i].text == key {
			return state.items[i+1]
		}
	}
	return shadow{}
}
