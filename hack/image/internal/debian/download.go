package debian

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Download fetches the packages into dir with apt and checks every hash. Files
// already there with the right hash are kept.
func Download(ctx context.Context, run Runner, dir string, packages []Package) error {
	var missing []Package
	for _, p := range packages {
		ok, err := present(dir, p)
		if err != nil {
			return err
		}
		if !ok {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	// As root, apt would drop to a user that may not write to dir.
	args := []string{"-o", "APT::Sandbox::User=root", "-o", "Debug::NoLocking=1", "-o", "Acquire::Retries=3", "download", "--"}
	for _, p := range missing {
		args = append(args, p.Name+"="+p.Version)
	}
	if _, err := run(ctx, dir, "apt-get", args...); err != nil {
		return fmt.Errorf("download %d packages (if apt's lists are old, run apt-get update): %w", len(missing), err)
	}
	for _, p := range missing {
		ok, err := present(dir, p)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("apt downloaded no %s with the hash %s: run apt-get update and try again", p.File, p.SHA256)
		}
	}
	return nil
}

// present says whether the package's file is in dir with the hash apt promised.
func present(dir string, p Package) (bool, error) {
	f, err := os.Open(filepath.Join(dir, p.File))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open a cached package: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return false, fmt.Errorf("hash the cached package %s: %w", p.File, err)
	}
	return hex.EncodeToString(h.Sum(nil)) == p.SHA256, nil
}
