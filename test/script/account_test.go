package script

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http/httptest"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"landfall.dev/landfall/internal/blob"
	"landfall.dev/landfall/test/apiserver"
	"landfall.dev/landfall/test/standin"
)

// accountKey is where a script's stand-in account lies among its values.
type accountKey struct{}

// setupAccount gives a script a stand-in AWS account of its own, and credentials
// that open it. The churn endpoint's container is not needed: nobody invokes it.
func setupAccount(env *testscript.Env) error {
	if err := home(env); err != nil {
		return err
	}
	root, err := apiserver.Root()
	if err != nil {
		return err
	}
	account, err := standin.Load(filepath.Join(root, "test", "standin", "accounts", "demo.yaml"), func(string) (string, bool) {
		return "", true
	})
	if err != nil {
		return err
	}
	server, err := standin.New(account, standin.Options{Seed: 1})
	if err != nil {
		return err
	}
	listener := httptest.NewServer(server)
	env.Defer(listener.Close)
	env.Values[accountKey{}] = server
	env.Values[programsKey{}] = programs{}
	env.Setenv("AWS_ENDPOINT_URL", listener.URL)
	env.Setenv("AWS_REGION", account.Region)
	env.Setenv("AWS_ACCESS_KEY_ID", account.Credentials[0].AccessKeyID)
	env.Setenv("AWS_SECRET_ACCESS_KEY", account.Credentials[0].SecretAccessKey)
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return nil
}

// standInKnob takes a permission away: standin deny ACTION.
func standInKnob(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || args[0] != "deny" {
		ts.Fatalf("usage: standin deny ACTION")
	}
	server, ok := ts.Value(accountKey{}).(*standin.Server)
	if !ok {
		ts.Fatalf("this script has no stand-in account")
	}
	knobs := server.Knobs()
	if knobs.Operations == nil {
		knobs.Operations = map[string]standin.OperationKnobs{}
	}
	knobs.Operations[args[1]] = standin.OperationKnobs{Deny: true}
	ts.Check(server.SetKnobs(knobs))
}

// upload packs files into a model.tar.gz and puts it into the account's S3:
// upload URI NAME=FILE...
func upload(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: upload URI NAME=FILE...")
	}
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for _, pair := range args[1:] {
		name, file, _ := strings.Cut(pair, "=")
		content := ts.ReadFile(file)
		ts.Check(archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}))
		_, err := archive.Write([]byte(content))
		ts.Check(err)
	}
	ts.Check(errors.Join(archive.Close(), zipped.Close()))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	bucket, at, err := blob.Open(ctx, args[0], blob.Options{
		Region: ts.Getenv("AWS_REGION"), EndpointURL: ts.Getenv("AWS_ENDPOINT_URL"),
		Credentials: &blob.Credentials{AccessKeyID: ts.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: ts.Getenv("AWS_SECRET_ACCESS_KEY")},
	})
	ts.Check(err)
	ts.Check(errors.Join(bucket.Write(ctx, at.Key, &packed), bucket.Close()))
}
