package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/hack/image/internal/debian"
	"landfall.dev/landfall/hack/image/internal/layer"
	"landfall.dev/landfall/hack/image/internal/oci"
)

// goArch gives Go's name of the Debian architectures that differ from it.
var goArch = map[string]string{"armhf": "arm", "i386": "386", "ppc64el": "ppc64le"}

type baseFlags struct {
	out, cache, drop  string
	packages, imports []string
}

func newBase() *cobra.Command {
	var f baseFlags
	cmd := &cobra.Command{
		Use:     "base --out DIR --packages NAME,…",
		Short:   "Build a base image from Debian packages of this machine's apt sources",
		Example: "  image base --packages python3-sklearn,python3-uvicorn --imports sklearn,uvicorn --out build/base",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runBase(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "OCI layout to write")
	flags.StringSliceVar(&f.packages, "packages", nil, "Debian packages, comma-separated; what they depend on is added")
	flags.StringSliceVar(&f.imports, "imports", nil, "Python modules that must load in the finished root")
	flags.StringVar(&f.drop, "drop", debian.DefaultDrop, "regular expression of packages to leave out")
	flags.StringVar(&f.cache, "cache", defaultCache(), "directory of downloads and finished bases")
	return required(cmd, "out", "packages")
}

func runBase(cmd *cobra.Command, f baseFlags) error {
	ctx := cmd.Context()
	drop, err := regexp.Compile(f.drop)
	if err != nil {
		return fmt.Errorf("--drop: %w", err)
	}
	if err := os.MkdirAll(f.cache, 0o755); err != nil {
		return fmt.Errorf("prepare the cache: %w", err)
	}
	unlock, err := lock(filepath.Join(f.cache, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	plan, err := debian.NewPlan(ctx, debian.Exec, f.cache, f.packages, drop, f.imports)
	if err != nil {
		return err
	}
	cached, err := cachedBase(ctx, f.cache, plan)
	if err != nil {
		return err
	}
	img, err := oci.ReadLayout(cached)
	if err != nil {
		return err
	}
	if err := oci.WriteLayout(f.out, img, cached); err != nil {
		return err
	}
	return printDigest(cmd, img)
}

// lock keeps a second builder out of the cache until the first is done.
func lock(file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock the cache: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the cache: %w", err), f.Close())
	}
	return func() { f.Close() }, nil // closing releases the lock
}

// cachedBase returns the layout of the plan's base, building it when it is new.
func cachedBase(ctx context.Context, cache string, plan debian.Plan) (string, error) {
	key, err := plan.Key()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "base", key)
	if _, err := os.Stat(filepath.Join(dir, "index.json")); err == nil {
		slog.InfoContext(ctx, "base is cached", "packages", len(plan.Packages), "layout", dir)
		return dir, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("look for a cached base: %w", err)
	}
	started := time.Now()
	if err := buildBase(ctx, cache, dir, plan); err != nil {
		return "", err
	}
	slog.InfoContext(ctx, "base is built", "packages", len(plan.Packages), "seconds", time.Since(started).Seconds(), "layout", dir)
	return dir, nil
}

func buildBase(ctx context.Context, cache, dir string, plan debian.Plan) error {
	work, err := os.MkdirTemp(cache, "work-*")
	if err != nil {
		return fmt.Errorf("prepare the build: %w", err)
	}
	defer os.RemoveAll(work)
	root := filepath.Join(work, "root")
	if err := debian.Build(ctx, debian.Exec, plan, root, filepath.Join(cache, "packages")); err != nil {
		return err
	}
	entries, err := layer.Dir(root, "/", layer.KeepModes)
	if err != nil {
		return err
	}
	layerFile := filepath.Join(work, "layer.tar.gz")
	if err := writeGzip(layerFile, entries); err != nil {
		return err
	}
	img, err := oci.Append(oci.Empty(), layerFile, "image base")
	if err != nil {
		return err
	}
	arch := plan.Arch()
	if name, ok := goArch[arch]; ok {
		arch = name
	}
	img, err = oci.Configure(img, oci.Config{Arch: arch, Env: []string{"PATH=/usr/bin:/usr/sbin", "LANG=C.UTF-8"}})
	if err != nil {
		return err
	}
	return oci.WriteLayout(dir, img, "")
}
