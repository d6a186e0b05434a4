// Package cli is the command line of the image builder: flags to calls. Results
// go to standard output, progress to standard error.
package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"landfall.dev/landfall/hack/image/internal/oci"
)

// New is the root command.
func New() *cobra.Command {
	root := &cobra.Command{
		Use:           "image",
		Short:         "Build OCI images without a container engine",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newBase(), newApp(), newScratch(), newPush(), newArchive(), newDigest(), newUnpack(), newTar())
	return root
}

// configFlags are the flags that set an image's configuration.
type configFlags struct {
	entrypoint, env, labels, ports []string
	user, workDir                  string
}

func (f *configFlags) add(cmd *cobra.Command, defaultUser string) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.entrypoint, "entrypoint", nil, "program and arguments, comma-separated")
	flags.StringArrayVar(&f.env, "env", nil, "NAME=VALUE, repeatable")
	flags.StringArrayVar(&f.labels, "label", nil, "NAME=VALUE, repeatable")
	flags.StringArrayVar(&f.ports, "expose", nil, "PORT/PROTOCOL, repeatable")
	flags.StringVar(&f.user, "user", defaultUser, "numeric user the process runs as")
	flags.StringVar(&f.workDir, "workdir", "", "working directory")
}

func (f *configFlags) config() (oci.Config, error) {
	labels := map[string]string{}
	for _, pair := range f.labels {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return oci.Config{}, fmt.Errorf("label %q: want NAME=VALUE", pair)
		}
		labels[name] = value
	}
	return oci.Config{
		User: f.user, WorkDir: f.workDir, Entrypoint: f.entrypoint, Env: f.env, Labels: labels, ExposedPorts: f.ports,
	}, nil
}

// finish configures and writes the image, and prints its digest.
func finish(cmd *cobra.Command, img v1.Image, c oci.Config, out, baseDir string) error {
	img, err := oci.Configure(img, c)
	if err != nil {
		return err
	}
	if err := oci.WriteLayout(out, img, baseDir); err != nil {
		return err
	}
	return printDigest(cmd, img)
}

func printDigest(cmd *cobra.Command, img v1.Image) error {
	digest, err := img.Digest()
	if err != nil {
		return fmt.Errorf("digest the image: %w", err)
	}
	fmt.Fprintln(cmd.OutOrStdout(), digest)
	return nil
}

// required marks flags that have no sensible default.
func required(cmd *cobra.Command, names ...string) *cobra.Command {
	for _, name := range names {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // a name that the command does not define: a mistake in this package
		}
	}
	return cmd
}

// defaultCache is where bases and packages are kept between runs.
func defaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "landfall", "image")
}
