package source

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"

	"landfall.dev/landfall/api/v1alpha1"
)

// snapshotVersion is the version of the snapshot's form.
const snapshotVersion = "landfall.dev/router-snapshot/v1alpha1"

// maxSnapshotBytes bounds what is read back: far beyond what etcd would hold.
const maxSnapshotBytes = 1 << 30

// snapshot is the last known state of the cluster, as far as routing needs it.
type snapshot struct {
	Version        string                       `json:"version"`
	Time           time.Time                    `json:"time"`
	Endpoints      []*v1alpha1.Endpoint         `json:"endpoints"`
	EndpointSlices []*discoveryv1.EndpointSlice `json:"endpointSlices"`
}

// write replaces the file as a whole: a reader finds the old or the new state,
// whatever happens in between.
func write(path string, state snapshot) (err error) {
	data, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("encoding the snapshot: %w", err)
	}
	// One name for all attempts: what a router that was killed left behind is
	// written over, where names of their own would fill the volume.
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("creating the snapshot: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // the first error is the one to tell
		}
	}()
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("putting the snapshot in place: %w", err)
	}
	return nil
}

// load reads a snapshot. It fails with os.ErrNotExist when there is none.
func load(path string) (snapshot, error) {
	info, err := os.Stat(path)
	if err != nil {
		return snapshot{}, fmt.Errorf("looking for the snapshot: %w", err)
	}
	if info.Size() > maxSnapshotBytes {
		return snapshot{}, fmt.Errorf("snapshot %s has %d bytes; at most %d are read", path, info.Size(), maxSnapshotBytes)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return snapshot{}, fmt.Errorf("reading the snapshot: %w", err)
	}
	return decode(data)
}

func decode(data []byte) (snapshot, error) {
	var state snapshot
	if err := json.Unmarshal(data, &state); err != nil {
		return snapshot{}, fmt.Errorf("decoding the snapshot: %w", err)
	}
	if state.Version != snapshotVersion {
		return snapshot{}, fmt.Errorf("snapshot has version %q; want %q", state.Version, snapshotVersion)
	}
	for i, endpoint := range state.Endpoints {
		if endpoint == nil {
			return snapshot{}, fmt.Errorf("snapshot's endpoint %d is null", i)
		}
	}
	for i, slice := range state.EndpointSlices {
		if slice == nil {
			return snapshot{}, fmt.Errorf("snapshot's endpointSlice %d is null", i)
		}
	}
	return state, nil
}
