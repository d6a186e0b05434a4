package workload

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
)

// contained is an endpoint whose model has one container.
func contained(c inventory.Container) inventory.Document {
	return serving(document(), func(e *inventory.Endpoint) { e.Models[0].Containers[0] = c })
}

func TestFramework(t *testing.T) {
	training := func(f fields) inventory.Document { return document(job(inventory.KindTrainingJob, "churn", f)) }
	algorithm := func(reference string) fields {
		return fields{"AlgorithmSpecification": fields{"TrainingImage": reference}}
	}
	trained := contained(inventory.Container{Artifact: &inventory.Artifact{URI: "s3://b/out/job/output/model.tar.gz"}})
	trained.Resources = []inventory.Resource{job(inventory.KindTrainingJob, "job", algorithm(dlc+"pytorch-training:2.5.1-cpu-py311"))}
	packaged := contained(inventory.Container{ModelPackage: arnHere + "model-package/churn/3"})
	pack := job(inventory.KindModelPackage, "3", fields{"InferenceSpecification": fields{"Containers": []any{fields{"Image": open + "sagemaker-xgboost:1.7-1"}}}})
	pack.ARN = arnHere + "model-package/churn/3"
	packaged.Resources = []inventory.Resource{pack}
	cases := map[string]struct {
		document      inventory.Document
		of            string
		name, version string
		basis         string
	}{
		"Offered":     {contained(inventory.Container{Image: image(dlc + "pytorch-inference:2.6.0-cpu-py312")}), "Endpoint/churn", "pytorch", "2.6.0", "image pytorch-inference:2.6.0-cpu-py312 of model m"},
		"Transformer": {contained(inventory.Container{Image: image(dlc + "huggingface-pytorch-inference:2.1.0-transformers4.37.0-cpu-py310")}), "Endpoint/churn", "huggingface", "4.37.0", "transformers4.37.0"},
		"Revision":    {contained(inventory.Container{Image: image(open + "sagemaker-xgboost:1.7-1")}), "Endpoint/churn", "xgboost", "1.7", "image"},
		"OwnName":     {contained(inventory.Container{Image: image(ours + "team/xgboost-serve:3")}), "Endpoint/churn", "xgboost", "", "name of the image team/xgboost-serve"},
		"Env":         {contained(inventory.Container{Image: image(ours + "serve:1"), Env: map[string]string{"SAGEMAKER_TFS_ENABLE_BATCHING": "1"}}), "Endpoint/churn", "tensorflow", "", "environment variable SAGEMAKER_TFS_ENABLE_BATCHING"},
		"Artifact":    {contained(inventory.Container{Image: image(ours + "serve:1"), Artifact: &inventory.Artifact{URI: "s3://b/sklearn/model.tar.gz"}}), "Endpoint/churn", "sklearn", "", "name of the artifact"},
		"Trained":     {trained, "Endpoint/churn", "pytorch", "2.5.1", "trained by job: image pytorch-training"},
		"Package":     {packaged, "Endpoint/churn", "xgboost", "1.7", "model package 3"},
		"Training":    {training(algorithm(dlc + "tensorflow-training:2.18.0-gpu-py310")), "Training/churn", "tensorflow", "2.18.0", "training job churn"},
		"Definition":  {document(job(inventory.KindHyperParameterTuningJob, "tune", fields{"TrainingJobDefinition": algorithm(open + "sagemaker-xgboost:1.7-1")})), "Tuning/tune", "xgboost", "1.7", "hyper parameter tuning job tune"},
		"Model":       {document(job(inventory.KindModel, "old", fields{"PrimaryContainer": fields{"Image": open + "sagemaker-scikit-learn:1.2-1-cpu-py3"}})), "UnusedModel/old", "sklearn", "1.2", "model old"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := find(t, tc.document, tc.of).Framework
			if got == nil || got.Name != tc.name || got.Version != tc.version || !strings.Contains(got.Basis, tc.basis) {
				t.Errorf("framework is %+v; want %s %s by %q", got, tc.name, tc.version, tc.basis)
			}
		})
	}
	if got := find(t, contained(inventory.Container{Image: image(ours + "serve:1")}), "Endpoint/churn").Framework; got != nil {
		t.Errorf("an image that says nothing is for %+v", got)
	}
}

