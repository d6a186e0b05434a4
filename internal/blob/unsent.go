package blob

// layout divides an object into parts of one length; the last may be shorter.
type layout struct{ sizeBytes, partBytes int64 }

// count is the number of parts.
func (l layout) count() int { return int((l.sizeBytes + l.partBytes - 1) / l.partBytes) }

// piece returns a part of which everything is to be sent.
func (l layout) piece(number int) piece {
	begin := int64(number) * l.partBytes
	return piece{number: number, beginBytes: begin, fromBytes: begin, endBytes: min(begin+l.partBytes, l.sizeBytes)}
}

// layoutOf keeps to the length that is wanted, unless the store takes too few
// parts for that; those are whole MiB then.
func layoutOf(sizeBytes, wantBytes, maxParts int64) layout {
	if maxParts > 0 && (sizeBytes+wantBytes-1)/wantBytes > maxParts {
		needed := (sizeBytes + maxParts - 1) / maxParts
		wantBytes = (needed + 1<<20 - 1) >> 20 << 20
	}
	return layout{sizeBytes: sizeBytes, partBytes: wantBytes}
}

// piece is a part of an object, and what of it is still to be sent.
type piece struct {
	// number counts from 0.
	number               int
	beginBytes, endBytes int64
	// fromBytes is where sending begins. It differs from beginBytes where the
	// store has the first bytes of the part, and is endBytes where it has all of
	// them but nobody recorded their checksum.
	fromBytes int64
}

// sentPart is a part that the store confirmed.
type sentPart struct {
	Number int `json:"number"`
	// Tag is what the store calls the part's content.
	Tag string `json:"tag,omitempty"`
	// Sums is the state of the running checksums after the part, where parts are
	// sent in order.
	Sums string `json:"sums,omitempty"`
	// State names the upload from this part on, where its name changes.
	State string `json:"state,omitempty"`
}

// heldPart is a part that a store says it has.
type heldPart struct {
	number int
	tag    string
}

// held is what a store has of an upload: parts with their lengths, or, where
// parts are sent in order, the first so many bytes.
type held struct {
	parts map[heldPart]int64
	bytes int64
}

// unsent decides which parts are still to be sent: all but those that the
// journal records and the store confirms by the same tag and length.
func unsent(l layout, recorded []sentPart, h held) (kept []sentPart, rest []piece) {
	known := map[int]sentPart{}
	for _, part := range recorded {
		if part.Number < 0 || part.Number >= l.count() {
			continue
		}
		whole := l.piece(part.Number)
		length, ok := h.parts[heldPart{number: part.Number, tag: part.Tag}]
		if ok && length == whole.endBytes-whole.beginBytes {
			known[part.Number] = part
		}
	}
	for number := range l.count() {
		if part, ok := known[number]; ok {
			kept = append(kept, part)
		} else {
			rest = append(rest, l.piece(number))
		}
	}
	return kept, rest
}

// unsentInOrder is unsent for stores that take parts one after the other. What
// they hold of bytes that the journal has no checksum of is read again, to go
// on with the checksum, and not sent again.
func unsentInOrder(l layout, recorded []sentPart, h held) (kept []sentPart, rest []piece) {
	byNumber := map[int]sentPart{}
	for _, part := range recorded {
		byNumber[part.Number] = part
	}
	for number := range l.count() {
		whole := l.piece(number)
		part, ok := byNumber[number]
		if ok && len(kept) == number && whole.endBytes <= h.bytes {
			kept = append(kept, part)
			continue
		}
		whole.fromBytes = min(max(h.bytes, whole.beginBytes), whole.endBytes)
		rest = append(rest, whole)
	}
	return kept, rest
}
