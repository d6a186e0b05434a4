package export

import (
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inspect"
)

// Kind explains a kind of finding.
type Kind = inspect.Kind

// ownKinds are the findings in what SageMaker was told, beside those in the
// model's files. Each says what to do about it with the names at hand.
var ownKinds = []Kind{
	{ID: "AdditionalArtifacts", Severity: inspect.SeverityError, Means: "The container loads further files on demand."},
	{ID: "Architecture", Severity: inspect.SeverityWarning, Means: "The image is for arm64."},
	{ID: "ArtifactReplaced", Severity: inspect.SeverityWarning, Means: "The model's files changed under the endpoint: SageMaker may serve others than were exported."},
	{ID: "ArtifactSpecial", Severity: inspect.SeverityWarning, Means: "The model's files come with a licence, from a hub or by a manifest."},
	{ID: "ArtifactUnpinned", Severity: inspect.SeverityWarning, Means: "The model is a prefix of several objects, which has no digest."},
	{ID: "ClosedImage", Severity: inspect.SeverityError, Means: "The image does not run outside SageMaker."},
	{ID: "ContainerRecipe", Severity: inspect.SeverityInfo, Means: "The bundle has a recipe for an image from public sources, since this one may not leave AWS."},
	{ID: "CreatedAgain", Severity: inspect.SeverityWarning, Means: "A configuration or model was created again after the endpoint's last change."},
	{ID: "DataCapture", Severity: inspect.SeverityWarning, Means: "SageMaker records requests and answers."},
	{ID: "Encryption", Severity: inspect.SeverityInfo, Means: "The instances' volumes are encrypted with a key of yours."},
	{ID: "ExecutionRole", Severity: inspect.SeverityWarning, Means: "The container has an AWS identity on SageMaker."},
	{ID: "HardeningUnproven", Severity: inspect.SeverityWarning, Means: "The container runs as root with a writable root on SageMaker, and does not in the cluster."},
	{ID: "Ignored", Severity: inspect.SeverityInfo, Means: "AWS gave fields that are not carried over."},
	{ID: "ImageInECR", Severity: inspect.SeverityInfo, Means: "Nodes pull the image from a registry of AWS."},
	{ID: "ImageMissing", Severity: inspect.SeverityError, Means: "The plan names no image for the cluster."},
	{ID: "ImageUnpinned", Severity: inspect.SeverityWarning, Means: "The image is named by a tag."},
	{ID: "InstanceSettings", Severity: inspect.SeverityInfo, Means: "Settings of the instances that pods do not have."},
	{ID: "MultiModel", Severity: inspect.SeverityError, Means: "The container serves many models, of which the caller names one."},
	{ID: "NetworkIsolation", Severity: inspect.SeverityWarning, Means: "The container has no network on SageMaker."},
	{ID: "NetworkIsolationHides", Severity: inspect.SeverityWarning, Means: "The container has no network on SageMaker, and its code reaches for one."},
	{ID: "PrivateRegistry", Severity: inspect.SeverityWarning, Means: "The image comes from a private registry."},
	{ID: "RollbackAlarms", Severity: inspect.SeverityInfo, Means: "Alarms undo a deployment on SageMaker."},
	{ID: "SageMakerVariable", Severity: inspect.SeverityInfo, Means: "A variable of SageMaker's toolkits is set."},
	{ID: "ScalingPolicy", Severity: inspect.SeverityWarning, Means: "A policy drives the number of instances."},
	{ID: "ScalingSuspended", Severity: inspect.SeverityInfo, Means: "Scaling is suspended."},
	{ID: "ScheduledScaling", Severity: inspect.SeverityWarning, Means: "A scheduled action changes the bounds of scaling."},
	{ID: "SecretNeeded", Severity: inspect.SeverityWarning, Means: "Variables that look secret were not read and have to come from a Secret."},
	{ID: "SeveralContainers", Severity: inspect.SeverityError, Means: "The model has several containers, one after the other or one for each caller."},
	{ID: "UnsafeArchive", Severity: inspect.SeverityError, Means: "The model's archive could write outside its folder, is damaged, or a bomb."},
	{ID: "VPC", Severity: inspect.SeverityWarning, Means: "The container is attached to subnets of a VPC."},
}

// Kinds are all kinds of findings, by ID.
func Kinds() []Kind {
	all := append(slices.Clone(ownKinds), inspect.Kinds...)
	slices.SortFunc(all, func(a, b Kind) int { return strings.Compare(a.ID, b.ID) })
	return all
}
