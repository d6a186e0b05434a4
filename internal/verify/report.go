package verify

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"landfall.dev/landfall/internal/document"
)

// Header of every report.
const (
	APIVersion = "verify.landfall.dev/v1alpha1"
	Kind       = "VerifyReport"
)

// ReportHeader says which version of which document a report is.
func ReportHeader() document.Header { return document.Header{APIVersion: APIVersion, Kind: Kind} }

// Report is what one run of landfall verify found.
type Report struct {
	document.Header `json:",inline"`
	Workload        Workload   `json:"workload"`
	Conditions      Conditions `json:"conditions"`
	Steps           []Step     `json:"steps"`
	Figures         Figures    `json:"figures"`
}

// Workload names what was verified, as the plan does.
type Workload struct {
	// EndpointName is the endpoint's name on SageMaker.
	EndpointName string `json:"endpointName"`
	Region       string `json:"region,omitempty"`
	// AccountID is empty where the bundle does not tell.
	AccountID string `json:"accountID,omitempty"`
}

// Conditions are what the figures hold for.
type Conditions struct {
	// Image is the container image as the bundle has it, ImageID what the node
	// ran.
	Image   string `json:"image"`
	ImageID string `json:"imageID,omitempty"`
	// Resources of the container, as Kubernetes quantities.
	Requests map[string]string `json:"requests,omitempty"`
	Limits   map[string]string `json:"limits,omitempty"`
	Node     string            `json:"node,omitempty"`
	// ProbeOnSameNode says that the load came from the node that bore it.
	ProbeOnSameNode bool   `json:"probeOnSameNode,omitempty"`
	Kubernetes      string `json:"kubernetes,omitempty"`
	Landfall        string `json:"landfall,omitempty"`
	// StartedAt is in RFC 3339.
	StartedAt string `json:"startedAt"`
	// Seconds is how long the run took.
	Seconds float64 `json:"seconds"`
	// CapturedRequests is how many requests the load was made of.
	CapturedRequests int `json:"capturedRequests,omitempty"`
	// PeakRequestsPerMinute is that of the whole endpoint; 0 means not known.
	PeakRequestsPerMinute float64 `json:"peakRequestsPerMinute,omitempty"`
	// Pods is how many share the peak.
	Pods int32 `json:"pods,omitempty"`
	// UsageSource is where memory and CPU were read; empty where nowhere.
	UsageSource string `json:"usageSource,omitempty"`
	// DroppedEnv names variables of AWS that the container has when deployed and
	// did not have here.
	DroppedEnv []string `json:"droppedEnv,omitempty"`
	// Notes are sentences about the run.
	Notes []string `json:"notes,omitempty"`
}

// Verdict on a step.
type Verdict string

// The verdicts.
const (
	Passed Verdict = "Passed"
	// RunsWithNeeds means that it does not run hardened, and does with needs
	// that its Model does not name.
	RunsWithNeeds Verdict = "RunsWithNeeds"
	Warned        Verdict = "Warned"
	Failed        Verdict = "Failed"
	Skipped       Verdict = "Skipped"
)

// StepName names a step.
type StepName string

// The steps, in their order.
const (
	StepReady           StepName = "Ready"
	StepHardening       StepName = "Hardening"
	StepIsolation       StepName = "Isolation"
	StepMemory          StepName = "Memory"
	StepGPUMemory       StepName = "GPUMemory"
	StepAnswers         StepName = "Answers"
	StepConcurrency     StepName = "Concurrency"
	StepTwicePeak       StepName = "TwicePeak"
	StepThrottling      StepName = "Throttling"
	StepMissingModel    StepName = "MissingModel"
	StepMissingSettings StepName = "MissingSettings"
	StepMissingNetwork  StepName = "MissingNetwork"
	StepStop            StepName = "Stop"
)

// StepNames are all steps in their order.
var StepNames = []StepName{
	StepReady, StepHardening, StepIsolation, StepMemory, StepGPUMemory, StepAnswers, StepConcurrency, StepTwicePeak, StepThrottling,
	StepMissingModel, StepMissingSettings, StepMissingNetwork, StepStop,
}

// Step is one question with its answer.
type Step struct {
	Name    StepName `json:"name"`
	Verdict Verdict  `json:"verdict"`
	// Detail is a sentence with the figures and their units, or why the step
	// was skipped.
	Detail string `json:"detail"`
	// Do is what would help; empty where nothing is to be done.
	Do string `json:"do,omitempty"`
}

