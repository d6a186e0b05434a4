package probe

import (
	"bytes"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/verify"
)

func TestPlaces(t *testing.T) {
	env := map[string]string{"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
	got := places("http://10.0.0.7:8080", "# x\nsearch a b\nnameserver 10.96.0.10\nnameserver 1.1.1.1\n", func(name string) string { return env[name] })
	want := map[verify.Place]string{
		verify.PlaceAPIServer: "10.96.0.1:443", verify.PlaceNameServer: "10.96.0.10:53", verify.PlaceMetadata: metadataAddress, verify.PlaceModel: "10.0.0.7:8080",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if got := places("", "", func(string) string { return "" }); len(got) != 1 {
		t.Errorf("places = %v; want the metadata service alone", got)
	}
}

// What is closed while it is tried is told: first it is reached, then not.
func TestIsolationTellsWhatCloses(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closes := listener.Addr().String()
	var out bytes.Buffer
	p := &probe{Options: Options{Phase: verify.PhaseIsolation, Seconds: 30}, out: json.NewEncoder(writer(func(line []byte) {
		if strings.Contains(string(line), "the API server") {
			_ = listener.Close() // as a policy does once the first observation is heard
		}
		out.Write(line)
	}))}
	if err := p.watchPlaces(t.Context(), map[verify.Place]string{verify.PlaceAPIServer: closes}, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	var reached [][]verify.Place
	for line := range strings.Lines(out.String()) {
		o, is, err := verify.ParseObservation([]byte(line))
		if err != nil || !is || o.Reach == nil {
			t.Fatalf("line %q: %v", line, err)
		}
		reached = append(reached, o.Reach.Reached)
	}
	if diff := cmp.Diff([][]verify.Place{{verify.PlaceAPIServer}, nil}, reached); diff != "" {
		t.Errorf("reached (-want +got):\n%s", diff)
	}
}

// A try that fails by chance is not believed: what is reached again stays told.
func TestIsolationDoesNotBelieveOneFailedTry(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	var last verify.Observation
	p := &probe{Options: Options{Phase: verify.PhaseIsolation, Seconds: 1}, out: json.NewEncoder(writer(func(line []byte) {
		if last, _, err = verify.ParseObservation(line); err != nil {
			t.Error(err)
		}
		if len(last.Reach.Reached) > 0 {
			return
		}
		// Nothing listened while it was first tried.
		if listener, err = net.Listen("tcp", address); err != nil {
			t.Error(err)
		}
	}))}
	if err := p.watchPlaces(t.Context(), map[verify.Place]string{verify.PlaceAPIServer: address}, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	if diff := cmp.Diff([]verify.Place{verify.PlaceAPIServer}, last.Reach.Reached); diff != "" {
		t.Errorf("reached (-want +got):\n%s", diff)
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}
