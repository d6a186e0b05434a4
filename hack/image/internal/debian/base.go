package debian

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// recipe changes whenever the same packages would give another root, so that
// roots cached by an older builder are not taken for new ones.
const recipe = 2

// Plan is a resolved root: what it is made of and the key it is cached under.
type Plan struct {
	Packages []Package
	Imports  []string
}

// NewPlan resolves names; see Resolve. Imports are Python modules that must load
// in the finished root.
func NewPlan(ctx context.Context, run Runner, workDir string, names []string, drop *regexp.Regexp, imports []string) (Plan, error) {
	packages, err := Resolve(ctx, run, workDir, names, drop)
	if err != nil {
		return Plan{}, err
	}
	return Plan{Packages: packages, Imports: slices.Sorted(slices.Values(imports))}, nil
}

// Key identifies the root a plan gives, as 64 hexadecimal digits.
func (p Plan) Key() (string, error) {
	text, err := json.Marshal(struct { //nolint:musttag // hashed, never read
		Recipe int
		Plan   Plan
	}{recipe, p})
	if err != nil {
		return "", fmt.Errorf("describe the plan: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Arch is the Debian architecture of the plan, "all" if no package has one.
func (p Plan) Arch() string {
	for _, one := range p.Packages {
		if one.Arch != "all" {
			return one.Arch
		}
	}
	return "all"
}

// Build makes the root of a plan in rootDir, which must not exist yet, with
// downloads kept in debsDir.
func Build(ctx context.Context, run Runner, plan Plan, rootDir, debsDir string) error {
	for _, dir := range []string{debsDir, filepath.Dir(rootDir)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("prepare the build: %w", err)
		}
	}
	if err := os.Mkdir(rootDir, 0o755); err != nil {
		return fmt.Errorf("prepare the build: %w", err)
	}
	if err := Download(ctx, run, debsDir, plan.Packages); err != nil {
		return err
	}
	if err := Unpack(ctx, run, rootDir, debsDir, plan.Packages); err != nil {
		return err
	}
	if err := LinkBLAS(rootDir); err != nil {
		return err
	}
	if err := UpdateLinkerCache(ctx, rootDir); err != nil {
		return err
	}
	if err := CompileBytecode(ctx, rootDir); err != nil {
		return err
	}
	return CheckImports(ctx, rootDir, plan.Imports)
}