func TestTrainingPath(t *testing.T) {
	train := func(f fields) inventory.Document { return document(job(inventory.KindTrainingJob, "churn", f)) }
	algorithm := func(reference string) fields { return fields{"TrainingImage": reference} }
	artifact := func(uri string, resources ...inventory.Resource) inventory.Document {
		d := contained(inventory.Container{Image: image(ours + "serve:1"), Artifact: &inventory.Artifact{URI: uri}})
		d.Resources = resources
		return d
	}
	made := func(name string) inventory.Resource {
		return job(inventory.KindTrainingJob, name, fields{
			"AlgorithmSpecification": algorithm(dlc + "pytorch-training:2.5.1-cpu-py311"),
			"HyperParameters":        fields{"sagemaker_program": `"train.py"`}, "OutputDataConfig": fields{"S3OutputPath": "s3://b/out/"},
			"ModelArtifacts": fields{"S3ModelArtifacts": "s3://elsewhere/model.tar.gz"},
		})
	}
	listed := inventory.Resource{Kind: inventory.KindTrainingJob, Name: "old-job", Place: here, Detail: inventory.Listed}
	own := job(inventory.KindAlgorithm, "ours", fields{"AlgorithmName": "ours"})
	cases := map[string]struct {
		document inventory.Document
		of       string
		want     inventory.TrainingPathKind
		by       string
		basis    string
	}{
		"Closed":        {train(fields{"AlgorithmSpecification": algorithm(closed + "linear-learner:1")}), "Training/churn", inventory.TrainingBuiltIn, "", "runs on SageMaker only"},
		"Script":        {train(fields{"AlgorithmSpecification": algorithm(dlc + "pytorch-training:2.5.1"), "HyperParameters": fields{"sagemaker_program": `"train.py"`}}), "Training/churn", inventory.TrainingScript, "", "sagemaker_program is train.py"},
		"ScriptSource":  {train(fields{"AlgorithmSpecification": algorithm(dlc + "pytorch-training:2.5.1"), "HyperParameters": fields{"sagemaker_submit_directory": `"s3://b/code"`}}), "Training/churn", inventory.TrainingScript, "", "s3://b/code"},
		"ScriptEnv":     {train(fields{"AlgorithmSpecification": algorithm(dlc + "pytorch-training:2.5.1"), "Environment": fields{"SAGEMAKER_PROGRAM": "train.py"}}), "Training/churn", inventory.TrainingScript, "", "SAGEMAKER_PROGRAM"},
		"OpenAlgorithm": {train(fields{"AlgorithmSpecification": algorithm(open + "sagemaker-xgboost:1.7-1")}), "Training/churn", inventory.TrainingBuiltIn, "", "without a script"},
		"Own":           {train(fields{"AlgorithmSpecification": algorithm(ours + "train:1")}), "Training/churn", inventory.TrainingOwnContainer, "", "image"},
		"Algorithm":     {train(fields{"AlgorithmSpecification": fields{"AlgorithmName": "arn:aws:sagemaker:us-east-1:865070037744:algorithm/sold"}}), "Training/churn", inventory.TrainingMarketplace, "", "sold"},
		"OwnAlgorithm":  {document(job(inventory.KindTrainingJob, "churn", fields{"AlgorithmSpecification": fields{"AlgorithmName": "ours"}}), own), "Training/churn", inventory.TrainingOwnContainer, "", "of the account"},
		"Listed":        {document(listed), "Training/old-job", inventory.TrainingUnknown, "", "no run's description"},
		"AutoML":        {document(job(inventory.KindAutoMLJob, "auto", nil)), "AutoML/auto", inventory.TrainingAutoML, "AutoML/auto", "AutoML"},
		"ByOutput":      {artifact("s3://b/out/job/model.tar.gz", made("job")), "Endpoint/churn", inventory.TrainingScript, "Training/job", "job wrote"},
		"ByArtifact":    {artifact("s3://elsewhere/model.tar.gz", made("job")), "Endpoint/churn", inventory.TrainingScript, "Training/job", "job wrote"},
		"ByName":        {artifact("s3://any/old-job/output/model.tar.gz", listed), "Endpoint/churn", inventory.TrainingUnknown, "Training/old-job", "its description was not read"},
		"BySibling":     {artifact("s3://any/job-2026-01-01-00-00-00-000/output/model.tar.gz", inventory.Resource{Kind: inventory.KindTrainingJob, Name: "job-2026-01-01-00-00-00-000", Place: here}, made("job-2026-11-01-00-00-00-000")), "Endpoint/churn", inventory.TrainingScript, "Training/job", "by newer runs of the same work"},
		"ByAutoML":      {artifact("s3://b/out/auto/x/model.tar.gz", job(inventory.KindAutoMLJob, "auto", fields{"OutputDataConfig": fields{"S3OutputPath": "s3://b/out"}})), "Endpoint/churn", inventory.TrainingAutoML, "AutoML/auto", "auto wrote"},
		"Neighbour":     {artifact("s3://b/out/job2/model.tar.gz", made("job")), "Endpoint/churn", inventory.TrainingUnknown, "", "no training job in the inventory wrote s3://b/out/job2/model.tar.gz"},
		"Nowhere":       {artifact("s3://b/x.tar.gz", job(inventory.KindNotebookInstance, "nb", nil)), "Endpoint/churn", inventory.TrainingElsewhere, "", "no training job"},
		"NothingRead":   {artifact("s3://b/x.tar.gz"), "Endpoint/churn", inventory.TrainingUnknown, "", "no training job in the inventory"},
		"JumpStart":     {artifact("s3://jumpstart-cache-prod-us-east-1/m/model.tar.gz"), "Endpoint/churn", inventory.TrainingHub, "", "JumpStart's"},
		"HuggingFace":   {contained(inventory.Container{Env: map[string]string{"HF_MODEL_ID": "org/model"}}), "Endpoint/churn", inventory.TrainingHub, "", "org/model"},
		"LocalModel":    {contained(inventory.Container{Env: map[string]string{"HF_MODEL_ID": "/opt/ml/model"}}), "Endpoint/churn", inventory.TrainingUnknown, "", "nothing shows"},
		"ClosedServed":  {contained(inventory.Container{Image: image(closed + "linear-learner:1")}), "Endpoint/churn", inventory.TrainingBuiltIn, "", "SageMaker only"},
		"Product":       {document(job(inventory.KindModelPackage, "sold", fields{"InferenceSpecification": fields{"Containers": []any{fields{"Image": ours + "x:1", "ProductId": "prod-1"}}}})), "ModelRegistry/sold", inventory.TrainingMarketplace, "", "prod-1"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := find(t, tc.document, tc.of).TrainingPath
			if got == nil || got.Kind != tc.want || got.By != tc.by || !strings.Contains(got.Basis, tc.basis) {
				t.Errorf("training path is %+v; want %s by %q, %q", got, tc.want, tc.by, tc.basis)
			}
		})
	}
	if got := find(t, document(job(inventory.KindNotebookInstance, "nb", nil)), "Notebook/nb").TrainingPath; got != nil {
		t.Errorf("a notebook's model is trained by %+v", got)
	}
}

