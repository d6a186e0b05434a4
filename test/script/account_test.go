package script

import (
	"net/http/httptest"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

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
