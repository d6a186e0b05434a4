package pickle

import "strings"

// maxKept bounds the elements of tuples and dictionaries that shadows keep:
// what is looked for stands in small ones.
const maxKept = 16

// step carries out one opcode. Opcodes and their arguments are those of
// Python's pickletools module, protocols 0 to 5.
func (m *machine) step(code byte) error {
	if done, err := m.constants(code); done {
		return err
	}
	if done, err := m.containers(code); done {
		return err
	}
	if done, err := m.memory(code); done {
		return err
	}
	return m.objects(code)
}

// constants pushes what stands in the pickle itself.
func (m *machine) constants(code byte) (bool, error) {
	switch code {
	case 'N', 0x88, 0x89: // NONE, NEWTRUE, NEWFALSE
		m.other()
	case 'I', 'L': // INT, LONG
		return true, m.decimal()
	case 'J': // BININT
		return true, m.number(4)
	case 'K': // BININT1
		return true, m.number(1)
	case 'M': // BININT2
		return true, m.number(2)
	case 0x8a: // LONG1
		return true, m.long(1)
	case 0x8b: // LONG4
		return true, m.long(4)
	case 'F': // FLOAT
		m.other()
		_, err := m.line()
		return true, err
	case 'G': // BINFLOAT
		m.other()
		return true, m.skip(8)
	case 'S', 'V': // STRING, UNICODE
		text, err := m.line()
		m.push(shadow{kind: shadowText, text: strings.Trim(text, `'"`)})
		return true, err
	case 'U', 0x8c, 'C': // SHORT_BINSTRING, SHORT_BINUNICODE, SHORT_BINBYTES
		return true, m.payload(1, shadowText)
	case 'T', 'X', 'B': // BINSTRING, BINUNICODE, BINBYTES
		return true, m.payload(4, shadowText)
	case 0x8d, 0x8e, 0x96: // BINUNICODE8, BINBYTES8, BYTEARRAY8
		return true, m.payload(8, shadowText)
	case 0x97: // NEXT_BUFFER
		m.other()
	case 0x98: // READONLY_BUFFER
	default:
		return false, nil
	}
	return true, nil
}

// containers builds tuples, lists, sets and dictionaries.
func (m *machine) containers(code byte) (bool, error) {
	switch code {
	case '(': // MARK
		m.push(shadow{kind: shadowMark})
	case ')': // EMPTY_TUPLE
		m.push(shadow{kind: shadowTuple})
	case ']', 0x8f: // EMPTY_LIST, EMPTY_SET
		m.other()
	case '}': // EMPTY_DICT
		m.push(shadow{kind: shadowDict})
	case 't', 'd': // TUPLE, DICT
		items, err := m.popMark()
		if err != nil {
			return true, err
		}
		if code == 'd' {
			m.push(shadow{kind: shadowDict})
			m.entries(items)
			return true, nil
		}
		m.push(shadow{kind: shadowTuple, items: items[:min(len(items), maxKept)]})
	case 'l', 0x91: // LIST, FROZENSET
		_, err := m.popMark()
		m.other()
		return true, err
	case 0x85, 0x86, 0x87: // TUPLE1 to TUPLE3
		return true, m.tuple(int(code-0x85) + 1)
	case 'e', 0x90: // APPENDS, ADDITEMS
		_, err := m.popMark()
		return true, err
	case 'a': // APPEND
		_, err := m.pop()
		return true, err
	case 's': // SETITEM
		value, err := m.pop()
		if err != nil {
			return true, err
		}
		key, err := m.pop()
		m.entries([]shadow{key, value})
		return true, err
	case 'u': // SETITEMS
		items, err := m.popMark()
		m.entries(items)
		return true, err
	default:
		return false, nil
	}
	return true, nil
}

func (m *machine) tuple(n int) error {
	if len(m.stack) < n {
		return errStack
	}
	items := append([]shadow(nil), m.stack[len(m.stack)-n:]...)
	m.stack = append(m.stack[:len(m.stack)-n], shadow{kind: shadowTuple, items: items})
	return nil
}

// entries puts keys and values into the dictionary on top of the stack.
func (m *machine) entries(items []shadow) {
	for i := 0; i+1 < len(items); i += 2 {
		m.entry(items[i], items[i+1])
	}
	if len(m.stack) == 0 || m.stack[len(m.stack)-1].kind != shadowDict {
		return
	}
	top := &m.stack[len(m.stack)-1]
	if len(top.items)+len(items) <= 2*maxKept {
		top.items = append(top.items[:len(top.items):len(top.items)], items...)
	}
}

