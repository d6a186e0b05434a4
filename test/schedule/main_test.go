package schedule

import (
	"os"
	"testing"

	"landfall.dev/landfall/test/apiserver"
)

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m)) }
