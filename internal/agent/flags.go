package agent

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/archive"
	"landfall.dev/landfall/internal/blob"
)

// terminationLog is where the kubelet looks for a container's last words.
const terminationLog = "/dev/termination-log"

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// parseFetch returns the options of a fetch and the file for its last words.
func parseFetch(args []string, stderr io.Writer) (FetchOptions, string, error) {
	var o FetchOptions
	var compression, termination string
	flags := flag.NewFlagSet("landfall-agent fetch", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.URI, "uri", "", "object (Gzip) or prefix ending in '/' (None) that holds the model, at s3://, gs://, azblob:// or oci://")
	flags.StringVar(&o.Dest, "dest", "/opt/ml/model", "folder that the model's files go to; whatever is in it is removed")
	flags.StringVar(&o.Scratch, "scratch", "", "folder for the download (default: the system's folder for temporary files)")
	flags.StringVar(&compression, "compression", string(v1alpha1.CompressionGzip), "Gzip: unpack the object; None: copy the prefix")
	flags.StringVar(&o.Digest, "digest", "", "sha256:<hex> that the object must have; unset accepts any content")
	flags.Int64Var(&o.MaxUnpackedBytes, "max-unpacked-bytes", archive.DefaultMaxUnpackedBytes, "most room, in bytes, that the files may take in --dest")
	flags.StringVar(&o.Store.Region, "region", "", "region of the bucket (default: of the environment)")
	flags.StringVar(&o.Store.EndpointURL, "endpoint-url", "", "address of the store, where it is not the cloud's own")
	flags.IntVar(&o.Transfer.Parallelism, "parallelism", 8, "parts that are downloaded at once")
	flags.StringVar(&termination, "termination-log", terminationLog, "file for the reason of a failure")
	if err := flags.Parse(args); err != nil {
		return FetchOptions{}, termination, err
	}
	o.Compression = v1alpha1.ArtifactCompression(compression)
	if flags.NArg() > 0 {
		return FetchOptions{}, termination, fmt.Errorf("unexpected argument %q; everything is given by flags", flags.Arg(0))
	}
	return o, termination, o.validate()
}

func (o FetchOptions) validate() error {
	if o.URI == "" {
		return errors.New("--uri is missing; want one such as s3://bucket/path/model.tar.gz")
	}
	at, err := blob.Parse(o.URI)
	if err != nil {
		return fmt.Errorf("--uri: %w", err)
	}
	if !strings.HasPrefix(o.Dest, "/") || strings.Trim(o.Dest, "/") == "" {
		return fmt.Errorf("--dest is %q; want an absolute folder below '/', such as /opt/ml/model", o.Dest)
	}
	if o.MaxUnpackedBytes <= 0 {
		return fmt.Errorf("--max-unpacked-bytes is %d; want more than 0", o.MaxUnpackedBytes)
	}
	if o.Transfer.Parallelism < 1 || o.Transfer.Parallelism > 64 {
		return fmt.Errorf("--parallelism is %d; want 1 to 64", o.Transfer.Parallelism)
	}
	return o.validateCompression(at)
}

func (o FetchOptions) validateCompression(at blob.Location) error {
	switch o.Compression {
	case v1alpha1.CompressionGzip:
		if at.IsPrefix() {
			return fmt.Errorf("--uri is the prefix %q; --compression Gzip wants one object", o.URI)
		}
		if o.Digest != "" && !digestPattern.MatchString(o.Digest) {
			return fmt.Errorf("--digest is %q; want sha256: and 64 hexadecimal digits in lower case", o.Digest)
		}
	case v1alpha1.CompressionNone:
		if !at.IsPrefix() {
			return fmt.Errorf("--uri is the object %q; --compression None wants a prefix ending in '/'", o.URI)
		}
		if o.Digest != "" {
			return errors.New("--digest is for one Gzip object; a prefix has none")
		}
	default:
		return fmt.Errorf("--compression is %q; want Gzip or None", o.Compression)
	}
	return nil
}
