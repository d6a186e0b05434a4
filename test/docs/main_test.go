package docs

import (
	"flag"
	"os"
	"testing"

	"landfall.dev/landfall/test/apiserver"
)

var update = flag.Bool("update", false, "rewrite the generated parts of the pages")

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m)) }
