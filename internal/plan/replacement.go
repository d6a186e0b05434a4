package plan

import "landfall.dev/landfall/internal/inventory"

// Replacements for what SageMaker does and a cluster does otherwise. They are
// our own judgment, not AWS's word. Those for closed images are the image's
// own (inventory.BuiltIn).
const (
	replaceServerless     = "run it on KEDA's HTTP add-on, Knative or KServe, which go to zero too, and keep MaxConcurrency as the limit of requests in flight"
	replaceMultiModel     = "serve the models from Triton with explicit model control or from ModelMesh; the caller's TargetModel names the model there too"
	replaceComponents     = "one Deployment for each component with the requests it reserves, MIG for shares of a GPU, and vLLM's LoRA support for adapters"
	replaceSerial         = "a KServe InferenceGraph, or one image that runs the steps one after the other"
	replaceDirect         = "one Endpoint for each container; the caller's TargetContainerHostname says which"
	replaceAsync          = "a queue and workers that KEDA scales, beside an object store; keep the 202 answer and the notifications"
	replaceVariants       = "one Endpoint for each variant, and weights in the router"
	replaceShadow         = "a rollout of Landfall mirrors requests and compares the answers; end the shadow test first"
	replaceElastic        = "serve on CPU or on a small or partitioned GPU: Elastic Inference is retired"
	replaceGated          = "accept the model's licence where it comes from (its page on Hugging Face), fetch the weights there, and name an image that serves them"
	replaceBought         = "ask the vendor for an image to run elsewhere, and name it as the workload's image"
	replaceTraining       = "run the same container with Kubeflow Trainer, queued by Kueue, on spot nodes where it writes checkpoints"
	replaceTuning         = "let Katib search the same ranges over the same training container"
	replaceProcessing     = "run the same container as a Job; its inputs and outputs are prefixes of S3"
	replaceTransform      = "a Job that sends the objects to the model's container; reimplement SplitType, AssembleWith, InputFilter, OutputFilter and JoinSource where they are used"
	replaceAutoML         = "rebuild the features and train with AutoGluon; take the best candidate's containers along where they are open"
	replacePipeline       = "Argo Workflows or Kubeflow Pipelines; Landfall translates what it can"
	replaceFeatures       = "Feast with Redis for reads online; the offline store is Parquet or Iceberg in S3 and stays readable"
	replaceMonitoring     = "Evidently, SHAP or Fairlearn on requests and answers that the cluster records"
	replaceLabeling       = "Label Studio or CVAT; the manifests are lines of JSON"
	replaceNotebooks      = "JupyterHub; copy the contents of the EBS and EFS volumes"
	replaceExperiments    = "MLflow in the cluster; export the runs through its API"
	replaceRegistry       = "MLflow's registry, or Model resources of Landfall kept in git"
	replaceHub            = "an OCI registry or a bucket of your own; the models' origins are named in the hub"
	replaceClusterEKS     = "run the same Jobs on the training pool: HyperPod on EKS is Kubernetes already"
	replaceClusterSlurm   = "rewrite the Slurm scripts as Jobs, or run Slinky's Slurm on the training pool"
	replaceShadowTest     = "a rollout of Landfall: it mirrors requests, compares answers, and moves traffic in steps"
	replaceInstance       = "name the resources in the plan, and set the decision to Move"
	replaceWithoutImage   = "name the image that serves the model in the plan"
	replaceNeuron         = "serve the model from before compilation on CPU or GPU, or keep it on AWS nodes with Neuron devices"
	replaceNeuronTraining = "train on GPUs, or keep it on AWS nodes with Neuron devices"
)

// modeReplacements are for the ways of serving that this version cannot move.
var modeReplacements = map[inventory.Mode]string{
	inventory.ModeServerless:          replaceServerless,
	inventory.ModeAsync:               replaceAsync,
	inventory.ModeMultiModel:          replaceMultiModel,
	inventory.ModeMultiContainer:      replaceSerial,
	inventory.ModeInferenceComponents: replaceComponents,
	inventory.ModeShadow:              replaceShadow,
	inventory.ModeUnknown:             scanAgain,
}
