// Package apiserver gives the tests of a package one real API server with
// Landfall's CustomResourceDefinitions installed.
//
// It owns starting it, once and only when a test asks, and stopping it. It
// refuses to fetch the binaries: they come from KUBEBUILDER_ASSETS, which
// `make test` sets.
package apiserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"landfall.dev/landfall/api/v1alpha1"
)

// AssetsVariable names the environment variable that holds the folder of
// kube-apiserver and etcd.
const AssetsVariable = "KUBEBUILDER_ASSETS"

// patience is how long a step of starting and stopping may take. envtest's own
// 10 and 20 s are too few for a machine that compiles and tests beside.
const patience = 2 * time.Minute

var server struct {
	sync.Mutex

	serving bool
	env     *envtest.Environment
	config  *rest.Config
	err     error
}

// Main runs the tests of a package and stops the API server that any of them
// started. TestMain calls it: os.Exit(apiserver.Main(m)).
func Main(m *testing.M) int {
	server.serving = true
	code := m.Run()
	if server.env == nil {
		return code
	}
	if err := server.env.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the test API server:", err)
		return max(code, 1)
	}
	return code
}

// Start returns how to reach the package's API server, starting it on the first
// call. The test is skipped when the binaries are not at hand.
func Start(tb testing.TB) *rest.Config {
	tb.Helper()
	if os.Getenv(AssetsVariable) == "" {
		tb.Skipf("%s is unset: run make test", AssetsVariable)
	}
	server.Lock()
	defer server.Unlock()
	if !server.serving {
		tb.Fatal("apiserver.Start without a TestMain that calls apiserver.Main: nothing would stop the server")
	}
	if server.env == nil && server.err == nil {
		server.err = start()
	}
	if server.err != nil {
		tb.Fatalf("cannot start the test API server: %v", server.err)
	}
	return rest.CopyConfig(server.config)
}

func start() error {
	root, err := Root()
	if err != nil {
		return err
	}
	env := &envtest.Environment{
		CRDDirectoryPaths:        []string{filepath.Join(root, "config", "crd")},
		ErrorIfCRDPathMissing:    true,
		CRDInstallOptions:        envtest.CRDInstallOptions{MaxTime: patience},
		ControlPlaneStartTimeout: patience,
		ControlPlaneStopTimeout:  patience,
	}
	config, err := env.Start()
	if err != nil {
		return errors.Join(err, env.Stop())
	}
	// The tests are impatient; client-go's default of 5 requests a second
	// would time them, not the API server.
	config.QPS, config.Burst = 500, 1000
	server.env, server.config = env, config
	return nil
}

// Root returns the root folder of the module, above the test's own folder.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("cannot find the module's root: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("cannot find the module's root: no go.mod above the working folder")
		}
		dir = parent
	}
}

// Scheme knows Kubernetes' own kinds and Landfall's.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(fmt.Sprintf("two kinds of one name: %v", err))
		}
	}
	return scheme
}