// memory keeps and fetches shadows, and drops them.
func (m *machine) memory(code byte) (bool, error) {
	switch code {
	case '0': // POP
		_, err := m.pop()
		return true, err
	case '1': // POP_MARK
		_, err := m.popMark()
		return true, err
	case '2': // DUP
		top, err := m.pop()
		m.push(top)
		m.push(top)
		return true, err
	case 0x94: // MEMOIZE
		return true, m.memoize(len(m.memo))
	case 'p', 'g': // PUT, GET
		err := m.decimal()
		if err != nil {
			return true, err
		}
		return true, m.remember(code == 'p')
	case 'q', 'h': // BINPUT, BINGET
		if err := m.number(1); err != nil {
			return true, err
		}
		return true, m.remember(code == 'q')
	case 'r', 'j': // LONG_BINPUT, LONG_BINGET
		if err := m.number(4); err != nil {
			return true, err
		}
		return true, m.remember(code == 'r')
	default:
		return false, nil
	}
}

// remember puts into the memo or fetches from it, at the place that is on top
// of the stack.
func (m *machine) remember(put bool) error {
	place, err := m.pop()
	if err != nil {
		return err
	}
	if put {
		return m.memoize(int(place.value))
	}
	if kept := m.memo[int(place.value)]; kept != nil {
		m.push(*kept)
		return nil
	}
	m.other()
	return nil
}

func (m *machine) memoize(place int) error {
	if len(m.stack) == 0 {
		return errStack
	}
	top := m.stack[len(m.stack)-1]
	if top.kind == shadowOther {
		m.memo[place] = nil
		return nil
	}
	m.memo[place] = &top
	return nil
}

// objects imports and calls, in shadow.
func (m *machine) objects(code byte) error {
	switch code {
	case 0x80: // PROTO
		version, err := m.readByte()
		m.protocol = max(m.protocol, int(version))
		return err
	case 0x95: // FRAME
		_, err := m.length(8)
		return err
	case 'c': // GLOBAL
		return m.named(false)
	case 'i': // INST
		return m.named(true)
	case 0x93: // STACK_GLOBAL
		return m.stackGlobal()
	case 'R', 0x81: // REDUCE, NEWOBJ
		return m.apply(2)
	case 0x92: // NEWOBJ_EX
		return m.apply(3)
	case 'o': // OBJ
		items, err := m.popMark()
		if err != nil || len(items) == 0 {
			return errStack
		}
		m.called(items[0], items[1:])
		return nil
	case 'b': // BUILD
		return m.build()
	case 'P': // PERSID
		m.other()
		_, err := m.line()
		return err
	case 'Q': // BINPERSID
		_, err := m.pop()
		m.other()
		return err
	case 0x82, 0x83, 0x84: // EXT1, EXT2, EXT4
		m.other()
		return m.skip(int64(1) << (code - 0x82))
	default:
		return errOpcode
	}
}

// named reads the module and name of GLOBAL and INST.
func (m *machine) named(instance bool) error {
	module, err := m.line()
	if err != nil {
		return err
	}
	name, err := m.line()
	if err != nil {
		return err
	}
	if !instance {
		return m.global(module, name)
	}
	args, err := m.popMark()
	if err != nil {
		return err
	}
	if err := m.global(module, name); err != nil {
		return err
	}
	function, err := m.pop()
	m.called(function, args)
	return err
}

// stackGlobal imports by two strings on the stack. Where they are not plain
// strings of the pickle, what is imported cannot be told, and that is said.
func (m *machine) stackGlobal() error {
	name, err := m.pop()
	if err != nil {
		return err
	}
	module, err := m.pop()
	if err != nil {
		return err
	}
	if name.kind != shadowText || module.kind != shadowText {
		return m.global("?", "?")
	}
	return m.global(module.text, name.text)
}

// apply calls what lies below n-1 arguments.
func (m *machine) apply(n int) error {
	if len(m.stack) < n {
		return errStack
	}
	top := m.stack[len(m.stack)-n:]
	function, args := top[0], top[1]
	m.stack = m.stack[:len(m.stack)-n]
	m.called(function, args.items)
	return nil
}
