package render

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/bundle"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
	core "landfall.dev/landfall/internal/render"
)

// errUndeployable says that an export wrote no manifests.
var errUndeployable = errors.New("it has findings of severity Error, and so no manifests; see its " + export.FindingsPath)

// readBundles reads the bundles that were named, and those in the folders that
// were named. A bundle that cannot be deployed is an error where it was named,
// and left out with a warning where its folder was.
func (o *options) readBundles(planned plan.Document) ([]core.Bundle, error) {
	var all []core.Bundle
	from := map[inventory.WorkloadKey]string{}
	for _, named := range o.bundles {
		folders, err := bundlesIn(named)
		if err != nil {
			return nil, &output.Failure{What: "cannot use the bundle " + named, Why: err.Error(), Next: "name what " + o.session.Program + " export wrote, or a folder of it", Cause: err}
		}
		for _, folder := range folders {
			b, err := readBundle(folder, planned)
			if errors.Is(err, errUndeployable) && folder != named {
				o.session.Warnf("%s is left out: %v", folder, err)
				continue
			}
			if err != nil {
				return nil, &output.Failure{What: "cannot use the bundle " + folder, Why: err.Error(), Next: "export it again, or leave it out", Cause: err}
			}
			if other, twice := from[b.Key]; twice && filepath.Clean(other) != filepath.Clean(folder) {
				return nil, &output.Failure{
					What: "cannot use the bundle " + folder, Why: fmt.Sprintf("%s is of %s too", other, b.Key), Next: "leave one of them out",
				}
			} else if twice {
				continue
			}
			from[b.Key] = folder
			all = append(all, b)
		}
	}
	for _, b := range core.Unplanned(planned, all) {
		o.session.Warnf("%s is left out: the plan does not move %s now", from[b.Key], b.Key)
	}
	return all, nil
}

// bundlesIn returns a folder that is a bundle, and else those right below it, by
// name.
func bundlesIn(folder string) ([]string, error) {
	is := func(folder string) bool {
		_, err := os.Stat(filepath.Join(folder, export.ManifestPath))
		return err == nil
	}
	if is(folder) {
		return []string{folder}, nil
	}
	entries, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, errors.New("it does not exist")
	case errors.Is(err, syscall.ENOTDIR):
		return nil, errors.New("it is a file, and a bundle is a folder")
	case err != nil:
		return nil, fmt.Errorf("cannot read the folder: %w", err)
	}
	var folders []string
	for _, entry := range entries {
		if below := filepath.Join(folder, entry.Name()); is(below) {
			folders = append(folders, below)
		}
	}
	if len(folders) == 0 {
		return nil, fmt.Errorf("neither it nor a folder in it holds a %s", export.ManifestPath)
	}
	return folders, nil
}

// readBundle reads the manifests of an exported workload, checked against their
// checksums, and finds the workload in the plan.
func readBundle(folder string, planned plan.Document) (core.Bundle, error) {
	manifest, err := bundle.Read(folder)
	if err != nil {
		return core.Bundle{}, err
	}
	if !manifest.Deployable {
		return core.Bundle{}, errUndeployable
	}
	if err := bundle.Verify(folder); err != nil {
		return core.Bundle{}, err
	}
	b := core.Bundle{Model: &v1alpha1.Model{}, Endpoint: &v1alpha1.Endpoint{}}
	if b.Key, err = keyOf(manifest, planned); err != nil {
		return core.Bundle{}, err
	}
	if err := readManifest(filepath.Join(folder, filepath.FromSlash(export.ModelPath)), b.Model); err != nil {
		return core.Bundle{}, err
	}
	return b, readManifest(filepath.Join(folder, filepath.FromSlash(export.EndpointPath)), b.Endpoint)
}

// keyOf finds the workload that a bundle was exported from.
func keyOf(manifest export.Manifest, planned plan.Document) (inventory.WorkloadKey, error) {
	var keys []inventory.WorkloadKey
	for i := range planned.Workloads {
		w := &planned.Workloads[i]
		account := manifest.AccountID == "" || manifest.AccountID == w.AccountID
		if w.Kind == inventory.WorkloadEndpoint && w.Name == manifest.Endpoint && w.Region == manifest.Region && account {
			keys = append(keys, w.WorkloadKey)
		}
	}
	switch len(keys) {
	case 0:
		return inventory.WorkloadKey{}, fmt.Errorf("the plan has no endpoint %s in region %s", manifest.Endpoint, manifest.Region)
	case 1:
		return keys[0], nil
	}
	return inventory.WorkloadKey{}, fmt.Errorf("the plan has an endpoint %s in region %s for %d accounts, and the bundle does not name its own: export it again", manifest.Endpoint, manifest.Region, len(keys))
}

func readManifest(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("cannot read the manifest: %w", err)
	}
	if err := yaml.UnmarshalStrict(data, into); err != nil {
		return fmt.Errorf("cannot read %s: %w", path, err)
	}
	return nil
}