func TestHardware(t *testing.T) {
	on := func(instanceType string, gpu *inventory.Use) inventory.Document {
		return serving(document(), func(e *inventory.Endpoint) {
			e.Variants[0].InstanceType = instanceType
			if gpu != nil {
				e.Variants[0].Usage = &inventory.Usage{GPU: gpu}
			}
		})
	}
	twoVariants := on("ml.g5.xlarge", &inventory.Use{Median: 0.1, Max: 1})
	twoVariants.Endpoints[0].Variants = append(twoVariants.Endpoints[0].Variants, inventory.Variant{Name: "other", InstanceType: "ml.g5.xlarge"})
	components := on("ml.g5.xlarge", nil)
	components.Endpoints[0].Components = []inventory.Component{
		{Name: "a", VariantName: "v", Usage: &inventory.Usage{GPU: &inventory.Use{Max: 1}}},
		{Name: "b", VariantName: "v", Usage: &inventory.Usage{GPU: &inventory.Use{Median: 8, Max: 30}}},
	}
	measured := job(inventory.KindTrainingJob, "train", fields{"ResourceConfig": fields{"InstanceType": "ml.g5.xlarge"}})
	measured.Usage = &inventory.Usage{GPU: &inventory.Use{Median: 0, Max: 2}}
	cases := map[string]struct {
		document inventory.Document
		of       string
		want     inventory.HardwareNeed
		basis    string
	}{
		"CPU":         {on("ml.m5.xlarge", nil), "Endpoint/churn", inventory.NeedsCPU, "ml.m5.xlarge, which has no accelerator"},
		"GPUBusy":     {on("ml.g5.xlarge", &inventory.Use{Median: 40, Max: 90}), "Endpoint/churn", inventory.NeedsGPU, "40 % at the median and 90 % at most"},
		"GPUPeaks":    {on("ml.g5.xlarge", &inventory.Use{Median: 0, Max: 5}), "Endpoint/churn", inventory.NeedsGPU, "5 % at most"},
		"GPUIdle":     {on("ml.g5.xlarge", &inventory.Use{Median: 0, Max: 4.99}), "Endpoint/churn", inventory.GPUUnused, "at most 4.99 %"},
		"GPUUnknown":  {on("ml.g5.xlarge", nil), "Endpoint/churn", inventory.NeedsGPU, "was not measured"},
		"Components":  {components, "Endpoint/churn", inventory.NeedsGPU, "8 % at the median and 30 % at most"},
		"GPUHalf":     {twoVariants, "Endpoint/churn", inventory.NeedsGPU, "was not measured"},
		"NewGPU":      {on("ml.p9.48xlarge", nil), "Endpoint/churn", inventory.NeedsGPU, "ml.p9.48xlarge"},
		"Neuron":      {on("ml.inf2.xlarge", nil), "Endpoint/churn", inventory.NeedsNeuron, "AWS's own chips"},
		"NeuronImage": {contained(inventory.Container{Image: image(dlc + "huggingface-pytorch-inference-neuronx:2.1.2")}), "Endpoint/churn", inventory.NeedsNeuron, "neuronx"},
		"Serverless": {serving(document(), func(e *inventory.Endpoint) {
			e.Variants[0].InstanceType, e.Variants[0].Serverless = "", &inventory.Serverless{MemoryMB: 2048}
		}), "Endpoint/churn", inventory.NeedsCPU, "serverless"},
		"Unread":    {on("", nil), "Endpoint/churn", inventory.NeedsUnknown, "no instance type"},
		"Job":       {document(measured), "Training/train", inventory.GPUUnused, "training job train on ml.g5.xlarge"},
		"Notebook":  {document(job(inventory.KindNotebookInstance, "nb", fields{"InstanceType": "ml.t3.medium"})), "Notebook/nb", inventory.NeedsCPU, "ml.t3.medium"},
		"Cluster":   {document(job(inventory.KindCluster, "hp", fields{"InstanceGroups": []any{fields{"InstanceType": "ml.trn1.32xlarge"}}})), "Cluster/hp", inventory.NeedsNeuron, "trn1"},
		"Registry":  {document(job(inventory.KindModelPackageGroup, "reg", nil)), "ModelRegistry/reg", inventory.NeedsNone, "runs nothing"},
		"ListedJob": {document(inventory.Resource{Kind: inventory.KindTrainingJob, Name: "j", Place: here}), "Training/j", inventory.NeedsUnknown, "no instance type"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := find(t, tc.document, tc.of).Hardware
			if got.Needs != tc.want || !strings.Contains(got.Basis, tc.basis) {
				t.Errorf("hardware is %+v; want %s by %q", got, tc.want, tc.basis)
			}
		})
	}
}

