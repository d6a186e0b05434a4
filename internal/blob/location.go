package blob

import (
	"fmt"
	"net/url"
	"path"
	"strings"
)

// The schemes of addresses that Open accepts.
const (
	schemeS3   = "s3"
	schemeFile = "file"
)

// Location is an address in an object store, taken apart.
type Location struct {
	// Scheme is s3 or file.
	Scheme string
	// Bucket is the bucket's name, or the absolute path of a folder.
	Bucket string
	// Key is the object's name in the bucket. A key that is empty or ends in
	// '/' is a prefix: it stands for every object below it.
	Key string
}

// Parse takes an address apart: s3://bucket/key or file:///folder/file. A
// trailing '/' makes it a prefix.
func Parse(uri string) (Location, error) {
	scheme, rest, found := strings.Cut(uri, "://")
	if !found {
		return Location{}, fmt.Errorf("address %q has no scheme; want one such as s3://bucket/path/model.tar.gz", uri)
	}
	switch scheme {
	case schemeS3:
		return parseS3(uri, rest)
	case schemeFile:
		return parseFile(uri, rest)
	default:
		return Location{}, fmt.Errorf("address %q has the scheme %q; this version reads s3 and file", uri, scheme)
	}
}

func parseS3(uri, rest string) (Location, error) {
	bucket, key, _ := strings.Cut(rest, "/")
	if bucket == "" || strings.ContainsAny(bucket, "@:?#") {
		return Location{}, fmt.Errorf("address %q names no bucket; want s3://bucket/path/model.tar.gz", uri)
	}
	return Location{Scheme: schemeS3, Bucket: bucket, Key: key}, nil
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
		return Location{Scheme: schemeFile, Bucket: path.Clean(name)}, nil
	}
	folder, key := path.Split(path.Clean(name))
	if key == "" {
		return Location{}, fmt.Errorf("address %q names no file; want file:///folder/model.tar.gz", uri)
	}
	return Location{Scheme: schemeFile, Bucket: path.Clean(folder), Key: key}, nil
}

// IsPrefix says that the location stands for every object below it.
func (l Location) IsPrefix() bool { return l.Key == "" || strings.HasSuffix(l.Key, "/") }

// String returns the address.
func (l Location) String() string {
	if l.Scheme == schemeFile {
		return (&url.URL{Scheme: schemeFile, Path: strings.TrimSuffix(l.Bucket, "/") + "/" + l.Key}).String()
	}
	return l.Scheme + "://" + l.Bucket + "/" + l.Key
}

// at returns the location of another key in the same bucket.
func (l Location) at(key string) Location {
	l.Key = key
	return l
}
