// Package debian makes a root file system from Debian packages without installing
// them: apt resolves and downloads, dpkg-deb unpacks, and no maintainer script
// runs.
//
// It refuses to guess: what a maintainer script would have done is done here only
// for what a Python service needs (the linker cache, the BLAS alternatives,
// bytecode), and a package that needs more than that is not served.
package debian

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// DefaultDrop matches the packages that Debian's Python libraries depend on and a
// running program never opens: compilers and headers (python3-sklearn and
// python3-scipy pull pythran, which pulls g++), perl, and the tools that only
// maintainer scripts call.
const DefaultDrop = `^(gcc(-\d+)?|g\+\+.*|cpp.*|binutils.*|.*-dev|libc-dev-bin|rpcsvc-proto|` +
	`libboost.*|perl.*|libperl.*|lib.*-perl|libgdbm.*|lib(asan8|lsan0|tsan2|ubsan1|itm1|atomic1|cc1-0)|` +
	`libctf.*|libgprofng0|libbinutils|libisl23|libmpc3|libmpfr6|libgmp10|libjansson4|libjs-.*|` +
	`python3-(pythran|beniget|gast|ply|distutils|lib2to3|all)|usrmerge|init-system-helpers|procps|` +
	`mawk|dpkg|debconf|tar|libmd0|libacl1|libsystemd0|libproc2-0|libgcrypt20|libgpg-error0|libcap2)$`

// Package is one resolved binary package.
type Package struct {
	Name, Version, Arch string
	// File is the name apt gives the download, with ":" written "%3a".
	File      string
	SizeBytes int64
	SHA256    string
}

// Runner runs a program in a directory and returns its standard output; the
// error carries the end of its standard error.
type Runner func(ctx context.Context, dir, name string, args ...string) ([]byte, error)

// Exec is the Runner that runs programs of this machine.
func Exec(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("%s is not installed: a base image is built on Debian or Ubuntu: %w", name, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", name, err, tail(stderr.String(), 4))
	}
	return out, nil
}

// Resolve asks apt which packages a machine without any would install for names,
// and leaves out those drop matches. The result is sorted by name.
func Resolve(ctx context.Context, run Runner, workDir string, names []string, drop *regexp.Regexp) ([]Package, error) {
	if len(names) == 0 {
		return nil, errors.New("resolve packages: no package is named")
	}
	status := filepath.Join(workDir, "status")
	if err := os.WriteFile(status, nil, 0o600); err != nil {
		return nil, fmt.Errorf("write the empty dpkg status that apt resolves against: %w", err)
	}
	args := []string{
		"-o", "Dir::State::status=" + status, "-o", "Debug::NoLocking=1", "-o", "APT::Install-Recommends=false",
		"-o", "Acquire::ForceHash=SHA256", "--print-uris", "--yes", "install", "--",
	}
	out, err := run(ctx, "", "apt-get", append(args, names...)...)
	if err != nil {
		return nil, fmt.Errorf("resolve %s (if apt knows no package lists yet, run apt-get update): %w", strings.Join(names, ", "), err)
	}
	all, err := parseURIs(out)
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", strings.Join(names, ", "), err)
	}
	return kept(all, names, drop)
}

func kept(all []Package, names []string, drop *regexp.Regexp) ([]Package, error) {
	for _, name := range names {
		if drop.MatchString(name) {
			return nil, fmt.Errorf("package %s is asked for and dropped by %s: change one of the two", name, drop)
		}
	}
	left := slices.DeleteFunc(all, func(p Package) bool { return drop.MatchString(p.Name) })
	if len(left) == 0 {
		return nil, fmt.Errorf("apt resolved no package that %s keeps", drop)
	}
	slices.SortFunc(left, func(a, b Package) int { return strings.Compare(a.Name, b.Name) })
	return left, nil
}

// parseURIs reads apt-get --print-uris: one "'URI' FILE SIZE HASH" per line, as
// apt-get(8) describes, among lines of progress that do not begin with a quote.
func parseURIs(out []byte) ([]Package, error) {
	var all []Package
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		line := lines.Text()
		if !strings.HasPrefix(line, "'") {
			continue
		}
		p, err := parseURI(line)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read apt's answer: %w", err)
	}
	return all, nil
}

func parseURI(line string) (Package, error) {
	fields := strings.Fields(line)
	if len(fields) != 4 {
		return Package{}, fmt.Errorf("apt printed %q: want 'URI' FILE SIZE SHA256:HASH", line)
	}
	file, hash := fields[1], fields[3]
	parts := strings.Split(strings.TrimSuffix(file, ".deb"), "_")
	if len(parts) != 3 || file != filepath.Base(file) || !strings.HasSuffix(file, ".deb") {
		return Package{}, fmt.Errorf("apt printed the file name %q: want NAME_VERSION_ARCH.deb", file)
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || size <= 0 {
		return Package{}, fmt.Errorf("apt printed the size %q for %s: want a number of bytes", fields[2], file)
	}
	sum, ok := strings.CutPrefix(hash, "SHA256:")
	if !ok || len(sum) != 64 {
		return Package{}, fmt.Errorf("apt printed the hash %q for %s: want SHA256: and 64 digits", hash, file)
	}
	version, err := url.PathUnescape(parts[1])
	if err != nil {
		return Package{}, fmt.Errorf("apt printed the version %q for %s: %w", parts[1], file, err)
	}
	return Package{Name: parts[0], Version: version, Arch: parts[2], File: file, SizeBytes: size, SHA256: sum}, nil
}

// tail returns the last n non-empty lines, joined by "; ".
func tail(text string, n int) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}
