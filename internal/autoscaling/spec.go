package autoscaling

// Spec drives the number of pods between the replicas' bounds.
type Spec struct {
	// Engine is what does it.
	Engine Engine `json:"engine"`
	// Metrics are the targets; the one that asks for most pods wins.
	Metrics []Metric `json:"metrics,omitempty"`
	// ScaleDownStabilizationSeconds is how long fewer pods must be enough
	// before some go.
	ScaleDownStabilizationSeconds int32 `json:"scaleDownStabilizationSeconds,omitempty"`
	ScaleDownDisabled             bool  `json:"scaleDownDisabled,omitempty"`
	// Schedules raise or lower the bounds at times.
	Schedules []Schedule `json:"schedules,omitempty"`
}

// Engine is what changes the number of pods.
type Engine string

// The engines.
const (
	// EngineHPA is Kubernetes' own HorizontalPodAutoscaler.
	EngineHPA Engine = "HPA"
	// EngineKEDA is needed for queues, schedules and going to zero.
	EngineKEDA Engine = "KEDA"
)

// Metric is one target of autoscaling.
type Metric struct {
	Type MetricType `json:"type"`
	// TargetValue is per pod, in the type's unit.
	TargetValue string `json:"targetValue"`
	// Query is PromQL, for types that need one.
	Query string `json:"query,omitempty"`
	// From names the policy that it stands for.
	From string `json:"from,omitempty"`
}

// MetricType is what is measured.
type MetricType string

// The metrics.
const (
	// MetricCPU is in percent of the request.
	MetricCPU MetricType = "CPUUtilizationPercent"
	// MetricRequestsPerSecond and MetricConcurrency are per pod.
	MetricRequestsPerSecond MetricType = "RequestsPerSecond"
	MetricConcurrency       MetricType = "Concurrency"
	// MetricQueueLength is waiting requests per pod.
	MetricQueueLength MetricType = "QueueLength"
	// MetricPrometheus is any query.
	MetricPrometheus MetricType = "Prometheus"
)

// Schedule sets the bounds in a span of time.
type Schedule struct {
	// Start and End are cron expressions of five fields.
	Start string `json:"start"`
	End   string `json:"end"`
	// TimeZone is of the IANA database; empty means UTC.
	TimeZone string `json:"timeZone,omitempty"`
	// Replicas that are kept at least in that time.
	Replicas int32 `json:"replicas"`
	// From names the scheduled action that it stands for.
	From string `json:"from,omitempty"`
}
