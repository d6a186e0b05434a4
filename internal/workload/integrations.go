package workload

import (
	"cmp"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/reference"
)

// integrationRule sees other services and features that a workload relies on.
type integrationRule func(a *account, g *group) []inventory.Integration

// integrationRules are all asked; their order does not count.
var integrationRules = []integrationRule{
	endpointFeatures, asyncInference, scalingFeatures, monitoring, alarmsOn, network, referenced, jobFeatures, tracking,
	marketplace, registered, variables,
}

// integrations are sorted by name and detail, without repetitions.
func (a *account) integrations(g *group) []inventory.Integration {
	var list []inventory.Integration
	for _, rule := range integrationRules {
		list = append(list, rule(a, g)...)
	}
	slices.SortFunc(list, func(x, y inventory.Integration) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Detail, y.Detail))
	})
	return slices.Compact(list)
}

func endpointFeatures(_ *account, g *group) []inventory.Integration {
	e := g.endpoint
	if e == nil {
		return nil
	}
	var list []inventory.Integration
	add := func(name, detail string) { list = append(list, inventory.Integration{Name: name, Detail: detail}) }
	if e.DataCapture != nil && e.DataCapture.Enabled {
		add("DataCapture", e.DataCapture.DestinationURI)
	}
	if len(e.ShadowVariants) > 0 {
		add("ShadowVariants", plural(len(e.ShadowVariants), "shadow variant"))
	}
	for _, field := range e.Ignored {
		switch {
		case strings.Contains(field, "ExplainerConfig"):
			add("Clarify", "explanations of answers")
		case strings.Contains(field, "LastDeploymentConfig") || strings.Contains(field, "DeploymentConfig"):
			add("DeploymentGuardrails", "a rollout with conditions to undo it")
		}
	}
	for i := range e.Variants {
		if e.Variants[i].ElasticInference != "" {
			add("ElasticInference", e.Variants[i].ElasticInference)
		}
	}
	for m := range e.Models {
		for _, c := range e.Models[m].Containers {
			if c.RepositoryAccess == "Vpc" {
				add("PrivateRegistry", "image of model "+e.Models[m].Name)
			}
		}
	}
	return list
}

func asyncInference(_ *account, g *group) []inventory.Integration {
	if g.endpoint == nil || g.endpoint.Async == nil {
		return nil
	}
	return []inventory.Integration{{Name: "AsyncInference", Detail: g.endpoint.Async.OutputURI}}
}

func scalingFeatures(_ *account, g *group) []inventory.Integration {
	if g.endpoint == nil {
		return nil
	}
	var list []inventory.Integration
	for _, s := range g.endpoint.Scaling {
		list = append(list, inventory.Integration{Name: "AutoScaling", Detail: s.Resource})
	}
	for i := range g.endpoint.Variants {
		if g.endpoint.Variants[i].ManagedScaler != nil {
			list = append(list, inventory.Integration{Name: "ManagedInstanceScaling", Detail: "variant " + g.endpoint.Variants[i].Name})
		}
	}
	return list
}

// monitoring sees the schedules that watch an endpoint, and Clarify behind
// schedules and jobs.
func monitoring(a *account, g *group) []inventory.Integration {
	var list []inventory.Integration
	if g.endpoint != nil {
		for _, schedule := range a.schedules[endpointKey(g.endpoint)] {
			detail := "schedule " + schedule
			if trouble := a.monitoringTrouble(inventory.WorkloadKey{Place: g.key.Place, Kind: inventory.WorkloadMonitoring, Name: schedule}); trouble != "" {
				detail += ": " + trouble
			}
			list = append(list, inventory.Integration{Name: "ModelMonitor", Detail: detail})
		}
	}
	if g.key.Kind == inventory.WorkloadMonitoring {
		list = append(list, inventory.Integration{Name: "ModelMonitor", Detail: a.monitoringTrouble(g.key)})
	}
	for _, p := range programs(g) {
		if p.image != nil && strings.Contains(p.image.Repository, "clarify") {
			list = append(list, inventory.Integration{Name: "Clarify", Detail: p.of})
		}
	}
	return list
}

