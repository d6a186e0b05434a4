package pipeline

import (
	"encoding/json"

	"landfall.dev/landfall/api/v1alpha1"
)

// model applies a Model of Landfall.
func (b *builder) model(t *task) *missing {
	arguments := t.step.Arguments
	container := at(arguments, "PrimaryContainer")
	if container == nil {
		containers := append(list(arguments, "InferenceSpecification", "Containers"), list(arguments, "Containers")...)
		if len(containers) != 1 {
			return &missing{"it registers a chain of containers, or none", "register one Model for each container by hand"}
		}
		container = containers[0]
	}
	image, data := at(container, "Image"), at(container, "ModelDataUrl")
	if image == nil || data == nil {
		return &missing{"its image or its model's place is not known", "write the Model's manifest by hand"}
	}
	uri := b.text(data)
	if b.s3(uri) == nil {
		return &missing{"its model's place is not one in S3", "write the Model's manifest by hand"}
	}
	served := object{"image": b.image(t, image)}
	if environment := b.environment(t, at(container, "Environment")); len(environment) > 0 {
		served["env"] = environment
	}
	spec := object{
		"artifact":  object{"uri": b.textOf(t, data), "compression": string(v1alpha1.CompressionGzip)},
		"container": served,
	}
	if approval := arguments["ModelApprovalStatus"]; approval != nil {
		spec["approval"] = b.textOf(t, approval)
	}
	b.models[t.step.Name] = t.name
	manifest, err := json.MarshalIndent(object{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": "Model",
		"metadata": object{"name": "{{workflow.name}}-" + t.name}, "spec": spec,
	}, "", "  ")
	if err != nil {
		return &missing{"its manifest cannot be written", "write the Model's manifest by hand"}
	}
	t.template["resource"] = object{"action": "apply", "manifest": string(manifest)}
	b.retries(t, false)
	b.leftOut(t, "PrimaryContainer", "Containers", "InferenceSpecification", "ModelApprovalStatus", "ExecutionRoleArn", "Tags",
		"ModelPackageGroupName", "ModelName", "ModelPackageDescription")
	b.add(t, b.depends(t.step), b.guard(t.step))
	return nil
}

// fail ends the workflow with a message.
func (b *builder) fail(t *task) *missing {
	t.template["container"] = object{
		"image": b.options.ToolImage, "command": []any{"sh", "-c", `echo "$MESSAGE" >&2; exit 1`},
		"env": []any{object{"name": "MESSAGE", "value": b.textOf(t, t.step.Arguments["ErrorMessage"])}},
	}
	b.add(t, b.depends(t.step), b.guard(t.step))
	return nil
}
