package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/internal/sigv4"
)

// reloadEvery is how often the file is looked at. Kubernetes itself takes up to
// a minute to bring a changed Secret to a mounted file.
const reloadEvery = 5 * time.Second

// maxFileBytes is more than a Secret may hold (1 MiB).
const maxFileBytes = 2 << 20

// entry is one key pair of the file.
type entry struct {
	AccessKeyID     string `json:"accessKeyID"`
	SecretAccessKey string `json:"secretAccessKey"`
	Namespace       string `json:"namespace"`
}

// keyPairs are entries by access key.
type keyPairs map[string]entry

func (k keyPairs) lookup(accessKeyID string) (sigv4.Credentials, bool) {
	found, ok := k[accessKeyID]
	return sigv4.Credentials{AccessKeyID: found.AccessKeyID, SecretAccessKey: found.SecretAccessKey}, ok
}

// Keys are the key pairs of a file, kept up to date.
type Keys struct {
	path    string
	log     *slog.Logger
	content []byte
	pairs   atomic.Pointer[keyPairs]
}

// LoadKeys reads a YAML or JSON file: a list of {accessKeyID, secretAccessKey,
// namespace}. The empty list [] locks everybody out; an empty file is an error,
// as it is more likely to be half written than meant.
func LoadKeys(path string, log *slog.Logger) (*Keys, error) {
	k := &Keys{path: path, log: log}
	if _, err := k.reload(); err != nil {
		return nil, err
	}
	return k, nil
}

func (k *Keys) current() keyPairs { return *k.pairs.Load() }

// Watch follows changes of the file until ctx ends. A file that cannot be used
// leaves the key pairs as they were.
func (k *Keys) Watch(ctx context.Context) {
	ticker := time.NewTicker(reloadEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		switch changed, err := k.reload(); {
		case err != nil:
			k.log.Error("the changed credentials file cannot be used; the earlier key pairs stay", "error", err)
		case changed:
			k.log.Info("read the changed credentials file", "keyPairs", len(k.current()))
		}
	}
}

func (k *Keys) reload() (changed bool, err error) {
	info, err := os.Stat(k.path)
	if err != nil {
		return false, fmt.Errorf("looking at the credentials file: %w", err)
	}
	if info.Size() > maxFileBytes {
		return false, fmt.Errorf("credentials file %s has %d bytes; at most %d are allowed", k.path, info.Size(), maxFileBytes)
	}
	content, err := os.ReadFile(k.path)
	if err != nil {
		return false, fmt.Errorf("reading the credentials file: %w", err)
	}
	if k.pairs.Load() != nil && bytes.Equal(content, k.content) {
		return false, nil
	}
	pairs, err := parseKeys(content)
	if err != nil {
		return false, fmt.Errorf("credentials file %s: %w", k.path, err)
	}
	k.content = content
	k.pairs.Store(&pairs)
	return true, nil
}

// parseKeys reads the file's content. Its errors name entries by position and
// never quote them: they hold secrets.
func parseKeys(content []byte) (keyPairs, error) {
	var entries []entry
	if err := yaml.UnmarshalStrict(content, &entries); err != nil {
		return nil, errors.New("want a YAML or JSON list of {accessKeyID, secretAccessKey, namespace}, " +
			"and it does not parse as that")
	}
	if entries == nil {
		return nil, errors.New("the file is empty; want a list of {accessKeyID, secretAccessKey, namespace}, or [] to lock everybody out")
	}
	pairs := make(keyPairs, len(entries))
	for i, e := range entries {
		switch {
		case e.AccessKeyID == "" || e.SecretAccessKey == "" || e.Namespace == "":
			return nil, fmt.Errorf("entry %d lacks a field: accessKeyID, secretAccessKey and namespace are all required", i+1)
		case pairs[e.AccessKeyID].AccessKeyID != "":
			return nil, fmt.Errorf("entry %d repeats the accessKeyID of an earlier one", i+1)
		}
		pairs[e.AccessKeyID] = e
	}
	return pairs, nil
}