// Figures are the measurements. A nil one was not taken.
type Figures struct {
	Ready     *ReadyFigures     `json:"ready,omitempty"`
	Hardening *HardeningFigures `json:"hardening,omitempty"`
	Isolation *IsolationFigures `json:"isolation,omitempty"`
	Memory    *MemoryFigures    `json:"memory,omitempty"`
	GPU       *GPUFigures       `json:"gpu,omitempty"`
	// Answers against captured ones.
	Answers *AnswerFigures `json:"answers,omitempty"`
	Ramp    *RampFigures   `json:"ramp,omitempty"`
	// AtPeak is the load of one pod's share of the peak, Peak of twice that.
	AtPeak     *Load              `json:"atPeak,omitempty"`
	Peak       *PeakFigures       `json:"peak,omitempty"`
	Throttling *ThrottlingFigures `json:"throttling,omitempty"`
	Missing    *MissingFigures    `json:"missing,omitempty"`
	Settings   *SettingsFigures   `json:"settings,omitempty"`
	Stop       *StopFigures       `json:"stop,omitempty"`
}

// ReadyFigures tell how long the start took.
type ReadyFigures struct {
	// Seconds from the pod being given to a node to its first answered ping.
	Seconds float64 `json:"seconds"`
	// ImagePullSeconds is for the model's image; nil where the cluster did not
	// tell. 0 means that the node had it.
	ImagePullSeconds *float64 `json:"imagePullSeconds,omitempty"`
	// FetchSeconds is how long the init container ran; nil without one.
	FetchSeconds *float64 `json:"fetchSeconds,omitempty"`
	// LoadSeconds is from the container's start to its first answered ping.
	LoadSeconds float64 `json:"loadSeconds"`
}

// MemoryFigures are working sets of the model's container: what counts against
// its limit. 0 means not measured.
type MemoryFigures struct {
	// WarmMiB is after the model was loaded and had answered some requests.
	WarmMiB int64 `json:"warmMiB,omitempty"`
	// HighestMiB is the most that was seen in the whole run.
	HighestMiB int64 `json:"highestMiB,omitempty"`
	// LimitMiB is the container's limit; 0 without one.
	LimitMiB int64 `json:"limitMiB,omitempty"`
	// Samples is how many were taken.
	Samples int `json:"samples"`
}

// AnswerFigures count answers against captured ones.
type AnswerFigures struct {
	Sent      int `json:"sent"`
	Equal     int `json:"equal"`
	Different int `json:"different"`
	// Opaque answers are of a type that cannot be compared.
	Opaque int `json:"opaque"`
	// Uncompared requests came without an answer to compare with.
	Uncompared int `json:"uncompared,omitempty"`
	// Failed requests got no answer, or where none was captured one outside 2xx.
	Failed int `json:"failed"`
	// Differences by place and kind, the most frequent first, at most
	// MaxDifferences.
	Differences []Difference `json:"differences,omitempty"`
	// Failures by what went wrong.
	Failures map[string]int `json:"failures,omitempty"`
}

// MaxDifferences bounds AnswerFigures.Differences.
const MaxDifferences = 10

// Difference is a place at which answers differ. It holds no value of either.
type Difference struct {
	Path  string `json:"path,omitempty"`
	Kind  string `json:"kind"`
	Count int    `json:"count"`
	// LargestRelativeError is for numbers.
	LargestRelativeError float64 `json:"largestRelativeError,omitempty"`
}

// Load is what one stretch of load did.
type Load struct {
	// Concurrency is how many requests were sent at a time; 0 for load at a
	// fixed rate.
	Concurrency int `json:"concurrency,omitempty"`
	// OfferedPerSecond is the fixed rate; 0 for a fixed concurrency.
	OfferedPerSecond float64 `json:"offeredPerSecond,omitempty"`
	// Seconds is how long requests were sent.
	Seconds  float64 `json:"seconds"`
	Requests int64   `json:"requests"`
	Errors   int64   `json:"errors"`
	// AnsweredPerSecond counts answers without errors.
	AnsweredPerSecond float64 `json:"answeredPerSecond"`
	P50Milliseconds   float64 `json:"p50Milliseconds"`
	P99Milliseconds   float64 `json:"p99Milliseconds"`
	// Failures by what went wrong.
	Failures map[string]int64 `json:"failures,omitempty"`
}

// ErrorPercent is the share of requests that failed.
func (l Load) ErrorPercent() float64 {
	if l.Requests == 0 {
		return 0
	}
	return float64(l.Errors) / float64(l.Requests) * percent
}

// RampFigures are the steps of a ramp and where it turned.
type RampFigures struct {
	Steps []Load `json:"steps"`
	// SafeConcurrency is that of the last step before the turn; 0 where the
	// first had turned already.
	SafeConcurrency int `json:"safeConcurrency"`
	// SafeRequestsPerSecond is what that step answered.
	SafeRequestsPerSecond float64 `json:"safeRequestsPerSecond"`
	// Turn says what turned.
	Turn Turn `json:"turn"`
	// Why says the same with its figures.
	Why string `json:"why"`
}

