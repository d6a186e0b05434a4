package standin

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"
)

// pageToken is what a NextToken means. Clients see it as an opaque text.
type pageToken struct {
	// Offset is the index of the next item.
	Offset int `json:"o"`
	// Query is a digest of operation and filters: a token is good for the
	// request that got it and no other.
	Query uint64 `json:"q"`
	// Page counts the pages with items so far, Empty the empty ones since.
	Page  int `json:"p,omitempty"`
	Empty int `json:"e,omitempty"`
	// Issued is in Unix milliseconds; 0 where tokens live for ever.
	Issued int64 `json:"t,omitempty"`
}

func (t pageToken) String() string {
	text, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("plain fields are JSON: %v", err))
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// parsePageToken reads a token; an empty text is the first page.
func parsePageToken(text string, query uint64) (pageToken, *apiError) {
	if text == "" {
		return pageToken{Query: query}, nil
	}
	var token pageToken
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &token)
	}
	if err != nil || token.Query != query || token.Offset < 0 {
		return pageToken{}, validation("Invalid NextToken: it does not belong to this request.")
	}
	return token, nil
}

// queryDigest identifies an operation with its filters; what pages a request
// (NextToken, MaxResults) does not count.
func queryDigest(operation string, params map[string]any) uint64 {
	kept := map[string]any{}
	for name, value := range params {
		if name != "NextToken" && name != "MaxResults" {
			kept[name] = value
		}
	}
	text, err := json.Marshal(kept)
	if err != nil {
		panic(fmt.Sprintf("decoded JSON must encode: %v", err))
	}
	h := fnv.New64a()
	h.Write([]byte(operation))
	h.Write(text)
	return h.Sum64()
}

// pager says how a list is cut, and what goes wrong with it.
type pager struct {
	// size is the largest number of items on a page.
	size int
	// empty are the empty pages to put in.
	empty []EmptyPages
	// life is how long a token is good for; 0 means for ever.
	life time.Duration
	now  time.Time
	// expired takes one of the tokens that are refused whatever their age;
	// nil means none are.
	expired func() bool
}

// emptyBefore is the number of empty pages to come before a page.
func (p pager) emptyBefore(page int) int {
	count := 0
	for _, e := range p.empty {
		if e.Before == page {
			count += orDefault(e.Count, 1)
		}
	}
	return count
}

func (p pager) token(t pageToken) string {
	if p.life > 0 {
		t.Issued = p.now.UnixMilli()
	}
	return t.String()
}

// errExpiredToken is what a list answers to a token that is too old. The
// wording is ours.
func errExpiredToken() *apiError {
	return validation("The NextToken has expired. Start the list over.")
}

// page cuts one page out of items and names the next.
func page[T any](items []T, params map[string]any, operation string, p pager) ([]T, string, *apiError) {
	next, _ := params["NextToken"].(string)
	token, refusal := parsePageToken(next, queryDigest(operation, params))
	if refusal != nil {
		return nil, "", refusal
	}
	old := p.life > 0 && p.now.Sub(time.UnixMilli(token.Issued)) > p.life
	if next != "" && (old || p.expired != nil && p.expired()) {
		return nil, "", errExpiredToken()
	}
	if token.Empty < p.emptyBefore(token.Page) {
		token.Empty++
		return nil, p.token(token), nil
	}
	start := min(token.Offset, len(items))
	end := min(start+p.size, len(items))
	after := pageToken{Offset: end, Query: token.Query, Page: token.Page + 1}
	if end == len(items) && (start == end || p.emptyBefore(after.Page) == 0) {
		return items[start:end], "", nil
	}
	return items[start:end], p.token(after), nil
}
