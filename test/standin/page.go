package standin

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
)

// pageToken is what a NextToken means. Clients see it as an opaque text.
type pageToken struct {
	// Offset is the index of the next item.
	Offset int `json:"o"`
	// Query is a digest of operation and filters: a token is good for the
	// request that got it and no other.
	Query uint64 `json:"q"`
	// Empty marks the page after an empty first page.
	Empty bool `json:"e,omitempty"`
}

func (t pageToken) String() string {
	text, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("three plain fields are JSON: %v", err))
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

// page cuts one page out of items and names the next.
func page[T any](items []T, params map[string]any, operation string, size int, emptyFirst bool) ([]T, string, *apiError) {
	next, _ := params["NextToken"].(string)
	token, refusal := parsePageToken(next, queryDigest(operation, params))
	if refusal != nil {
		return nil, "", refusal
	}
	if emptyFirst && next == "" {
		token.Empty = true
		return nil, token.String(), nil
	}
	start := min(token.Offset, len(items))
	end := min(start+size, len(items))
	if end == len(items) {
		return items[start:end], "", nil
	}
	return items[start:end], pageToken{Offset: end, Query: token.Query}.String(), nil
}
