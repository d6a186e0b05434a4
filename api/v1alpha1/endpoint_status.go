package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// EndpointStatus says where the traffic is and how the move goes.
type EndpointStatus struct {
	// observedGeneration is the generation of the spec this status describes.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// path is where routers answer the endpoint's invocations.
	// +optional
	Path string `json:"path,omitempty"`

	// live is the variant that the traffic rests on: the one promoted last,
	// and the one a rollback returns to.
	// +optional
	Live string `json:"live,omitempty"`

	// previous is the variant that live took the traffic over from. Setting
	// spec.live back to it needs no gate as long as its content is the same.
	// +optional
	Previous *PreviousVariant `json:"previous,omitempty"`

	// split is the traffic in words, such as `managed 90%, cluster 10%`.
	// +optional
	Split string `json:"split,omitempty"`

	// traffic is what routers follow. A variant that is not listed gets none.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	// +optional
	Traffic []VariantTraffic `json:"traffic,omitempty"`

	// trafficRevision rises with each change of traffic. Routers repeat it in
	// their evidence, so that figures are never judged against a split they
	// were not measured under.
	// +optional
	TrafficRevision int64 `json:"trafficRevision,omitempty"`

	// variants tells the state of each variant.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	// +optional
	Variants []VariantStatus `json:"variants,omitempty"`

	// rollout is the rollout in hand, or the last one.
	// +optional
	Rollout *RolloutStatus `json:"rollout,omitempty"`

	// replicas is the number of pods that selector finds.
	// +optional
	Replicas int32 `json:"replicas,omitempty"`

	// selector finds the pods that spec.replicas scales.
	// +optional
	Selector string `json:"selector,omitempty"`

	// findings are hardening measures the containers do not allow.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	// +optional
	Findings []string `json:"findings,omitempty"`

	// conditions follow kstatus: Ready, Reconciling, Stalled.
	// +kubebuilder:validation:MaxItems=8
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// PreviousVariant is a variant that was live before.
type PreviousVariant struct {
	// name of the variant.
	// +required
	Name string `json:"name"`

	// contentHash is what the variant's content hashed to while it was live.
	// +required
	ContentHash string `json:"contentHash"`
}

// VariantTraffic is a variant's part in the traffic.
type VariantTraffic struct {
	// name of the variant.
	// +required
	Name string `json:"name"`

	// weightBasisPoints is the variant's share of requests, in hundredths of
	// a percent. The shares of an Endpoint add up to 10000.
	// +required
	WeightBasisPoints int32 `json:"weightBasisPoints"`

	// mirrorBasisPoints is the share of the other variants' requests that is
	// copied to this one and compared, in hundredths of a percent.
	// +optional
	MirrorBasisPoints int32 `json:"mirrorBasisPoints,omitempty"`
}

// VariantStatus is the state of a variant.
type VariantStatus struct {
	// name of the variant.
	// +required
	Name string `json:"name"`

	// ready says that the variant can take requests.
	// +required
	Ready bool `json:"ready"`

	// replicas is the number of pods, of a pods variant.
	// +optional
	Replicas int32 `json:"replicas,omitempty"`

	// readyReplicas is the number of pods whose model is loaded.
	// +optional
	ReadyReplicas int32 `json:"readyReplicas,omitempty"`

	// message says in one line what the variant waits for or died of.
	// +optional
	Message string `json:"message,omitempty"`
}

// RolloutStatus tells how a rollout goes.
type RolloutStatus struct {
	// id identifies the rollout: another target, another content of the
	// target or another attempt is another rollout.
	// +required
	ID string `json:"id"`

	// from is the variant that the traffic comes from.
	// +required
	From string `json:"from"`

	// to is the variant that the traffic goes to.
	// +required
	To string `json:"to"`

	// stage is how far the rollout has come.
	// +required
	Stage RolloutStage `json:"stage"`

	// step is the current step, counted from 1; 0 before the first.
	// +optional
	Step int32 `json:"step,omitempty"`

	// steps is the number of steps.
	// +optional
	Steps int32 `json:"steps,omitempty"`

	// paused says why the rollout stands still. Empty means that it does not.
	// +optional
	Paused string `json:"paused,omitempty"`

	// startTime is when the rollout began.
	// +required
	StartTime metav1.Time `json:"startTime"`

	// stageStartTime is when the current stage or step began.
	// +required
	StageStartTime metav1.MicroTime `json:"stageStartTime"`

	// endTime is when the rollout was promoted, rolled back or aborted.
	// +optional
	EndTime *metav1.Time `json:"endTime,omitempty"`

	// comparedRequests is the number of pairs of answers compared in the
	// whole rollout.
	// +optional
	ComparedRequests int64 `json:"comparedRequests,omitempty"`

	// equalRequests is how many of them were equal.
	// +optional
	EqualRequests int64 `json:"equalRequests,omitempty"`

	// earlier holds figures of the stages that have passed, which the routers
	// forget with each change of traffic. What the target did in the current
	// stage is judged against it where from answers too little for that, as in
	// the step of 100 percent.
	// +optional
	Earlier *EarlierFigures `json:"earlier,omitempty"`

	// gates are the latest verdicts.
	// +kubebuilder:validation:MaxItems=8
	// +listType=map
	// +listMapKey=name
	// +optional
	Gates []GateStatus `json:"gates,omitempty"`

	// message says in one line where the rollout stands and what is next.
	// +optional
	Message string `json:"message,omitempty"`
}

// EarlierFigures are what was measured in stages of a rollout that have passed.
type EarlierFigures struct {
	// comparedRequests is the number of pairs of answers compared.
	// +optional
	ComparedRequests int64 `json:"comparedRequests,omitempty"`

	// equalRequests is how many of them were equal.
	// +optional
	EqualRequests int64 `json:"equalRequests,omitempty"`

	// referenceRequests is how many requests from answered in the last stage
	// in which it answered enough to be a reference. 0 means in none yet.
	// +optional
	ReferenceRequests int64 `json:"referenceRequests,omitempty"`

	// referenceErrors is how many of referenceRequests failed.
	// +optional
	ReferenceErrors int64 `json:"referenceErrors,omitempty"`

	// referenceLatencyPercentile is the percentile that
	// referenceLatencyMicroseconds gives.
	// +optional
	ReferenceLatencyPercentile int32 `json:"referenceLatencyPercentile,omitempty"`

	// referenceLatencyMicroseconds is how long from took, of the answers that
	// did not fail.
	// +optional
	ReferenceLatencyMicroseconds int64 `json:"referenceLatencyMicroseconds,omitempty"`
}

// RolloutStage is how far a rollout has come.
// +kubebuilder:validation:Enum=Preparing;Shadowing;Shifting;Promoted;RolledBack;Aborted
type RolloutStage string

// The stages of a rollout. Promoted, RolledBack and Aborted are final.
const (
	StagePreparing  RolloutStage = "Preparing"
	StageShadowing  RolloutStage = "Shadowing"
	StageShifting   RolloutStage = "Shifting"
	StagePromoted   RolloutStage = "Promoted"
	StageRolledBack RolloutStage = "RolledBack"
	StageAborted    RolloutStage = "Aborted"
)

// Ended says that a stage is final.
func (s RolloutStage) Ended() bool {
	return s == StagePromoted || s == StageRolledBack || s == StageAborted
}

// GateStatus is a gate's latest verdict.
type GateStatus struct {
	// name of the gate: Errors, Latency, Agreement, Trip or Ready.
	// +required
	Name string `json:"name"`

	// verdict of the gate.
	// +required
	Verdict GateVerdict `json:"verdict"`

	// message gives the figures behind the verdict.
	// +optional
	Message string `json:"message,omitempty"`
}

// GateVerdict is what a gate says. Only Equivalent lets a rollout go on.
// +kubebuilder:validation:Enum=Equivalent;Regressed;NotEnoughEvidence
type GateVerdict string

// The verdicts of a gate.
const (
	VerdictEquivalent        GateVerdict = "Equivalent"
	VerdictRegressed         GateVerdict = "Regressed"
	VerdictNotEnoughEvidence GateVerdict = "NotEnoughEvidence"
)
