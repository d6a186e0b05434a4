package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/hack/image/internal/layer"
	"landfall.dev/landfall/hack/image/internal/oci"
)

func newPush() *cobra.Command {
	var plainHTTP bool
	cmd := &cobra.Command{
		Use:   "push LAYOUT REF",
		Short: "Push an image to a registry and print its reference by digest",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			img, err := oci.ReadLayout(args[0])
			if err != nil {
				return err
			}
			ref, err := oci.Push(cmd.Context(), img, args[1], plainHTTP)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), ref)
			return nil
		},
	}
	cmd.Flags().BoolVar(&plainHTTP, "plain-http", false, "speak HTTP without TLS to the registry")
	return cmd
}

func newArchive() *cobra.Command {
	return &cobra.Command{
		Use:   "archive LAYOUT REF FILE",
		Short: "Write an image as an archive for docker load and kind load image-archive",
		Args:  cobra.ExactArgs(3),
		RunE: func(_ *cobra.Command, args []string) error {
			img, err := oci.ReadLayout(args[0])
			if err != nil {
				return err
			}
			return oci.Archive(img, args[1], args[2])
		},
	}
}

func newDigest() *cobra.Command {
	return &cobra.Command{
		Use:   "digest LAYOUT",
		Short: "Print the digest of an image",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			img, err := oci.ReadLayout(args[0])
			if err != nil {
				return err
			}
			return printDigest(cmd, img)
		},
	}
}

func newUnpack() *cobra.Command {
	return &cobra.Command{
		Use:   "unpack LAYOUT DIR",
		Short: "Write the files of an image to a directory",
		Args:  cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			img, err := oci.ReadLayout(args[0])
			if err != nil {
				return err
			}
			return oci.Unpack(img, args[1])
		},
	}
}

func newTar() *cobra.Command {
	var dir, out string
	cmd := &cobra.Command{
		Use:     "tar --dir DIR --out FILE",
		Short:   "Write a reproducible .tar.gz, such as a model artifact",
		Example: "  image tar --dir run/model --out model.tar.gz",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			entries, err := layer.Dir(dir, "", layer.PlainModes, leftOut...)
			if err != nil {
				return err
			}
			if len(entries) == 0 {
				return fmt.Errorf("%s holds nothing to archive", dir)
			}
			return writeGzip(out, entries)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "directory whose content becomes the archive's root")
	cmd.Flags().StringVar(&out, "out", "", "file to write")
	return required(cmd, "dir", "out")
}
