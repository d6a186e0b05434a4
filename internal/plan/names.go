package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Names of the two variants of an exported Endpoint.
const (
	ManagedVariant = "managed"
	ClusterVariant = "cluster"
)

// Longest names. An Endpoint's name and a variant's may have 50 characters
// together; a Model's name goes into labels, which hold 63.
const (
	MaxEndpointNameLength = 50 - len(ManagedVariant)
	maxModelNameLength    = 63
	hashLength            = 8
)

// namer maps SageMaker's names to Kubernetes' names, no two to the same one.
type namer struct {
	maxLength int
	// letterFirst is the rule for names that Services are called by.
	letterFirst bool
	taken       map[string]bool
}

// mine returns a name that the source had before, empty when the name is not
// one that this source is ever given: it was another source's then.
func (n namer) mine(source, old string) string {
	if old == n.plain(source) || old == n.hashed(source) {
		return old
	}
	return ""
}

// label is what a person calls a source: its key without where it is.
func label(source string) string { return source[strings.LastIndexByte(source, '/')+1:] }

// nameAll maps every source to its own name. A source keeps the name it had
// before; a name that needs no change goes to the source that has it; of the
// others, those that would share a name get a hash of the source behind it.
// The result does not depend on the order of sources.
func (n namer) nameAll(sources []string, before map[string]string) map[string]string {
	names := map[string]string{}
	for _, source := range sources {
		if old := before[source]; old != "" && !n.taken[old] {
			names[source] = old
			n.taken[old] = true
		}
	}
	for _, source := range sources {
		if name := label(source); names[source] == "" && n.plain(source) == name && !n.taken[name] {
			names[source] = name
			n.taken[name] = true
		}
	}
	wanted := map[string]int{}
	for _, source := range sources {
		if names[source] == "" {
			wanted[n.plain(source)]++
		}
	}
	for _, source := range sources {
		if names[source] != "" {
			continue
		}
		name := n.plain(source)
		if wanted[name] > 1 || n.taken[name] {
			name = n.hashed(source)
		}
		names[source] = name
	}
	for _, name := range names {
		n.taken[name] = true
	}
	return names
}

// plain is the name without regard to others.
func (n namer) plain(source string) string {
	name := n.clean(source)
	if len(name) > n.maxLength {
		return n.hashed(source)
	}
	return name
}

func (n namer) clean(source string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		default:
			return '-'
		}
	}, label(source))
	name = strings.Trim(name, "-")
	if n.letterFirst && (name == "" || name[0] >= '0' && name[0] <= '9') {
		name = "e-" + name
	}
	if name == "" {
		name = "m"
	}
	return strings.TrimRight(name, "-")
}

func (n namer) hashed(source string) string {
	sum := sha256.Sum256([]byte(source))
	hash := hex.EncodeToString(sum[:])[:hashLength]
	name := n.clean(source)
	if room := n.maxLength - hashLength - 1; len(name) > room {
		name = strings.TrimRight(name[:room], "-")
	}
	return name + "-" + hash
}
