package v1alpha1

// RolloutSpec says how traffic moves when spec.live changes.
//
// +kubebuilder:validation:XValidation:rule="!has(self.steps) || self.steps.size() == 0 || double(self.steps[self.steps.size()-1].percent) == 100.0",message="the last step must be 100 percent"
// +kubebuilder:validation:XValidation:rule="!has(self.steps) || self.steps.all(s, double(s.percent) > 0.0 && double(s.percent) <= 100.0)",message="each step must be more than 0 and at most 100 percent"
// +kubebuilder:validation:XValidation:rule="!has(self.steps) || (self.steps.map(s, double(s.percent)).isSorted() && self.steps.all(s, self.steps.exists_one(t, double(t.percent) == double(s.percent))))",message="steps must rise: each percent greater than the one before"
type RolloutSpec struct {
	// state runs, pauses or aborts the rollout in hand. Paused keeps the
	// traffic where it is. Aborted returns it to where it came from; the same
	// rollout does not start again before attempt or the target changes.
	// +kubebuilder:default=Running
	// +optional
	State RolloutState `json:"state,omitempty"`

	// attempt starts a rolled-back or aborted rollout again when it is raised.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +optional
	Attempt int32 `json:"attempt,omitempty"`

	// shadow sends copies of live requests to the target and compares the
	// answers before it gets any traffic of its own. Unset means no shadow.
	// +optional
	Shadow *ShadowSpec `json:"shadow,omitempty"`

	// steps are the shares of traffic given to the target in turn. Unset
	// means 1, 10, 50 and 100 percent, each with the default hold.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	// +optional
	Steps []RolloutStep `json:"steps,omitempty"`

	// gates are what the target must hold to go on.
	// +kubebuilder:default={}
	// +optional
	Gates RolloutGates `json:"gates,omitzero"`

	// onFailure is what a failed gate does: Rollback, or Pause (keep the
	// traffic where it is and wait for a person). A trip on hard failures
	// takes the target out of the traffic in either case.
	// +kubebuilder:default=Rollback
	// +optional
	OnFailure FailureAction `json:"onFailure,omitempty"`
}

// RolloutState is what a person asks of a rollout.
// +kubebuilder:validation:Enum=Running;Paused;Aborted
type RolloutState string

// The states one may ask of a rollout.
const (
	RolloutRunning RolloutState = "Running"
	RolloutPaused  RolloutState = "Paused"
	RolloutAborted RolloutState = "Aborted"
)

// FailureAction is what a failed gate does.
// +kubebuilder:validation:Enum=Rollback;Pause
type FailureAction string

// The actions on a failed gate.
const (
	OnFailureRollback FailureAction = "Rollback"
	OnFailurePause    FailureAction = "Pause"
)

// ShadowSpec mirrors live requests to the target.
type ShadowSpec struct {
	// percent is the share of live requests that are copied.
	// +kubebuilder:default=100
	// +kubebuilder:validation:XValidation:rule="double(self) > 0.0 && double(self) <= 100.0",message="must be more than 0 and at most 100 percent"
	// +optional
	Percent Percent `json:"percent,omitzero"`

	// minRequests is how many pairs of answers must have been compared.
	// +kubebuilder:default=1000
	// +kubebuilder:validation:Minimum=1
	// +optional
	MinRequests int64 `json:"minRequests,omitempty"`
}

// RolloutStep gives the target a share of the traffic.
type RolloutStep struct {
	// percent is the target's share of the traffic.
	// +required
	Percent Percent `json:"percent"`

	// holdSeconds is the least time at this share.
	// +kubebuilder:default=60
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=604800
	// +optional
	HoldSeconds *int32 `json:"holdSeconds,omitempty"`

	// minRequests is how many requests the target must have answered at this
	// share.
	// +kubebuilder:default=100
	// +kubebuilder:validation:Minimum=1
	// +optional
	MinRequests int64 `json:"minRequests,omitempty"`
}

// RolloutGates are what the target must hold to go on.
type RolloutGates struct {
	// errors bounds failed answers.
	// +kubebuilder:default={}
	// +optional
	Errors ErrorGate `json:"errors,omitzero"`

	// latency bounds how long answers take.
	// +kubebuilder:default={}
	// +optional
	Latency LatencyGate `json:"latency,omitzero"`

	// agreement bounds how often answers may differ from the live variant's.
	// It is judged on mirrored requests, so it needs a shadow.
	// +kubebuilder:default={}
	// +optional
	Agreement AgreementGate `json:"agreement,omitzero"`
}

// ErrorGate bounds failed answers: any answer that a caller would see as the
// service's fault (5xx of the container, time-outs, broken connections). A target
// that clearly refuses more requests (4xx) than the live variant fails as well.
type ErrorGate struct {
	// maxIncreasePercent is how many percentage points more of the target's
	// answers may fail than of the live variant's.
	// +kubebuilder:default="0.1"
	// +optional
	MaxIncreasePercent Percent `json:"maxIncreasePercent,omitzero"`
}

// LatencyGate bounds how long answers take.
type LatencyGate struct {
	// percentile is the percentile of latency that is compared.
	// +kubebuilder:default=99
	// +kubebuilder:validation:Enum=50;90;95;99
	// +optional
	Percentile int32 `json:"percentile,omitempty"`

	// maxRatioPercent is how much of the live variant's latency the target's
	// may be: 110 allows it to be a tenth slower.
	// +kubebuilder:default=110
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	MaxRatioPercent int32 `json:"maxRatioPercent,omitempty"`

	// toleranceMilliseconds is a difference too small to matter: the target
	// passes when it is no more than this slower, whatever the ratio.
	// +kubebuilder:default=5
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=60000
	// +optional
	ToleranceMilliseconds *int32 `json:"toleranceMilliseconds,omitempty"`
}

// AgreementGate bounds how often answers may differ.
type AgreementGate struct {
	// minPercent is how many of the compared answers must be equal. 0 asks for
	// no agreement: answers that cannot be compared, such as images, do then.
	// +kubebuilder:default="99.9"
	// +kubebuilder:validation:XValidation:rule="double(self) <= 100.0",message="must be at most 100 percent"
	// +optional
	MinPercent Percent `json:"minPercent,omitzero"`

	// relativeTolerance is how far two numbers may lie apart, relative to the
	// larger, and still be equal; a decimal string.
	// +kubebuilder:default="0.00001"
	// +kubebuilder:validation:Pattern=`^0([.][0-9]{1,12})?$`
	// +kubebuilder:validation:MaxLength=16
	// +optional
	RelativeTolerance string `json:"relativeTolerance,omitempty"`

	// absoluteTolerance is how far two numbers may lie apart and still be
	// equal; a decimal string.
	// +kubebuilder:default="0.00000001"
	// +kubebuilder:validation:Pattern=`^[0-9]{1,6}([.][0-9]{1,12})?$`
	// +kubebuilder:validation:MaxLength=20
	// +optional
	AbsoluteTolerance string `json:"absoluteTolerance,omitempty"`
}
