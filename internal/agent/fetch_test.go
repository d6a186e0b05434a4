package agent

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"landfall.dev/landfall/internal/blob"
)

// file is a file or link of a test archive.
type file struct {
	name, content, linkTo string
}

func pack(t *testing.T, files ...file) []byte {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Size: int64(len(f.content)), Mode: 0o600}
		if f.linkTo != "" {
			header.Typeflag, header.Linkname = tar.TypeSymlink, f.linkTo
		}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// newStore serves objects by S3's protocol, and returns its address.
func newStore(t *testing.T, objects map[string][]byte) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("models"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-real-secret")
	bucket, _, err := blob.Open(t.Context(), "s3://models/", blob.Options{EndpointURL: server.URL, Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	for key, data := range objects {
		if err := bucket.Write(t.Context(), key, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	return server.URL
}

// outcome is what a run of the agent left.
type outcome struct {
	code              int
	termination, log  string
	dest, scratchLeft []string
}

// run executes landfall-agent as the init container does.
func run(ctx context.Context, t *testing.T, args ...string) outcome {
	t.Helper()
	base := t.TempDir()
	dest, scratch := filepath.Join(base, "dest"), filepath.Join(base, "scratch")
	termination := filepath.Join(base, "termination-log")
	// What an earlier attempt, killed half-way, may have left.
	if err := os.MkdirAll(filepath.Join(dest, "half"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dest, "half", "written"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(scratch, 0o755); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	args = append([]string{"fetch", "--dest", dest, "--scratch", scratch, "--termination-log", termination}, args...)
	code := Run(ctx, args, &log, &log)
	last, err := os.ReadFile(termination)
	if err != nil && code == exitFailed {
		t.Errorf("no reason was left for the kubelet: %v", err)
	}
	return outcome{
		code: code, termination: string(last), log: log.String(), dest: tree(t, dest), scratchLeft: tree(t, scratch),
	}
}

// tree lists the files and folders below a folder, with their modes.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := entry.Info()
		found = append(found, info.Mode().String()+" "+strings.TrimPrefix(path, dir+"/"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func digestOf(t *testing.T, data []byte) string {
	t.Helper()
	digest, err := blob.Digest(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func TestFetchGzip(t *testing.T) {
	data := pack(t, file{name: "./model.joblib", content: "weights"}, file{name: "code/inference.py", content: "pass"})
	url := newStore(t, map[string][]byte{"churn/model.tar.gz": data})
	got := run(t.Context(), t, "--uri", "s3://models/churn/model.tar.gz", "--compression", "Gzip",
		"--digest", digestOf(t, data), "--max-unpacked-bytes", "20000", "--region", "us-east-1", "--endpoint-url", url)
	if got.code != exitDone {
		t.Fatalf("exit code %d: %s", got.code, got.log)
	}
	want := []string{"drwxr-xr-x code", "-rw-r--r-- code/inference.py", "-rw-r--r-- model.joblib"}
	if diff := cmp.Diff(want, got.dest); diff != "" {
		t.Errorf("files, which the container's user must be able to read (-want +got):\n%s", diff)
	}
	if len(got.scratchLeft) != 0 || got.termination != "" {
		t.Errorf("left the download %v and the last words %q", got.scratchLeft, got.termination)
	}
	if !strings.Contains(got.log, "files=2") || !strings.Contains(got.log, digestOf(t, data)) {
		t.Errorf("log does not tell what was fetched: %s", got.log)
	}
	if strings.Contains(got.log, "not-a-real-secret") {
		t.Error("log holds the secret key")
	}
}

func TestFetchPrefix(t *testing.T) {
	url := newStore(t, map[string][]byte{
		"churn/v7/model.joblib": []byte("weights"), "churn/v7/code/inference.py": []byte("pass"),
		"churn/v7/code/": nil, "churn/v70": []byte("another model"),
	})
	got := run(t.Context(), t, "--uri", "s3://models/churn/v7/", "--compression", "None", "--endpoint-url", url)
	if got.code != exitDone {
		t.Fatalf("exit code %d: %s", got.code, got.log)
	}
	want := []string{"drwxr-xr-x code", "-rw-r--r-- code/inference.py", "-rw-r--r-- model.joblib"}
	if diff := cmp.Diff(want, got.dest); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestFetchRefuses(t *testing.T) {
	good := pack(t, file{name: "model.joblib", content: "weights"})
	url := newStore(t, map[string][]byte{
		"good":      good,
		"climbing":  pack(t, file{name: "first", content: "x"}, file{name: "../evil", content: "x"}),
		"absolute":  pack(t, file{name: "/etc/evil", content: "x"}),
		"link":      pack(t, file{name: "link", linkTo: "/etc/passwd"}),
		"bomb":      pack(t, file{name: "small", content: "x"}, file{name: "zeros", content: strings.Repeat("\x00", 1<<20)}),
		"truncated": good[:len(good)-20],
		"text":      []byte("no archive at all"),
		"wide/a":    bytes.Repeat([]byte("x"), 70_000),
		"wide/b":    bytes.Repeat([]byte("x"), 70_000),
		"odd/x//y":  []byte("x"),
		"odd/x/y":   []byte("x"),
	})
	wrong := "sha256:" + strings.Repeat("0", 64)
	cases := map[string]struct {
		reason string
		uri    string
		args   []string
		// want are pieces of the one line that says what happened.
		want []string
	}{
		"digest": {
			reason: "both digests are told, so that one sees which is meant",
			uri:    "good", args: []string{"--digest", wrong},
			want: []string{wrong, digestOf(t, good), "register it as a new Model"},
		},
		"climbing":  {uri: "climbing", want: []string{`"../evil"`, "climbs out", "pack the model again"}},
		"absolute":  {uri: "absolute", want: []string{`"/etc/evil"`, "absolute"}},
		"link":      {uri: "link", want: []string{`"link"`, "symbolic link"}},
		"bomb":      {uri: "bomb", want: []string{`"zeros"`, "at most 100000 bytes", "spec.artifact.maxUnpacked"}},
		"truncated": {uri: "truncated", want: []string{"cut off", "upload the archive again"}},
		"text":      {uri: "text", want: []string{"not gzip-compressed", "None with a prefix"}},
		"missing":   {uri: "missing", want: []string{"does not exist", "check spec.artifact.uri"}},
		"empty prefix": {
			uri: "nothing/", args: []string{"--compression", "None"},
			want: []string{"no object has this prefix", "check spec.artifact.uri"},
		},
		"prefix too big": {
			uri: "wide/", args: []string{"--compression", "None"},
			want: []string{`"b"`, "at most 100000 bytes"},
		},
		"bucket": {
			uri: "../nobucket/key", want: []string{"does not exist"},
		},
		"two keys, one file": {
			reason: "the keys x//y and x/y are two objects but one path",
			uri:    "odd/", args: []string{"--compression", "None"}, want: []string{`"x/y"`, "file exists"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			uri := "s3://models/" + tc.uri
			if bucket, ok := strings.CutPrefix(tc.uri, "../"); ok {
				uri = "s3://" + bucket
			}
			got := run(t.Context(), t, append([]string{
				"--uri", uri, "--endpoint-url", url, "--max-unpacked-bytes", "100000",
			}, tc.args...)...)
			checkFailed(t, got, append(tc.want, uri))
		})
	}
}

// checkFailed wants exit code 1, one line with the given pieces, and nothing
// left of the model.
func checkFailed(t *testing.T, got outcome, want []string) {
	t.Helper()
	if got.code != exitFailed {
		t.Errorf("exit code %d, want %d: %s", got.code, exitFailed, got.log)
	}
	if len(got.dest) != 0 || len(got.scratchLeft) != 0 {
		t.Errorf("left %v and %v, want nothing", got.dest, got.scratchLeft)
	}
	if strings.Count(got.termination, "\n") != 1 {
		t.Errorf("last words are not one line: %q", got.termination)
	}
	for _, piece := range want {
		if !strings.Contains(got.termination, piece) {
			t.Errorf("last words %q lack %q", got.termination, piece)
		}
	}
}

func TestFetchUnreachable(t *testing.T) {
	url := newStore(t, nil)
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	got := run(t.Context(), t, "--uri", "s3://models/m.tar.gz", "--endpoint-url", server.URL)
	checkFailed(t, got, []string{"cannot be reached", "connection refused", "spec.artifact.endpointURL"})
	if url == server.URL {
		t.Fatal("both servers have one address")
	}
}

func TestFetchDenied(t *testing.T) {
	newStore(t, nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	}))
	defer server.Close()
	got := run(t.Context(), t, "--uri", "s3://models/m.tar.gz", "--endpoint-url", server.URL)
	checkFailed(t, got, []string{"access is denied", "s3:GetObject", "credentialsSecretRef"})
}

func TestFetchCancelled(t *testing.T) {
	url := newStore(t, map[string][]byte{"m": pack(t, file{name: "a", content: "x"})})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := run(ctx, t, "--uri", "s3://models/m", "--endpoint-url", url)
	checkFailed(t, got, []string{"stopped fetching", "nothing of it was kept"})
}

func TestBadUsage(t *testing.T) {
	gzipped := []string{"--uri", "s3://b/k"}
	cases := map[string]struct {
		args []string
		want string
	}{
		"no uri":           {args: nil, want: "--uri is missing"},
		"no scheme":        {args: []string{"--uri", "b/k"}, want: "no scheme"},
		"relative dest":    {args: append(gzipped, "--dest", "model"), want: "absolute folder"},
		"root as dest":     {args: append(gzipped, "--dest", "//"), want: "absolute folder"},
		"compression":      {args: append(gzipped, "--compression", "zip"), want: "Gzip or None"},
		"digest":           {args: append(gzipped, "--digest", "sha256:ABC"), want: "64 hexadecimal digits"},
		"limit":            {args: append(gzipped, "--max-unpacked-bytes", "0"), want: "more than 0"},
		"parallelism":      {args: append(gzipped, "--parallelism", "0"), want: "1 to 64"},
		"argument":         {args: append(gzipped, "now"), want: `unexpected argument "now"`},
		"flag":             {args: []string{"--url", "x"}, want: "not defined: -url"},
		"prefix unpacked":  {args: []string{"--uri", "s3://b/p/"}, want: "wants one object"},
		"object as prefix": {args: append(gzipped, "--compression", "None"), want: "wants a prefix"},
		"prefix with digest": {
			args: []string{"--uri", "s3://b/p/", "--compression", "None", "--digest", "sha256:" + strings.Repeat("0", 64)},
			want: "a prefix has none",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			args := append([]string{"fetch", "--termination-log", filepath.Join(t.TempDir(), "log")}, tc.args...)
			if code := Run(t.Context(), args, &log, &log); code != exitBadUsage || !strings.Contains(log.String(), tc.want) {
				t.Errorf("exit code %d, log %q; want %d and %q", code, log.String(), exitBadUsage, tc.want)
			}
		})
	}
}

func TestCommands(t *testing.T) {
	for args, want := range map[string]int{
		"": exitBadUsage, "upload": exitBadUsage, "help": exitDone, "fetch -h": exitDone,
	} {
		var log bytes.Buffer
		if code := Run(t.Context(), strings.Fields(args), &log, &log); code != want || log.Len() == 0 {
			t.Errorf("%q: exit code %d, want %d; log %q", args, code, want, log.String())
		}
	}
}

func TestLastWordsAreBounded(t *testing.T) {
	long := oneLine(&digestError{want: strings.Repeat("ä", 5000), got: "line\nbreak"})
	if len(long) > maxLineBytes+len("…") || strings.Contains(long, "\n") {
		t.Errorf("got %d bytes: %s", len(long), strconv.Quote(long))
	}
}