func TestIntegrations(t *testing.T) {
	endpoint := serving(document(
		job(inventory.KindMonitoringSchedule, "watch", fields{"EndpointName": "churn"}),
	), func(e *inventory.Endpoint) {
		e.Config.KMSKeyID, e.Config.NetworkIsolation = "key", true
		e.DataCapture = &inventory.DataCapture{Enabled: true, DestinationURI: "s3://c", KMSKeyID: "key"}
		e.Async = &inventory.Async{OutputURI: "s3://o", ErrorTopicARN: "arn:sns:err"}
		e.Scaling = []inventory.Scaling{{Resource: "endpoint/churn/variant/v"}}
		e.ShadowVariants = []inventory.Variant{{Name: "s"}}
		e.Ignored = []string{"endpoint.ExplainerConfig.ClarifyExplainerConfig", "endpoint.LastDeploymentConfig.BlueGreenUpdatePolicy"}
		e.Models[0].VPC = &inventory.VPC{SubnetIDs: []string{"subnet-b", "subnet-a"}}
		e.Models[0].Containers[0] = inventory.Container{RepositoryAccess: "Vpc", ModelPackage: "pkg", Env: map[string]string{"MLFLOW_TRACKING_URI": "arn:mlflow", "FEATURE_GROUP_NAME": "clicks"}}
		e.Variants[0].ElasticInference, e.Variants[0].ManagedScaler = "ml.eia1.medium", &inventory.ManagedScaler{}
	})
	endpoint.Alarms = []inventory.Alarm{{Name: "errors", Place: here, Expressions: []inventory.MetricExpression{{Metric: &inventory.CustomMetric{Dimensions: map[string]string{"EndpointName": "churn"}}}}}}
	training := document(job(inventory.KindTrainingJob, "train", fields{
		"EnableManagedSpotTraining": true, "EnableNetworkIsolation": true, "CheckpointConfig": fields{"S3Uri": "s3://b/c"},
		"DebugRuleConfigurations": []any{fields{"RuleConfigurationName": "r"}}, "TensorBoardOutputConfig": fields{"S3OutputPath": "s3://b/t"},
		"ResourceConfig":   fields{"InstanceType": "ml.m5.xlarge", "KeepAlivePeriodInSeconds": 600, "VolumeKmsKeyId": "vk"},
		"InputDataConfig":  []any{fields{"DataSource": fields{"FileSystemDataSource": fields{"FileSystemType": "FSxLustre", "FileSystemId": "fs-01234567"}}}},
		"ExperimentConfig": fields{"ExperimentName": "exp"}, "MlflowConfig": fields{"MlflowResourceArn": arnHere + "mlflow-tracking-server/ml"},
		"VpcConfig": fields{"Subnets": []any{"subnet-01234567"}},
	}))
	cases := map[string]struct {
		document inventory.Document
		of       string
		want     []inventory.Integration
	}{
		"Endpoint": {endpoint, "Endpoint/churn", []inventory.Integration{
			{Name: "AsyncInference", Detail: "s3://o"}, {Name: "AutoScaling", Detail: "endpoint/churn/variant/v"},
			{Name: "Clarify", Detail: "explanations of answers"}, {Name: "CloudWatchAlarms", Detail: "errors"},
			{Name: "DataCapture", Detail: "s3://c"}, {Name: "DeploymentGuardrails", Detail: "a rollout with conditions to undo it"},
			{Name: "ElasticInference", Detail: "ml.eia1.medium"}, {Name: "FeatureStore", Detail: "clicks"}, {Name: "KMS", Detail: "key"},
			{Name: "MLflow", Detail: "arn:mlflow"}, {Name: "ManagedInstanceScaling", Detail: "variant v"},
			{Name: "ModelMonitor", Detail: "schedule watch"}, {Name: "ModelRegistry", Detail: "pkg"},
			{Name: "NetworkIsolation", Detail: "endpoint configuration churn-1"}, {Name: "PrivateRegistry", Detail: "image of model m"},
			{Name: "SNS", Detail: "arn:sns:err"}, {Name: "ShadowVariants", Detail: "1 shadow variant"},
			{Name: "VPC", Detail: "subnets subnet-a, subnet-b"},
		}},
		"Training": {training, "Training/train", []inventory.Integration{
			{Name: "Checkpoints", Detail: "training jobs"}, {Name: "Debugger", Detail: "training jobs"},
			{Name: "Experiments", Detail: "exp"}, {Name: "FSxLustre", Detail: "fs-01234567"},
			{Name: "KMS", Detail: "vk"}, {Name: "MLflow", Detail: "ml"},
			{Name: "NetworkIsolation", Detail: "training jobs"}, {Name: "SpotTraining", Detail: "training jobs"},
			{Name: "TensorBoard", Detail: "training jobs"}, {Name: "VPC", Detail: "subnets subnet-01234567"},
			{Name: "WarmPools", Detail: "training jobs"},
		}},
		"None": {document(job(inventory.KindNotebookInstance, "nb", nil)), "Notebook/nb", nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, find(t, tc.document, tc.of).Integrations); diff != "" {
				t.Errorf("integrations (-want +got):\n%s", diff)
			}
		})
	}
}
