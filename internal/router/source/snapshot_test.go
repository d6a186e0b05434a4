package source

import (
	"os"
	"path/filepath"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/router/table"
)

// A snapshot is replaced as a whole, and nothing is left beside it, not even by
// a router that was killed while it wrote: its volume has an end.
func TestSnapshotWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "snapshot.json")
	if err := os.WriteFile(path+".new", make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"first", "second"} {
		state := snapshot{Version: snapshotVersion, Endpoints: []*v1alpha1.Endpoint{{ObjectMeta: metav1.ObjectMeta{Name: name}}}}
		if err := write(path, state); err != nil {
			t.Fatal(err)
		}
		read, err := load(path)
		if err != nil || len(read.Endpoints) != 1 || read.Endpoints[0].Name != name {
			t.Errorf("load(...) = %+v, %v; want Endpoint %s", read, err, name)
		}
	}
	if err := write(filepath.Join(dir, "missing", "snapshot.json"), snapshot{}); err == nil {
		t.Error("write(...) into a folder that does not exist succeeds")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the snapshot lie %v (%v); want nothing", entries, err)
	}
}

// Whatever lies in the file, reading it gives an error or something to compile.
func FuzzSnapshot(f *testing.F) {
	f.Add([]byte(`{"version":"` + snapshotVersion + `","endpoints":[{"metadata":{"name":"a"},"status":{"traffic":[{"name":"x","weightBasisPoints":-5}]}}]}`))
	f.Add([]byte(`{"version":"` + snapshotVersion + `","endpoints":[null]}`))
	f.Add([]byte(`{"version":"` + snapshotVersion + `","endpointSlices":[{"ports":[{}],"endpoints":[{}]}]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if state, err := decode(data); err == nil {
			table.Compile(state.Endpoints, state.EndpointSlices)
		}
	})
}
