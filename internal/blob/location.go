package blob

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// The schemes of addresses that Open accepts.
const (
	SchemeS3    = "s3"
	SchemeGCS   = "gs"
	SchemeAzure = "azblob"
	SchemeOCI   = "oci"
	SchemeFile  = "file"
)

// Location is an address in an object store, taken apart.
type Location struct {
	// Scheme is one of the constants above.
	Scheme string
	// Bucket is the name of the bucket or container, the absolute path of a
	// folder, or an OCI artifact: registry/repository:tag or @digest.
	Bucket string
	// Key is the object's name in the bucket. A key that is empty or ends in
	// '/' is a prefix: it stands for every object below it.
	Key string
}

// Parse takes an address apart: s3://bucket/key, gs://bucket/key,
// azblob://container/key, oci://registry/repository:tag/file or
// file:///folder/file. A trailing '/' makes it a prefix.
func Parse(uri string) (Location, error) {
	scheme, rest, found := strings.Cut(uri, "://")
	if !found {
		return Location{}, fmt.Errorf("address %q has no scheme; want one such as s3://bucket/path/model.tar.gz", uri)
	}
	switch scheme {
	case SchemeS3, SchemeGCS, SchemeAzure:
		return parseBucket(uri, scheme, rest)
	case SchemeOCI:
		return parseOCI(uri, rest)
	case SchemeFile:
		return parseFile(uri, rest)
	default:
		return Location{}, fmt.Errorf("address %q has the scheme %q; this version reads s3, gs, azblob, oci and file", uri, scheme)
	}
}

func parseBucket(uri, scheme, rest string) (Location, error) {
	bucket, key, _ := strings.Cut(rest, "/")
	if bucket == "" || strings.ContainsAny(bucket, "@:?#") {
		return Location{}, fmt.Errorf("address %q names no bucket; want %s://bucket/path/model.tar.gz", uri, scheme)
	}
	return Location{Scheme: scheme, Bucket: bucket, Key: key}, nil
}

// ociForm takes the address of a file in an OCI artifact apart: registry,
// repository, and a tag or digest, by the grammar of the OCI distribution
// specification 1.1 ("Pulling manifests"), and then the file.
var ociForm = regexp.MustCompile(`^([a-zA-Z0-9.-]+(?::[0-9]+)?` +
	`(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+` +
	`(?::[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}|@sha256:[0-9a-f]{64}))(?:/(.*))?$`)

// ociStore is such an address without tag and file: a place for artifacts.
var ociStore = regexp.MustCompile(`^([a-zA-Z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)/?$`)

func parseOCI(uri, rest string) (Location, error) {
	if parts := ociForm.FindStringSubmatch(rest); parts != nil {
		return Location{Scheme: SchemeOCI, Bucket: parts[1], Key: parts[2]}, nil
	}
	if parts := ociStore.FindStringSubmatch(rest); parts != nil {
		return Location{Scheme: SchemeOCI, Bucket: parts[1]}, nil
	}
	return Location{}, fmt.Errorf("address %q names no artifact of a registry; want oci://registry/repository:tag/model.tar.gz, "+
		"with the repository in lower case", uri)
}

func parseFile(uri, rest string) (Location, error) {
	name, err := url.PathUnescape(rest)
	if err != nil {
		return Location{}, fmt.Errorf("address %q is not well escaped: %w", uri, err)
	}
	if !strings.HasPrefix(name, "/") {
		return Location{}, fmt.Errorf("address %q is not absolute; want file:///folder/model.tar.gz", uri)
	}
	if strings.HasSuffix(name, "/") {
		return Location{Scheme: SchemeFile, Bucket: path.Clean(name)}, nil
	}
	folder, key := path.Split(path.Clean(name))
	if key == "" {
		return Location{}, fmt.Errorf("address %q names no file; want file:///folder/model.tar.gz", uri)
	}
	return Location{Scheme: SchemeFile, Bucket: path.Clean(folder), Key: key}, nil
}

// IsPrefix says that the location stands for every object below it.
func (l Location) IsPrefix() bool { return l.Key == "" || strings.HasSuffix(l.Key, "/") }

// String returns the address.
func (l Location) String() string {
	if l.Scheme == SchemeFile {
		return (&url.URL{Scheme: SchemeFile, Path: strings.TrimSuffix(l.Bucket, "/") + "/" + l.Key}).String()
	}
	return l.Scheme + "://" + l.Bucket + "/" + l.Key
}

// Artifact returns the folder for the files of one version of a model below a
// prefix: prefix/name/version/, and in a registry prefix/name:version/. Version
// is a hash in hexadecimal digits.
func (l Location) Artifact(name, version string) Location {
	if l.Scheme == SchemeOCI {
		return Location{Scheme: SchemeOCI, Bucket: l.Bucket + "/" + ociName(name) + ":" + version}
	}
	prefix := l.Key
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	return l.at(prefix + name + "/" + version + "/")
}

// ociName makes a component of a repository's name: lower case, with single
// separators inside.
func ociName(name string) string {
	parts := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(parts, "-")
}

// at returns the location of another key in the same bucket.
func (l Location) at(key string) Location {
	l.Key = key
	return l
}
