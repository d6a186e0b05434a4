package inventory

// Traffic is what CloudWatch says about a variant's requests in the lookback.
type Traffic struct {
	Requests       int64   `json:"requests"`
	RequestsPerDay float64 `json:"requestsPerDay"`
	// PeakRequestsPerMinute is the busiest minute of the last 15 days:
	// CloudWatch keeps minutes no longer.
	PeakRequestsPerMinute int64 `json:"peakRequestsPerMinute"`
	// HourOfWeek is the mean number of requests in each of the 168 hours of a
	// week, Monday 00:00 UTC first; empty without figures.
	HourOfWeek []float64 `json:"hourOfWeek,omitempty"`
	// LatencyMilliseconds is the time in the container; nil without requests.
	LatencyMilliseconds *Latency `json:"latencyMilliseconds,omitempty"`
	// ClientErrorShare and ServerErrorShare are shares of the requests, 0 to 1:
	// answers 4XX, and answers 5XX.
	ClientErrorShare float64 `json:"clientErrorShare"`
	ServerErrorShare float64 `json:"serverErrorShare"`
	// ModelErrorShare is the share that the model's container did not answer
	// with 2XX, 0 to 1. It lies within the shares above.
	ModelErrorShare float64 `json:"modelErrorShare,omitempty"`
	// ColdStarts are those of a serverless variant; nil where there were none.
	ColdStarts *ColdStarts `json:"coldStarts,omitempty"`
}

// ColdStarts are requests that waited until capacity was started.
type ColdStarts struct {
	Count int64 `json:"count"`
	// SetupMilliseconds is the time that starting took.
	SetupMilliseconds Latency `json:"setupMilliseconds"`
}

// Backlog is the queue of an asynchronous endpoint in the lookback. Each field
// is nil where there are no figures.
type Backlog struct {
	// Requests waiting.
	Requests *Use `json:"requests,omitempty"`
	// OldestSeconds is the age of the oldest waiting request.
	OldestSeconds *Use `json:"oldestSeconds,omitempty"`
	// HoursWithoutCapacity counts the hours in which requests waited while no
	// instance ran.
	HoursWithoutCapacity *int64 `json:"hoursWithoutCapacity,omitempty"`
	// Processed and Failed count requests, of all variants.
	Processed *int64 `json:"processed,omitempty"`
	Failed    *int64 `json:"failed,omitempty"`
	// PeakProcessedPerHour is the busiest hour's number.
	PeakProcessedPerHour *int64 `json:"peakProcessedPerHour,omitempty"`
}

// ModelCache is what a variant that hosts many models did in the lookback.
type ModelCache struct {
	// LoadedModels counts the models in an instance's memory.
	LoadedModels *Use `json:"loadedModels,omitempty"`
	// HitShare is the share of the requests whose model was loaded already, 0
	// to 1.
	HitShare *float64 `json:"hitShare,omitempty"`
	// LoadMilliseconds is the time that loading a model took, without its
	// download.
	LoadMilliseconds *Latency `json:"loadMilliseconds,omitempty"`
}

// Latency holds percentiles. Each is the mean of that percentile over the
// hours of the lookback, weighted by their requests: CloudWatch cannot merge
// percentiles, and hours with few requests should not count as much.
type Latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// Usage is what CloudWatch says about a variant's instances in the lookback.
// Each field is nil where there are no figures.
type Usage struct {
	// CPU is in percent of one core: 400 is four cores in full use.
	CPU *Use `json:"cpuPercent,omitempty"`
	// Memory is in percent of the instance's memory.
	Memory *Use `json:"memoryPercent,omitempty"`
	// GPU and GPUMemory are in percent of one GPU.
	GPU       *Use `json:"gpuPercent,omitempty"`
	GPUMemory *Use `json:"gpuMemoryPercent,omitempty"`
}

// Use is a utilization over the lookback.
type Use struct {
	// Median of the hourly averages.
	Median float64 `json:"median"`
	// Max is the highest single measurement.
	Max float64 `json:"max"`
}

// Scaling is a scalable target of Application Auto Scaling.
type Scaling struct {
	// Resource is endpoint/E/variant/V or inference-component/C.
	Resource string `json:"resource"`
	// Dimension is such as sagemaker:variant:DesiredInstanceCount.
	Dimension string `json:"dimension"`
	ARN       string `json:"arn,omitempty"`
	CreatedAt string `json:"createdAt,omitempty"`
	Min       int32  `json:"min"`
	Max       int32  `json:"max"`
	RoleARN   string `json:"roleARN,omitempty"`
	// Suspended lists the activities that are switched off.
	Suspended        []string          `json:"suspended,omitempty"`
	Policies         []Policy          `json:"policies,omitempty"`
	ScheduledActions []ScheduledAction `json:"scheduledActions,omitempty"`
}

// Policy is a scaling policy.
type Policy struct {
	Name      string `json:"name"`
	ARN       string `json:"arn,omitempty"`
	CreatedAt string `json:"createdAt,omitempty"`
	// Type is TargetTrackingScaling, StepScaling or PredictiveScaling.
	Type           string          `json:"type"`
	TargetTracking *TargetTracking `json:"targetTracking,omitempty"`
	Step           *StepScaling    `json:"step,omitempty"`
	// Alarms are the names of the alarms that drive the policy.
	Alarms []string `json:"alarms,omitempty"`
}

// TargetTracking holds a metric at a value.
type TargetTracking struct {
	TargetValue float64 `json:"targetValue"`
	// PredefinedMetric is one of AWS's names.
	PredefinedMetric string        `json:"predefinedMetric,omitempty"`
	CustomMetric     *CustomMetric `json:"customMetric,omitempty"`
	// Cooldowns are nil when the policy leaves them to AWS (300 seconds).
	ScaleInCooldownSeconds  *int32 `json:"scaleInCooldownSeconds,omitempty"`
	ScaleOutCooldownSeconds *int32 `json:"scaleOutCooldownSeconds,omitempty"`
	ScaleInDisabled         bool   `json:"scaleInDisabled,omitempty"`
}

// CustomMetric is a CloudWatch metric.
type CustomMetric struct {
	Namespace  string            `json:"namespace,omitempty"`
	Name       string            `json:"name,omitempty"`
	Statistic  string            `json:"statistic,omitempty"`
	Unit       string            `json:"unit,omitempty"`
	Dimensions map[string]string `json:"dimensions,omitempty"`
}

// StepScaling changes the capacity by steps.
type StepScaling struct {
	AdjustmentType  string `json:"adjustmentType,omitempty"`
	Aggregation     string `json:"aggregation,omitempty"`
	CooldownSeconds *int32 `json:"cooldownSeconds,omitempty"`
	MinAdjustment   *int32 `json:"minAdjustment,omitempty"`
	Steps           []Step `json:"steps,omitempty"`
}

// Step applies between two distances from the alarm's threshold; nil means no
// bound.
type Step struct {
	From       *float64 `json:"from,omitempty"`
	To         *float64 `json:"to,omitempty"`
	Adjustment int32    `json:"adjustment"`
}

// ScheduledAction changes the bounds of a target at a time.
type ScheduledAction struct {
	Name      string `json:"name"`
	ARN       string `json:"arn,omitempty"`
	CreatedAt string `json:"createdAt,omitempty"`
	Schedule  string `json:"schedule"`
	TimeZone  string `json:"timeZone,omitempty"`
	Min       *int32 `json:"min,omitempty"`
	Max       *int32 `json:"max,omitempty"`
	StartsAt  string `json:"startsAt,omitempty"`
	EndsAt    string `json:"endsAt,omitempty"`
}
