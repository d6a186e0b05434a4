package render

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/bundle"
	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
	core "landfall.dev/landfall/internal/render"
)

// readBundle reads the manifests of an exported workload, checked against their
// checksums, and finds the workload in the plan.
func readBundle(folder string, planned plan.Document) (core.Bundle, error) {
	manifest, err := bundle.Read(folder)
	if err != nil {
		return core.Bundle{}, err
	}
	if !manifest.Deployable {
		return core.Bundle{}, errors.New("it has findings of severity Error, and so no manifests; see its " + export.FindingsPath)
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
		if w.Kind == inventory.WorkloadEndpoint && w.Name == manifest.Endpoint && w.Region == manifest.Region {
			keys = append(keys, w.WorkloadKey)
		}
	}
	switch len(keys) {
	case 0:
		return inventory.WorkloadKey{}, fmt.Errorf("the plan has no endpoint %s in region %s", manifest.Endpoint, manifest.Region)
	case 1:
		return keys[0], nil
	}
	return inventory.WorkloadKey{}, fmt.Errorf("the plan has an endpoint %s in region %s for %d accounts", manifest.Endpoint, manifest.Region, len(keys))
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
