package render

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// identifier makes a name for a Terraform resource.
func identifier(name string) string {
	id := strings.ReplaceAll(slug(name), "-", "_")
	if id == "" || id[0] >= '0' && id[0] <= '9' {
		return "pool_" + id
	}
	return id
}

// Names of AKS's Linux node pools: at most 12 lower-case letters and digits,
// beginning with a letter.
const (
	maxAKSName  = 12
	aksHashSize = 4
)

// aksName shortens a pool's name, with a part of its digest where it does not
// fit, so that two pools never share one.
func aksName(name string) string {
	short := strings.ReplaceAll(slug(name), "-", "")
	if short == "" || short[0] >= '0' && short[0] <= '9' {
		short = "p" + short
	}
	if len(short) <= maxAKSName && strings.ReplaceAll(name, "-", "") == short && !strings.Contains(name, "-") {
		return short
	}
	sum := sha256.Sum256([]byte(name))
	hash := hex.EncodeToString(sum[:])[:aksHashSize]
	return short[:min(len(short), maxAKSName-aksHashSize)] + hash
}

// oneLine takes line breaks out of a text.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
