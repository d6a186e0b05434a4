package cli

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/hack/image/internal/layer"
	"landfall.dev/landfall/hack/image/internal/oci"
)

// machineArch gives Go's name of the machines that images are built for.
var machineArch = map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}

type scratchFlags struct {
	configFlags
	binaries, files []string
	out             string
}

func newScratch() *cobra.Command {
	var f scratchFlags
	cmd := &cobra.Command{
		Use:     "scratch --binary FILE=/DEST … --entrypoint /DEST --out DIR",
		Short:   "Build an image of static binaries and nothing else",
		Example: "  image scratch --binary bin/landfall-router=/landfall-router --file /etc/ssl/certs/ca-certificates.crt --out build/landfall",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runScratch(cmd, f) },
	}
	flags := cmd.Flags()
	f.add(cmd, "65532")
	flags.StringArrayVar(&f.binaries, "binary", nil, "static binary, FILE=/DEST, repeatable")
	flags.StringArrayVar(&f.files, "file", nil, "other file, FILE=/DEST or a path that is the same in the image, repeatable")
	flags.StringVar(&f.out, "out", "", "OCI layout to write")
	return required(cmd, "binary", "out")
}

func runScratch(cmd *cobra.Command, f scratchFlags) error {
	config, err := f.config()
	if err != nil {
		return err
	}
	entries := accounts(f.user)
	for _, spec := range f.binaries {
		e, err := fileEntry(spec, 0o755)
		if err != nil {
			return err
		}
		arch, err := staticArch(e.SourcePath)
		if err != nil {
			return err
		}
		if config.Arch != "" && config.Arch != arch {
			return fmt.Errorf("%s is for %s, the binaries before it are for %s", e.SourcePath, arch, config.Arch)
		}
		config.Arch = arch
		entries = append(entries, e)
	}
	for _, spec := range f.files {
		e, err := fileEntry(spec, 0o644)
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	work, err := os.MkdirTemp("", "image-*")
	if err != nil {
		return fmt.Errorf("prepare the layer: %w", err)
	}
	defer os.RemoveAll(work)
	layerFile := filepath.Join(work, "layer.tar.gz")
	if err := writeGzip(layerFile, entries); err != nil {
		return err
	}
	img, err := oci.Append(oci.Empty(), layerFile, "image scratch")
	if err != nil {
		return err
	}
	return finish(cmd, img, config, f.out, "")
}

// accounts names the user for programs that look themselves up, and gives the
// image a /tmp.
func accounts(user string) []layer.Entry {
	id, _, _ := strings.Cut(user, ":")
	return []layer.Entry{
		{Name: "etc/passwd", Mode: 0o644, Content: fmt.Appendf(nil, "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:%s:%s::/:/sbin/nologin\n", id, id)},
		{Name: "etc/group", Mode: 0o644, Content: fmt.Appendf(nil, "root:x:0:\nnonroot:x:%s:\n", id)},
		{Name: "tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
	}
}

// fileEntry reads FILE=/DEST, or one path that serves as both.
func fileEntry(spec string, mode fs.FileMode) (layer.Entry, error) {
	source, dest, ok := strings.Cut(spec, "=")
	if !ok {
		dest = source
	}
	if source == "" || !path.IsAbs(dest) || path.Clean(dest) != dest || dest == "/" {
		return layer.Entry{}, fmt.Errorf("file %q: want FILE=/DEST with a clean absolute destination", spec)
	}
	info, err := os.Stat(source)
	if err != nil {
		return layer.Entry{}, fmt.Errorf("find the file to add: %w", err)
	}
	if !info.Mode().IsRegular() {
		return layer.Entry{}, fmt.Errorf("%s is not a file", source)
	}
	return layer.Entry{Name: strings.TrimPrefix(dest, "/"), Mode: mode, SourcePath: source}, nil
}

// staticArch returns the architecture of a binary and refuses one that asks for
// an interpreter, which an empty image does not have.
func staticArch(file string) (string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return "", fmt.Errorf("%s is not a Linux binary: %w", file, err)
	}
	defer f.Close()
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return "", fmt.Errorf("%s is dynamically linked: build it with CGO_ENABLED=0", file)
	}
	arch, ok := machineArch[f.Machine]
	if !ok {
		return "", fmt.Errorf("%s is for %s: images are built for x86-64 and arm64", file, f.Machine)
	}
	return arch, nil
}

// writeGzip writes a layer to a new file.
func writeGzip(file string, entries []layer.Entry) error {
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("create %s: %w", file, err)
	}
	if err := errors.Join(layer.WriteGzip(f, entries), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}
