package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"landfall.dev/landfall/localcluster/internal/state"
)

// Builder builds targets into a bin directory.
type Builder struct {
	// Source is the root of the localcluster module.
	Source string
	// Bin receives the programs.
	Bin string
	// Progress receives one line per program built.
	Progress io.Writer
}

// stampDirectory holds, below bin, the fingerprint each program was built from.
const stampDirectory = ".stamps"

// All builds every target whose sources, flags or toolchain changed, and
// returns how many that were.
func (b Builder) All(ctx context.Context, targets []Target) (int, error) {
	toolchain, err := b.toolchain(ctx)
	if err != nil {
		return 0, err
	}
	built := 0
	for _, target := range targets {
		fingerprint, err := b.fingerprint(target, toolchain)
		if err != nil {
			return built, err
		}
		if b.current(target, fingerprint) {
			if err := b.link(target); err != nil {
				return built, err
			}
			continue
		}
		if err := b.one(ctx, target, fingerprint); err != nil {
			return built, err
		}
		built++
	}
	return built, nil
}

// Missing lists the targets that have no program at all.
func (b Builder) Missing(targets []Target) []string {
	var missing []string
	for _, target := range targets {
		if _, err := os.Stat(filepath.Join(b.Bin, target.Output)); err != nil {
			missing = append(missing, target.Output)
		}
	}
	return missing
}

func (b Builder) toolchain(ctx context.Context) (string, error) {
	command := exec.CommandContext(ctx, "go", "env", "GOVERSION")
	command.Dir, command.Env = b.Source, environment(false)
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("ask for Go's version: %w; building needs Go on the PATH", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// fingerprint covers everything that could change the program: toolchain,
// platform, flags, module versions and our own sources.
func (b Builder) fingerprint(target Target, toolchain string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s/%s\n%+v\n", toolchain, runtime.GOOS, runtime.GOARCH, arguments(target, ""))
	files := []string{filepath.Join(target.Module, "go.mod"), filepath.Join(target.Module, "go.sum")}
	for _, directory := range target.Sources {
		own, err := goFiles(b.Source, directory)
		if err != nil {
			return "", err
		}
		files = append(files, own...)
	}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(b.Source, file))
		if err != nil {
			return "", fmt.Errorf("read the sources of %s: %w", target.Output, err)
		}
		fmt.Fprintf(h, "%s %d\n", file, len(content))
		h.Write(content)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func goFiles(root, directory string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, directory))
	if err != nil {
		return nil, fmt.Errorf("list the sources in %s: %w", directory, err)
	}
	var files []string
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			files = append(files, filepath.Join(directory, name))
		}
	}
	return files, nil
}

func (b Builder) stampPath(target Target) string {
	return filepath.Join(b.Bin, stampDirectory, strings.ReplaceAll(target.Output, string(filepath.Separator), "-"))
}

func (b Builder) current(target Target, fingerprint string) bool {
	stamp, err := os.ReadFile(b.stampPath(target))
	if err != nil || string(stamp) != fingerprint {
		return false
	}
	_, err = os.Stat(filepath.Join(b.Bin, target.Output))
	return err == nil
}

func arguments(target Target, output string) []string {
	args := []string{"build", "-trimpath", "-ldflags", strings.TrimSpace("-s -w " + target.LinkerFlags)}
	if target.Tags != "" {
		args = append(args, "-tags", target.Tags)
	}
	return append(args, "-o", output, target.Package)
}

// environment is ours, with everything that could bend the build set aside.
func environment(cgo bool) []string {
	enabled := "0"
	if cgo {
		enabled = "1"
	}
	return append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly -buildvcs=false", "CGO_ENABLED="+enabled, "GOOS=", "GOARCH=")
}

func (b Builder) one(ctx context.Context, target Target, fingerprint string) error {
	began := time.Now() //nolint:forbidigo // shown to a person, decides nothing
	note := ""
	if target.Note != "" {
		note = " (" + target.Note + ")"
	}
	fmt.Fprintf(b.Progress, "building %s%s\n", target.Output, note)
	output := filepath.Join(b.Bin, target.Output)
	if err := os.MkdirAll(filepath.Dir(output), state.DirectoryMode); err != nil {
		return fmt.Errorf("create the directory for programs: %w", err)
	}
	// A running cluster keeps the old file: the new one only takes its name.
	temporary := output + ".new"
	command := exec.CommandContext(ctx, "go", arguments(target, temporary)...) //nolint:gosec // our own list of targets
	command.Dir, command.Env = filepath.Join(b.Source, target.Module), environment(target.CGO)
	var messages bytes.Buffer
	command.Stdout, command.Stderr = &messages, &messages
	if err := command.Run(); err != nil {
		return fmt.Errorf("build %s from %s: %w\n%s", target.Output, target.Package, err, tail(messages.String(), 20))
	}
	if err := os.Rename(temporary, output); err != nil {
		return fmt.Errorf("put %s in place: %w", target.Output, err)
	}
	if err := b.link(target); err != nil {
		return err
	}
	fmt.Fprintf(b.Progress, "built %s in %s\n", target.Output, time.Since(began).Round(100*time.Millisecond))
	return state.WriteFile(b.stampPath(target), []byte(fingerprint), 0o644)
}

// link gives a program its further names. A name that is new or was lost needs
// no build.
func (b Builder) link(target Target) error {
	for _, name := range target.Links {
		if err := relink(b.Bin, name, target.Output); err != nil {
			return err
		}
	}
	return nil
}

// relink points bin/link at bin/output by a relative symbolic link.
func relink(bin, link, output string) error {
	path := filepath.Join(bin, link)
	if err := os.MkdirAll(filepath.Dir(path), state.DirectoryMode); err != nil {
		return fmt.Errorf("create the directory for links: %w", err)
	}
	relative, err := filepath.Rel(filepath.Dir(path), filepath.Join(bin, output))
	if err != nil {
		return fmt.Errorf("find the way from %s to %s: %w", link, output, err)
	}
	if current, err := os.Readlink(path); err == nil && current == relative {
		return nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replace the link %s: %w", link, err)
	}
	if err := os.Symlink(relative, path); err != nil {
		return fmt.Errorf("link %s to %s: %w", link, output, err)
	}
	return nil
}

// tail keeps the last lines of a compiler's output: the first error repeats.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// modulePath is the first line of the go.mod that marks the source root.
const modulePath = "module landfall.dev/landfall/localcluster"

// FindSource returns the root of the localcluster module: explicit if given,
// else the first of from, its localcluster subdirectory, or the same for one of
// from's parents.
func FindSource(explicit, from string) (string, error) {
	if explicit != "" {
		if !isSource(explicit) {
			return "", fmt.Errorf("%s is not the source of localcluster: its go.mod should begin with %q", explicit, modulePath)
		}
		return filepath.Abs(explicit)
	}
	for _, directory := range parents(from) {
		for _, candidate := range []string{directory, filepath.Join(directory, "localcluster")} {
			if isSource(candidate) {
				return candidate, nil
			}
		}
	}
	return "", fmt.Errorf("no localcluster sources in %s, its parents or a localcluster directory of those: run from inside the repository or name them with --source", from)
}

func parents(directory string) []string {
	list := []string{directory}
	for filepath.Dir(directory) != directory {
		directory = filepath.Dir(directory)
		list = append(list, directory)
	}
	return list
}

func isSource(directory string) bool {
	content, err := os.ReadFile(filepath.Join(directory, "go.mod"))
	lines := strings.Split(string(content), "\n")
	return err == nil && slices.Contains(lines, modulePath)
}
