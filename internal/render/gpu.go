package render

import (
	"fmt"
	"maps"
	"strconv"

	"landfall.dev/landfall/internal/document"
	"landfall.dev/landfall/internal/placement"
)

// Labels by which NVIDIA's GPU operator chooses what a node's GPUs are cut into.
const (
	labelMIGConfig    = "nvidia.com/mig.config"
	labelPluginConfig = "nvidia.com/device-plugin.config"
)

// sharingConfigMap is the device plugin's configuration of the GPU operator:
// name it in its values as devicePlugin.config.name.
const sharingConfigMap = "landfall-gpu-sharing"

// nodeLabels are the pool's own and those that the GPU operator reads.
func nodeLabels(p placement.NodePool) map[string]string {
	all := maps.Clone(p.Labels())
	if p.GPU == nil {
		return all
	}
	switch p.GPU.Sharing {
	case placement.SharingMIG:
		all[labelMIGConfig] = "all-" + p.GPU.Profile
	case placement.SharingTimeSlicing:
		all[labelPluginConfig] = sharingKey(p.GPU.Replicas)
	case placement.SharingNone:
	}
	return all
}

// sharingKey names the configuration for a number of pods a GPU.
func sharingKey(replicas int) string { return "time-slicing-" + strconv.Itoa(replicas) }

// pluginConfig is the device plugin's own form:
// https://github.com/NVIDIA/k8s-device-plugin, "Shared Access to GPUs".
type pluginConfig struct {
	Version string `json:"version"`
	Sharing struct {
		TimeSlicing struct {
			RenameByDefault            bool           `json:"renameByDefault"`
			FailRequestsGreaterThanOne bool           `json:"failRequestsGreaterThanOne"`
			Resources                  []pluginShared `json:"resources"`
		} `json:"timeSlicing"`
	} `json:"sharing"`
}

type pluginShared struct {
	Name     string `json:"name"`
	Replicas int    `json:"replicas"`
}

// gpuSharing returns the ConfigMap of all pools whose GPUs pods take turns on,
// or nil when there are none.
func gpuSharing(pools []placement.NodePool) (map[string]any, error) {
	data := map[string]string{}
	for _, p := range pools {
		if p.GPU == nil || p.GPU.Sharing != placement.SharingTimeSlicing {
			continue
		}
		config := pluginConfig{Version: "v1"}
		slicing := &config.Sharing.TimeSlicing
		slicing.RenameByDefault, slicing.FailRequestsGreaterThanOne = true, true
		slicing.Resources = []pluginShared{{Name: "nvidia.com/gpu", Replicas: p.GPU.Replicas}}
		text, err := document.Encode(config)
		if err != nil {
			return nil, fmt.Errorf("cannot write the sharing of pool %s: %w", p.Name, err)
		}
		data[sharingKey(p.GPU.Replicas)] = string(text)
	}
	if len(data) == 0 {
		return nil, nil //nolint:nilnil // no GPU is shared
	}
	return map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": meta{Name: sharingConfigMap, Namespace: "gpu-operator", Labels: labels()}, "data": data,
	}, nil
}
