package autoscaling

// Spec drives the number of pods between the replicas' bounds.
type Spec struct {
	// Engine is what does it.
	Engine Engine `json:"engine"`
	// Target is what is scaled. Empty means the Endpoint.
	Target Target `json:"target,omitempty"`
	// Metrics are the targets; the one that asks for most pods wins.
	Metrics []Metric `json:"metrics,omitempty"`
	// PrometheusURL is where queries are asked. Empty means
	// DefaultPrometheusURL.
	PrometheusURL string `json:"prometheusURL,omitempty"`
	// ScaleUpStabilizationSeconds is how long more pods must be needed before
	// some come; 0 means at once.
	ScaleUpStabilizationSeconds int32 `json:"scaleUpStabilizationSeconds,omitempty"`
	// ScaleUpLimits bound how fast pods come; none means as fast as needed.
	ScaleUpLimits   []Limit `json:"scaleUpLimits,omitempty"`
	ScaleUpDisabled bool    `json:"scaleUpDisabled,omitempty"`
	// ScaleDownStabilizationSeconds is how long fewer pods must be enough
	// before some go.
	ScaleDownStabilizationSeconds int32 `json:"scaleDownStabilizationSeconds,omitempty"`
	// ScaleDownLimits bound how fast pods go; none means as fast as allowed.
	ScaleDownLimits   []Limit `json:"scaleDownLimits,omitempty"`
	ScaleDownDisabled bool    `json:"scaleDownDisabled,omitempty"`
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

// Target is the kind of object whose number of pods is changed.
type Target string

// The targets.
const (
	// TargetEndpoint is the Endpoint's scale subresource: the pods of the
	// variant that is live or becoming so.
	TargetEndpoint Target = "Endpoint"
	// TargetDeployment is a Deployment of workers that take work from a queue.
	TargetDeployment Target = "Deployment"
)

// Metric is one target of autoscaling.
type Metric struct {
	Type MetricType `json:"type"`
	// TargetValue is per pod, in the type's unit.
	TargetValue string `json:"targetValue"`
	// Total says that TargetValue and the query are of all pods together: the
	// number of pods changes in proportion.
	Total bool `json:"total,omitempty"`
	// Query is PromQL, for types that need one. It gives the sum over all
	// pods; $namespace, $endpoint and $variant stand for the names in the
	// cluster.
	Query string `json:"query,omitempty"`
	// From names the policy that it stands for.
	From string `json:"from,omitempty"`
}

// MetricType is what is measured.
type MetricType string

// The metrics.
const (
	// MetricCPU and MetricMemory are in percent of the request.
	MetricCPU    MetricType = "CPUUtilizationPercent"
	MetricMemory MetricType = "MemoryUtilizationPercent"
	// MetricRequestsPerSecond and MetricConcurrency are per pod.
	MetricRequestsPerSecond MetricType = "RequestsPerSecond"
	MetricConcurrency       MetricType = "Concurrency"
	// MetricQueueLength is waiting requests per pod.
	MetricQueueLength MetricType = "QueueLength"
	// MetricPrometheus is any query.
	MetricPrometheus MetricType = "Prometheus"
)

// Limit bounds a change of the number of pods within a period.
type Limit struct {
	// Pods and Percent of the pods there are: exactly one is set.
	Pods    int32 `json:"pods,omitempty"`
	Percent int32 `json:"percent,omitempty"`
	// PeriodSeconds is 1 to 1800, Kubernetes' limit.
	PeriodSeconds int32 `json:"periodSeconds"`
}

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

// FitsEndpoint says that the Endpoint's own replicas express the whole: one
// target of CPU use, and the 300 seconds that it waits before it scales in.
// Elsewhere Objects makes an autoscaler for the Endpoint's scale subresource;
// the two never meet, as the Endpoint makes no HorizontalPodAutoscaler once
// spec.replicas is above 0.
func (s Spec) FitsEndpoint() bool {
	plain := s.Engine == EngineHPA && s.scaled() == TargetEndpoint && len(s.Schedules) == 0 &&
		s.ScaleUpStabilizationSeconds == 0 && len(s.ScaleUpLimits) == 0 && !s.ScaleUpDisabled &&
		s.ScaleDownStabilizationSeconds == DefaultCooldownSeconds && len(s.ScaleDownLimits) == 0 && !s.ScaleDownDisabled
	return plain && len(s.Metrics) == 1 && s.Metrics[0].Type == MetricCPU
}

// NeedsQuery names the metrics that count something nobody measures yet: a
// person has to name the query first, and Objects leaves them out until then.
func (s Spec) NeedsQuery() []Metric {
	var missing []Metric
	for _, m := range s.Metrics {
		if (m.Type == MetricQueueLength || m.Type == MetricPrometheus) && m.Query == "" {
			missing = append(missing, m)
		}
	}
	return missing
}

func (s Spec) scaled() Target {
	if s.Target == "" {
		return TargetEndpoint
	}
	return s.Target
}