// monitoringTrouble says what is wrong with a monitoring schedule, empty where
// nothing is.
func (a *account) monitoringTrouble(key inventory.WorkloadKey) string {
	if g := a.byKey[key]; g != nil && g.head() != nil {
		return inventory.MonitoringOf(g.head().Resource).Trouble()
	}
	return ""
}

func alarmsOn(a *account, g *group) []inventory.Integration {
	if g.endpoint == nil {
		return nil
	}
	var list []inventory.Integration
	for _, alarm := range a.alarms[endpointKey(g.endpoint)] {
		list = append(list, inventory.Integration{Name: "CloudWatchAlarms", Detail: alarm.Name})
	}
	return list
}

// network sees private networks and isolation.
func network(_ *account, g *group) []inventory.Integration {
	var list []inventory.Integration
	vpc := func(v *inventory.VPC) {
		if v != nil && len(v.SubnetIDs) > 0 {
			list = append(list, inventory.Integration{Name: "VPC", Detail: "subnets " + listed(v.SubnetIDs)})
		}
	}
	isolated := func(is bool, of string) {
		if is {
			list = append(list, inventory.Integration{Name: "NetworkIsolation", Detail: of})
		}
	}
	if e := g.endpoint; e != nil {
		vpc(e.Config.VPC)
		isolated(e.Config.NetworkIsolation, "endpoint configuration "+e.Config.Name)
		for i := range e.Models {
			vpc(e.Models[i].VPC)
			isolated(e.Models[i].NetworkIsolation, "model "+e.Models[i].Name)
		}
	}
	for i := range g.parts {
		if g.endpoint != nil && g.parts[i].Kind == inventory.KindModel {
			continue // The endpoint's own form of the model told.
		}
		isolated(g.parts[i].spec.EnableNetworkIsolation || g.parts[i].spec.NetworkConfig.EnableNetworkIsolation, word(g.parts[i].Kind)+"s")
	}
	return list
}

// referencedNames are the integrations that a reference shows by itself.
var referencedNames = map[inventory.ResourceKind]string{
	reference.KindKMSKey: "KMS", reference.KindSubnet: "VPC", reference.KindTopic: "SNS", reference.KindSecret: "SecretsManager",
	reference.KindFunction: "Lambda", reference.KindRepository: "GitRepository", reference.KindFileSystem: "FileSystem",
	inventory.KindFeatureGroup: "FeatureStore", inventory.KindMlflowTrackingServer: "MLflow", inventory.KindMlflowApp: "MLflow",
	inventory.KindNotebookLifecycleConfig: "LifecycleConfig", inventory.KindStudioLifecycleConfig: "LifecycleConfig",
	inventory.KindTrainingPlan: "TrainingPlan", inventory.KindWorkteam: "Workteam", inventory.KindModelPackageGroup: "ModelRegistry",
}

func referenced(_ *account, g *group) []inventory.Integration {
	details := map[string][]string{"KMS": keysOfEndpoint(g.endpoint), "SNS": topicsOfEndpoint(g.endpoint)}
	for i := range g.parts {
		for _, found := range g.parts[i].references {
			// jobFeatures tells EFS and FSx of channels apart.
			if name := referencedNames[found.Kind]; name != "" && !strings.Contains(found.Field, "FileSystemDataSource") {
				details[name] = append(details[name], found.Name)
			}
		}
	}
	if g.key.Kind == inventory.WorkloadRegistry {
		delete(details, "ModelRegistry")
	}
	var list []inventory.Integration
	for name, names := range details {
		if len(names) == 0 {
			continue
		}
		detail := listed(names)
		if name == "VPC" {
			detail = "subnets " + detail
		}
		list = append(list, inventory.Integration{Name: name, Detail: detail})
	}
	return list
}

