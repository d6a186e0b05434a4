package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// ask calls the stand-in's admin listener.
func (a *account) ask(ctx context.Context, method, path string, body []byte, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, a.admin+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("cannot ask the stand-in: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("the stand-in does not answer: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the stand-in answers %s to %s %s", response.Status, method, path)
	}
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("cannot read the stand-in's answer: %w", err)
	}
	return nil
}
