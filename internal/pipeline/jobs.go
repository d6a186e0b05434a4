package pipeline

import (
	"encoding/json"
	"fmt"
	"path"
	"strconv"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/placement"
)

// Folders of SageMaker's training and processing contracts.
const (
	configFolder  = "/opt/ml/input/config"
	dataFolder    = "/opt/ml/input/data"
	modelFolder   = "/opt/ml/model"
	outputFolder  = "/opt/ml/output"
	processConfig = "/opt/ml/config"
	host          = "algo-1"
)

// Shares of an instance that a pod on a node of the same size can get.
const (
	cpuSharePercent    = 90
	memorySharePercent = 85
)

// training runs the image with the argument train and SageMaker's files, and
// packs what it leaves in /opt/ml/model as SageMaker does.
func (b *builder) training(t *task) *missing {
	arguments := t.step.Arguments
	image := at(arguments, "AlgorithmSpecification", "TrainingImage")
	if image == nil {
		return &missing{"it names an algorithm of SageMaker and no image", "name the image of the algorithm, or train with open libraries"}
	}
	if mode := b.known(at(arguments, "AlgorithmSpecification", "TrainingInputMode")); mode == "Pipe" {
		return &missing{"it streams its data through named pipes (input mode Pipe)", "change the code to read files (input mode File) and scan again"}
	}
	output := b.text(at(arguments, "OutputDataConfig", "S3OutputPath"))
	if b.s3(output) == nil {
		return &missing{"its S3OutputPath is not a place in S3", "give OutputDataConfig.S3OutputPath"}
	}
	resources, lacks := b.resources(t, at(arguments, "ResourceConfig"))
	if lacks != nil {
		return lacks
	}
	channels := object{}
	for _, channel := range list(arguments, "InputDataConfig") {
		if why := b.channel(t, channel, channels); why != "" {
			return &missing{why, "mount the data as a volume, or put it into S3"}
		}
	}
	b.raw(t, "hyperparameters", path.Join(configFolder, "hyperparameters.json"), b.strings(t, arguments["HyperParameters"]))
	b.raw(t, "inputdataconfig", path.Join(configFolder, "inputdataconfig.json"), channels)
	b.raw(t, "resourceconfig", path.Join(configFolder, "resourceconfig.json"), hosts())
	t.folder(modelFolder)
	t.folder(outputFolder)
	container := object{
		"image": b.image(t, image), "args": []any{"train"}, "resources": resources,
		"env": b.environment(t, arguments["Environment"], object{"name": "TRAINING_JOB_NAME", "value": "{{workflow.name}}-" + t.name}),
	}
	if entrypoint := b.words(t, at(arguments, "AlgorithmSpecification", "ContainerEntrypoint")); len(entrypoint) > 0 {
		container["command"] = entrypoint
		delete(container, "args")
		if args := b.words(t, at(arguments, "AlgorithmSpecification", "ContainerArguments")); len(args) > 0 {
			container["args"] = args
		}
	}
	t.template["container"] = container
	spot := b.known(arguments["EnableManagedSpotTraining"]) == "true"
	b.placed(t, placement.ClassTraining, at(arguments, "ResourceConfig"), spot)
	b.retries(t, spot)
	b.deadline(t, arguments)
	files := below(output, variable("workflow.name"), piece{literal: t.name}, piece{literal: "output"}, piece{literal: "model"})
	t.outputs = append(t.outputs, object{"name": "model-files", "path": modelFolder, "archive": object{"none": object{}}, "s3": b.s3(files)})
	b.leftOut(t, "AlgorithmSpecification", "OutputDataConfig", "StoppingCondition", "ResourceConfig", "InputDataConfig",
		"HyperParameters", "Environment", "EnableManagedSpotTraining", "RoleArn", "Tags", "TrainingJobName")
	b.add(t, b.depends(t.step), b.guard(t.step))
	b.pack(t, output)
	return nil
}

