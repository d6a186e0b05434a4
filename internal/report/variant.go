package report

import (
	"fmt"

	"landfall.dev/landfall/internal/inventory"
)

// instancesOf says what a variant runs on: 2 × ml.m5.xlarge.
func instancesOf(v inventory.Variant) string {
	if v.Serverless != nil {
		return fmt.Sprintf("serverless, %d MB", v.Serverless.MemoryMB)
	}
	if v.InstanceType == "" {
		return "unknown"
	}
	for _, count := range []*int32{v.InstanceCount.Current, v.InstanceCount.Desired, v.InstanceCount.Initial} {
		if count != nil {
			return fmt.Sprintf("%d × %s", *count, v.InstanceType)
		}
	}
	return v.InstanceType
}