// keysOfEndpoint are the keys of KMS that an endpoint is given.
func keysOfEndpoint(e *inventory.Endpoint) []string {
	if e == nil {
		return nil
	}
	keys := []string{e.Config.KMSKeyID}
	if e.DataCapture != nil {
		keys = append(keys, e.DataCapture.KMSKeyID)
	}
	if e.Async != nil {
		keys = append(keys, e.Async.KMSKeyID)
	}
	return slices.DeleteFunc(keys, func(key string) bool { return key == "" })
}

// topicsOfEndpoint are the topics of SNS that an endpoint tells of its answers.
func topicsOfEndpoint(e *inventory.Endpoint) []string {
	if e == nil || e.Async == nil {
		return nil
	}
	return slices.DeleteFunc([]string{e.Async.SuccessTopicARN, e.Async.ErrorTopicARN}, func(topic string) bool { return topic == "" })
}

// jobFeatures sees what SageMaker does for jobs.
func jobFeatures(_ *account, g *group) []inventory.Integration {
	var list []inventory.Integration
	on := func(is bool, name, detail string) {
		if is {
			list = append(list, inventory.Integration{Name: name, Detail: detail})
		}
	}
	for i := range g.parts {
		d, kind := g.parts[i].spec, word(g.parts[i].Kind)+"s"
		on(d.spot(), "SpotTraining", kind)
		on(d.CheckpointConfig != nil, "Checkpoints", kind)
		on(len(d.DebugRuleConfigurations) > 0, "Debugger", kind)
		on(d.TensorBoardOutputConfig != nil, "TensorBoard", kind)
		on(d.ResourceConfig.KeepAlivePeriodInSeconds > 0, "WarmPools", kind)
		on(d.DataCaptureConfig != nil && d.DataCaptureConfig.DestinationS3Uri != "" && g.endpoint == nil, "DataCapture", kind)
		on(d.OnlineStoreConfig != nil && d.OnlineStoreConfig.EnableOnlineStore, "OnlineStore", "")
		for _, c := range d.InputDataConfig {
			if f := c.DataSource.FileSystemDataSource; f != nil {
				on(true, f.FileSystemType, f.FileSystemId)
			}
		}
	}
	return list
}

// tracking sees what keeps records of runs, and what starts them.
func tracking(_ *account, g *group) []inventory.Integration {
	var list []inventory.Integration
	for i := range g.parts {
		d := g.parts[i].spec
		if d.ExperimentConfig.ExperimentName != "" {
			list = append(list, inventory.Integration{Name: "Experiments", Detail: d.ExperimentConfig.ExperimentName})
		}
		if strings.Contains(g.parts[i].Parent, ":pipeline/") && g.key.Kind != inventory.WorkloadPipeline {
			list = append(list, inventory.Integration{Name: "Pipelines", Detail: g.parts[i].Parent})
		}
	}
	if g.key.Kind == inventory.WorkloadPipeline {
		list = append(list, inventory.Integration{Name: "Pipelines"})
	}
	return list
}

func marketplace(a *account, g *group) []inventory.Integration {
	var list []inventory.Integration
	for _, p := range a.withPackages(programs(g)) {
		if p.productID != "" {
			list = append(list, inventory.Integration{Name: "Marketplace", Detail: "product " + p.productID})
		}
	}
	return list
}

func registered(_ *account, g *group) []inventory.Integration {
	var list []inventory.Integration
	for _, p := range programs(g) {
		if p.modelPackage != "" {
			list = append(list, inventory.Integration{Name: "ModelRegistry", Detail: p.modelPackage})
		}
		if p.hub != "" {
			list = append(list, inventory.Integration{Name: "Hub", Detail: p.hub})
		}
	}
	return list
}

// variables sees services that containers are told of by their environment.
func variables(_ *account, g *group) []inventory.Integration {
	var list []inventory.Integration
	for _, p := range programs(g) {
		for name, value := range p.env {
			switch {
			case name == "MLFLOW_TRACKING_URI" || name == "MLFLOW_TRACKING_ARN":
				list = append(list, inventory.Integration{Name: "MLflow", Detail: value})
			case strings.Contains(name, "FEATURE_GROUP"):
				list = append(list, inventory.Integration{Name: "FeatureStore", Detail: value})
			}
		}
	}
	return list
}