// channel of training data.
func (b *builder) channel(t *task, channel map[string]any, channels object) (why string) {
	name := b.known(channel["ChannelName"])
	source := at(channel, "DataSource", "S3DataSource")
	if source == nil {
		return "its channel " + name + " is not in S3"
	}
	if kind := b.known(at(source, "S3DataType")); kind != "" && kind != "S3Prefix" {
		return fmt.Sprintf("its channel %s is listed in a file (%s)", name, kind)
	}
	if why := b.artifact(t, input{name: "channel-" + name, folder: path.Join(dataFolder, name), value: at(source, "S3Uri")}); why != "" {
		return why
	}
	described := object{"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
	if kind := b.textOf(t, channel["ContentType"]); kind != "" {
		described["ContentType"] = kind
	}
	channels[name] = described
	return ""
}

// pack adds a task that makes model.tar.gz of a training step's files: Argo's
// own archives have another folder inside.
func (b *builder) pack(trained *task, output text) {
	packed := &task{name: b.unique(trained.name + "-pack"), step: trained.step, names: map[string]bool{}, template: object{}}
	packed.inputs = []any{object{"name": "files", "path": "/model"}}
	packed.artifactArguments = []any{object{"name": "files", "from": "{{tasks." + trained.name + ".outputs.artifacts.model-files}}"}}
	uri := below(output, variable("workflow.name"), piece{literal: trained.name}, piece{literal: "output"}, piece{literal: "model.tar.gz"})
	packed.outputs = []any{object{"name": "model", "path": "/packed/model.tar.gz", "archive": object{"none": object{}}, "s3": b.s3(uri)}}
	packed.folder("/packed")
	packed.template["container"] = object{
		"image": b.options.ToolImage, "command": []any{"tar", "-czf", "/packed/model.tar.gz", "-C", "/model", "."},
	}
	b.add(packed, []string{trained.name}, "")
	b.last[trained.step.Name] = packed.name
	b.outputs[trained.step.Name] = map[string]made{packedModel: {uri: uri, task: packed.name, artifact: "model", file: "model.tar.gz"}}
}

// processing runs the image with the entrypoint and arguments of the step.
func (b *builder) processing(t *task) *missing {
	arguments := t.step.Arguments
	image := at(arguments, "AppSpecification", "ImageUri")
	if image == nil {
		return &missing{"it names no image", "give AppSpecification.ImageUri"}
	}
	cluster := at(arguments, "ProcessingResources", "ClusterConfig")
	resources, lacks := b.resources(t, cluster)
	if lacks != nil {
		return lacks
	}
	for _, in := range list(arguments, "ProcessingInputs") {
		name := b.known(in["InputName"])
		source := at(in, "S3Input")
		if source == nil || at(source, "S3Uri") == nil || b.known(at(source, "LocalPath")) == "" {
			return &missing{"its input " + name + " is no folder in S3 with a local path", "put the data into S3, and scan again"}
		}
		if why := b.artifact(t, input{name: "input-" + name, folder: b.known(at(source, "LocalPath")), value: at(source, "S3Uri")}); why != "" {
			return &missing{why, "give the input a place in S3"}
		}
	}
	b.raw(t, "resourceconfig", path.Join(processConfig, "resourceconfig.json"), hosts())
	if why := b.results(t); why != "" {
		return &missing{why, "give the output a local path and a place in S3"}
	}
	container := object{"image": b.image(t, image), "resources": resources}
	for field, from := range map[string]string{"command": "ContainerEntrypoint", "args": "ContainerArguments"} {
		if words := b.words(t, at(arguments, "AppSpecification", from)); len(words) > 0 {
			container[field] = words
		}
	}
	if environment := b.environment(t, arguments["Environment"]); len(environment) > 0 {
		container["env"] = environment
	}
	t.template["container"] = container
	b.placed(t, placement.ClassBatch, cluster, false)
	b.retries(t, false)
	b.deadline(t, arguments)
	b.leftOut(t, "AppSpecification", "ProcessingInputs", "ProcessingOutputConfig", "ProcessingResources", "StoppingCondition",
		"Environment", "RoleArn", "Tags", "ProcessingJobName")
	b.add(t, b.depends(t.step), b.guard(t.step))
	return nil
}

// results are the outputs of a processing step, and the files in them that
// conditions read.
func (b *builder) results(t *task) (why string) {
	outputs, folders := map[string]made{}, map[string]string{}
	for _, out := range list(t.step.Arguments, "ProcessingOutputConfig", "Outputs") {
		name, folder := b.known(out["OutputName"]), b.known(at(out, "S3Output", "LocalPath"))
		uri := b.text(at(out, "S3Output", "S3Uri"))
		s3 := b.s3(uri)
		if folder == "" || s3 == nil {
			return "its output " + name + " has no local path, or no place in S3"
		}
		artifact := t.unique(slug("output-" + name))
		t.outputs = append(t.outputs, object{"name": artifact, "path": folder, "archive": object{"none": object{}}, "s3": s3})
		t.folder(folder)
		outputs[name] = made{uri: uri, task: t.name, artifact: artifact}
		folders[name] = folder
	}
	files := map[string]bool{}
	for _, file := range t.step.Files {
		folder, ok := folders[file.Output]
		if !ok {
			return fmt.Sprintf("its property file %s is in the output %s, which it does not have", file.Name, file.Output)
		}
		t.outputParameters = append(t.outputParameters, object{"name": slug(file.Name), "valueFrom": object{"path": path.Join(folder, file.Path)}})
		files[file.Name] = true
	}
	b.outputs[t.step.Name], b.files[t.step.Name] = outputs, files
	return ""
}

// raw gives the container a file of JSON.
func (b *builder) raw(t *task, name, file string, content any) {
	encoded, err := json.Marshal(content)
	if err != nil {
		encoded = []byte("{}")
	}
	t.inputs = append(t.inputs, object{"name": t.unique(name), "path": file, "raw": object{"data": string(encoded)}})
}

// strings are hyperparameters: all values are texts.
func (b *builder) strings(t *task, value any) object {
	texts := object{}
	from, _ := value.(map[string]any)
	for _, name := range fields(from) {
		texts[name] = b.textOf(t, from[name])
	}
	return texts
}

// hosts of a job of one container.
func hosts() object {
	return object{"current_host": host, "hosts": []any{host}, "network_interface_name": "eth0"}
}

func (b *builder) deadline(t *task, arguments map[string]any) {
	if seconds, err := strconv.ParseInt(b.known(at(arguments, "StoppingCondition", "MaxRuntimeInSeconds")), 10, 32); err == nil && seconds > 0 {
		t.template["activeDeadlineSeconds"] = seconds
	}
}

// resources of a pod that has an instance's place for itself.
func (b *builder) resources(t *task, cluster any) (resources object, lacks *missing) {
	if count := b.known(at(cluster, "InstanceCount")); count != "" && count != "1" {
		return nil, &missing{
			fmt.Sprintf("it runs on %.20s instances that know one another", count),
			"run it with Kubeflow Trainer or a JobSet from a resource template, or on one larger instance",
		}
	}
	if _, isReference := referenceOf(at(cluster, "InstanceCount")); isReference {
		b.differs(t.step, "its number of instances is a parameter, which changes nothing: it runs in one pod", "split the work by hand where one pod is too slow")
	}
	kind := b.known(at(cluster, "InstanceType"))
	instance := inventory.InstanceOf(kind)
	if instance == nil {
		b.differs(t.step, fmt.Sprintf("its instance type %.40q is not known, so its pod asks for nothing", kind), "set resources in its template")
		return object{}, nil
	}
	if _, isReference := referenceOf(at(cluster, "InstanceType")); isReference {
		b.differs(t.step, "its instance type is a parameter: the pod's resources are those of the default "+kind, "set resources in its template for another size")
	}
	requests := object{
		"cpu":    fmt.Sprintf("%dm", instance.VCPU*1000*cpuSharePercent/100),
		"memory": fmt.Sprintf("%dMi", int64(instance.MemoryGiB*1024*memorySharePercent/100)),
	}
	resources = object{"requests": requests}
	if a := instance.Accelerator; a != nil {
		name := "nvidia.com/gpu"
		if a.Vendor == "AWS" {
			name = "aws.amazon.com/neuron"
		}
		resources["limits"] = object{name: strconv.Itoa(a.Count)}
	}
	return resources, nil
}

// placed puts a task's pod onto the nodes of its class.
func (b *builder) placed(t *task, class placement.Class, cluster any, spot bool) {
	tolerate := func(key string) object { return object{"key": key, "operator": "Exists", "effect": "NoSchedule"} }
	var tolerations []any
	if instance := inventory.InstanceOf(b.known(at(cluster, "InstanceType"))); instance != nil && instance.Accelerator != nil {
		tolerations = append(tolerations, tolerate("nvidia.com/gpu"))
	}
	if spot {
		tolerations = append(tolerations, tolerate(placement.LabelSpot))
	}
	if pool := b.options.Pools[class]; pool != "" {
		t.template["nodeSelector"] = object{placement.LabelPool: pool}
		tolerations = append(tolerations, object{"key": placement.LabelPool, "operator": "Equal", "value": pool, "effect": "NoSchedule"})
	}
	if len(tolerations) > 0 {
		t.template["tolerations"] = tolerations
	}
	// SageMaker's containers find themselves under this name.
	t.template["hostAliases"] = []any{object{"ip": "127.0.0.1", "hostnames": []any{host}}}
}
