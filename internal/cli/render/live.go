package render

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/output"
	core "landfall.dev/landfall/internal/render"
)

// keepLive sets live of each Endpoint to what the tree that lies there says: a
// commit moves the traffic, and rendering again must not move it back.
func keepLive(folder string, bundles []core.Bundle) error {
	root, err := os.OpenRoot(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &output.Failure{What: "cannot render into " + folder, Why: err.Error(), Next: "name a folder that can be read", Cause: err}
	}
	defer root.Close()
	before, err := readRecord(root)
	if err != nil {
		return brokenRecord(folder, err)
	}
	live := map[string]string{}
	for _, name := range sortedKeys(before.Files) {
		if err := readLive(root, name, live); err != nil {
			return &output.Failure{
				What: "cannot render into " + folder, Why: err.Error(),
				Next: "correct the file; it says where the traffic is, which rendering keeps", Cause: err,
			}
		}
	}
	for _, b := range bundles {
		isLive := func(v v1alpha1.Variant) bool { return v.Name == live[b.Endpoint.Name] }
		if slices.ContainsFunc(b.Endpoint.Spec.Variants, isLive) {
			b.Endpoint.Spec.Live = live[b.Endpoint.Name]
		}
	}
	return nil
}

// readLive reads live from an Endpoint's manifest or values; other files say
// nothing about it.
func readLive(root *os.Root, name string, into map[string]string) error {
	base := path.Base(name)
	if base != "endpoint.yaml" && base != "values.yaml" {
		return nil
	}
	data, err := root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", name, err)
	}
	type spec struct {
		Live string `json:"live"`
	}
	var manifest struct {
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
		Spec     spec `json:"spec"`
		Endpoint struct {
			Name string `json:"name"`
			Spec spec   `json:"spec"`
		} `json:"endpoint"`
	}
	if err := yaml.Unmarshal(data, &manifest); err != nil {
		return fmt.Errorf("cannot read %s: %w", name, err)
	}
	if base == "endpoint.yaml" {
		into[manifest.Metadata.Name] = manifest.Spec.Live
	} else if manifest.Endpoint.Name != "" {
		into[manifest.Endpoint.Name] = manifest.Endpoint.Spec.Live
	}
	return nil
}
