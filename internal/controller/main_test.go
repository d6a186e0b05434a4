package controller_test

import (
	"os"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"landfall.dev/landfall/test/apiserver"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard()) // what the operators do shows in the cluster
	os.Exit(apiserver.Main(m))
}
