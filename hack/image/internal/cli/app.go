package cli

import (
	"bytes"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/hack/image/internal/layer"
	"landfall.dev/landfall/hack/image/internal/oci"
)

// leftOut are the names an application directory gathers while it is worked on.
var leftOut = []string{"__pycache__", "*.pyc", ".git", ".DS_Store"}

type appFlags struct {
	configFlags
	base, dir, prefix, out string
	exclude                []string
}

func newApp() *cobra.Command {
	var f appFlags
	cmd := &cobra.Command{
		Use:     "app --base DIR --dir DIR --prefix PATH --out DIR",
		Short:   "Put a directory on top of a base image as one layer",
		Example: "  image app --base build/base --dir program --prefix /opt/program --entrypoint /opt/program/churn --out build/app",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runApp(cmd, f) },
	}
	flags := cmd.Flags()
	f.add(cmd, "10001")
	flags.StringVar(&f.base, "base", "", "OCI layout of the base image")
	flags.StringVar(&f.dir, "dir", "", "directory to add")
	flags.StringVar(&f.prefix, "prefix", "", "where the directory goes in the image")
	flags.StringSliceVar(&f.exclude, "exclude", leftOut, "patterns of base names to leave out")
	flags.StringVar(&f.out, "out", "", "OCI layout to write")
	return required(cmd, "base", "dir", "prefix", "out")
}

func runApp(cmd *cobra.Command, f appFlags) error {
	base, err := oci.ReadLayout(f.base)
	if err != nil {
		return err
	}
	config, err := f.config()
	if err != nil {
		return err
	}
	entries, err := layer.Dir(f.dir, f.prefix, layer.PlainModes, f.exclude...)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return fmt.Errorf("%s holds nothing to add", f.dir)
	}
	data, err := gzipped(entries)
	if err != nil {
		return err
	}
	img, err := oci.AppendOpener(base, data, "image app")
	if err != nil {
		return err
	}
	return finish(cmd, img, config, f.out, f.base)
}

// gzipped makes a small layer once, in memory.
func gzipped(entries []layer.Entry) (func() (io.ReadCloser, error), error) {
	var data bytes.Buffer
	if err := layer.WriteGzip(&data, entries); err != nil {
		return nil, err
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data.Bytes())), nil }, nil
}