// PeakFigures are of twice the peak load of one pod.
type PeakFigures struct {
	Load Load `json:"load"`
	// CPUMillis and MemoryMiB are medians under that load; 0 means not measured.
	CPUMillis int64 `json:"cpuMillis,omitempty"`
	MemoryMiB int64 `json:"memoryMiB,omitempty"`
	// HighestMemoryMiB is the most that was seen under it.
	HighestMemoryMiB int64 `json:"highestMemoryMiB,omitempty"`
	// Ended says why the container ended under the load, such as OOMKilled;
	// empty when it did not.
	Ended string `json:"ended,omitempty"`
}

// MissingOutcome is what a container does without its model.
type MissingOutcome string

// The outcomes.
const (
	// Exits is right: Kubernetes starts it again and tells.
	Exits MissingOutcome = "Exits"
	// ClaimsHealth answers pings all the same, and so gets traffic.
	ClaimsHealth MissingOutcome = "ClaimsHealth"
	// Hangs does neither.
	Hangs MissingOutcome = "Hangs"
)

// MissingFigures tell what a container does whose model's files are not there.
type MissingFigures struct {
	Outcome MissingOutcome `json:"outcome"`
	// Seconds until the outcome, or how long it was waited for.
	Seconds  float64 `json:"seconds"`
	ExitCode int32   `json:"exitCode,omitempty"`
	// TellsWhy says that the container left a reason where kubectl shows it. The
	// reason itself stays in the cluster: it may quote anything.
	TellsWhy bool `json:"tellsWhy,omitempty"`
}

// StopFigures tell what SIGTERM did.
type StopFigures struct {
	// Seconds from SIGTERM to the container's end.
	Seconds  float64 `json:"seconds"`
	ExitCode int32   `json:"exitCode"`
	// GraceSeconds is what it had.
	GraceSeconds int64 `json:"graceSeconds"`
	// Requests is what became of those sent on the way; nil where none were
	// there to send.
	Requests *StopCounts `json:"requests,omitempty"`
}

const percent = 100.0

// Failed says that some step failed.
func (r Report) Failed() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Verdict == Failed })
}

// NeededNeeds are those without which the model did not run and with which it
// did; none where it ran as its Model has it.
func (r Report) NeededNeeds() []Need { return r.Figures.Hardening.Suggested() }

// Step returns a step by its name.
func (r Report) Step(name StepName) (Step, bool) {
	index := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Name == name })
	if index < 0 {
		return Step{}, false
	}
	return r.Steps[index], true
}

// Encode writes a report as YAML.
func Encode(r Report) ([]byte, error) {
	r.Header = ReportHeader()
	return document.Encode(r)
}

// Decode reads a report strictly, and refuses figures that are none.
func Decode(data []byte) (Report, error) {
	var r Report
	if err := document.Decode(data, ReportHeader(), &r); err != nil {
		return Report{}, err
	}
	if r.Workload.EndpointName == "" {
		return Report{}, errors.New("workload.endpointName is empty; want the endpoint's name on SageMaker")
	}
	for _, step := range r.Steps {
		if !slices.Contains(StepNames, step.Name) {
			return Report{}, fmt.Errorf("steps has %q; want one of %v", step.Name, StepNames)
		}
		if !slices.Contains([]Verdict{Passed, RunsWithNeeds, Warned, Failed, Skipped}, step.Verdict) {
			return Report{}, fmt.Errorf("the verdict on %s is %q; want Passed, RunsWithNeeds, Warned, Failed or Skipped", step.Name, step.Verdict)
		}
	}
	return r, r.Figures.check()
}

// check refuses figures that sizes must not be made of.
func (f Figures) check() error {
	var amounts []float64
	if m := f.Memory; m != nil {
		amounts = append(amounts, float64(m.WarmMiB), float64(m.HighestMiB))
	}
	if p := f.Peak; p != nil {
		amounts = append(amounts, float64(p.CPUMillis), float64(p.MemoryMiB), float64(p.HighestMemoryMiB))
	}
	if r := f.Ramp; r != nil {
		amounts = append(amounts, float64(r.SafeConcurrency), r.SafeRequestsPerSecond)
	}
	if r := f.Ready; r != nil {
		amounts = append(amounts, r.Seconds, r.LoadSeconds)
	}
	if t := f.Throttling; t != nil {
		amounts = append(amounts, float64(t.LimitMillis), float64(t.NeededMillis))
	}
	if f.GPU != nil {
		amounts = append(amounts, float64(f.GPU.HighestMiB()))
	}
	for _, amount := range amounts {
		if amount < 0 || amount > mostAmount || math.IsNaN(amount) {
			return fmt.Errorf("figures hold %g; want amounts from 0 to %g", amount, mostAmount)
		}
	}
	return nil
}

// mostAmount is more MiB, millicores, requests or seconds than any pod has.
const mostAmount = 1e9
