package v1alpha1

// Condition types, as kstatus reads them: an object is done when Ready is True,
// at work while Reconciling is True, and waits for a person while Stalled is.
const (
	ConditionReady       = "Ready"
	ConditionReconciling = "Reconciling"
	ConditionStalled     = "Stalled"
)

// Reasons of conditions, which are the reasons of events too.
const (
	ReasonReady             = "Ready"
	ReasonProgressing       = "Progressing"
	ReasonModelNotFound     = "ModelNotFound"
	ReasonModelNotApproved  = "ModelNotApproved"
	ReasonClassNotFound     = "WorkloadClassNotFound"
	ReasonClassUnsuitable   = "WorkloadClassUnsuitable"
	ReasonNameConflict      = "EndpointNameConflict"
	ReasonInvalidSpec       = "InvalidSpec"
	ReasonChildConflict     = "ChildConflict"
	ReasonModelLoading      = "ModelLoading"
	ReasonModelFetchFailed  = "ModelFetchFailed"
	ReasonContainerCrashing = "ContainerCrashing"
	ReasonPodsNotReady      = "PodsNotReady"
	ReasonImagePullFailed   = "ImagePullFailed"
	ReasonUnschedulable     = "Unschedulable"
	ReasonRoutersMissing    = "RoutersMissing"
	ReasonRolloutStarted    = "RolloutStarted"
	ReasonShadowing         = "Shadowing"
	ReasonShifting          = "Shifting"
	ReasonPaused            = "RolloutPaused"
	ReasonResumed           = "RolloutResumed"
	ReasonPromoted          = "Promoted"
	ReasonRolledBack        = "RolledBack"
	ReasonAborted           = "RolloutAborted"
	ReasonDigestUnpinned    = "DigestUnpinned"
	ReasonHardeningReduced  = "HardeningReduced"
)
