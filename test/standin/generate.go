package standin

// Rule makes many resources.
type Rule struct{}

func (a *Account) generate() error { return nil }
