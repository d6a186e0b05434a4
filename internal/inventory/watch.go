package inventory

// Alarm is a CloudWatch alarm on a metric of SageMaker, or one that a scaling
// policy or a deployment refers to.
type Alarm struct {
	Name  string `json:"name"`
	ARN   string `json:"arn,omitempty"`
	Place `json:",inline"`
	// Metric is nil for alarms on a metric expression.
	Metric *CustomMetric `json:"metric,omitempty"`
	// ExtendedStatistic is such as p99; the metric's own statistic is empty
	// then.
	ExtendedStatistic string `json:"extendedStatistic,omitempty"`
	// Expressions are the metric expressions, of alarms that have some.
	Expressions []MetricExpression `json:"expressions,omitempty"`
	// Comparison is AWS's name, such as GreaterThanThreshold.
	Comparison string   `json:"comparison,omitempty"`
	Threshold  *float64 `json:"threshold,omitempty"`
	// ThresholdMetricID names the band of an anomaly detection alarm.
	ThresholdMetricID string `json:"thresholdMetricID,omitempty"`
	PeriodSeconds     int32  `json:"periodSeconds,omitempty"`
	EvaluationPeriods int32  `json:"evaluationPeriods,omitempty"`
	DatapointsToAlarm int32  `json:"datapointsToAlarm,omitempty"`
	// MissingData is breaching, notBreaching, ignore or missing.
	MissingData string `json:"missingData,omitempty"`
	// Rule is that of a composite alarm.
	Rule        string `json:"rule,omitempty"`
	Description string `json:"description,omitempty"`
	State       string `json:"state,omitempty"`
	// StateReason says why the alarm is in its state, and StateSince since when
	// (RFC 3339, UTC).
	StateReason    string   `json:"stateReason,omitempty"`
	StateSince     string   `json:"stateSince,omitempty"`
	ActionsEnabled bool     `json:"actionsEnabled"`
	AlarmActions   []string `json:"alarmActions,omitempty"`
	OKActions      []string `json:"okActions,omitempty"`
	// InsufficientDataActions run when the metric falls silent.
	InsufficientDataActions []string `json:"insufficientDataActions,omitempty"`
	// Suppressor is the alarm that holds a composite alarm's actions back.
	Suppressor string `json:"suppressor,omitempty"`
	// LowSamples is evaluate or ignore, of alarms on a percentile.
	LowSamples string `json:"lowSamples,omitempty"`
	// PromQL is the query of an alarm in that language.
	PromQL string `json:"promQL,omitempty"`
	// LogQuery and LogGroups are those of an alarm on a query over logs.
	LogQuery  string   `json:"logQuery,omitempty"`
	LogGroups []string `json:"logGroups,omitempty"`
	// ModifiedAt is RFC 3339, UTC.
	ModifiedAt string   `json:"modifiedAt,omitempty"`
	Ignored    []string `json:"ignored,omitempty"`
}

// MetricExpression is a part of an alarm on several metrics.
type MetricExpression struct {
	ID            string        `json:"id"`
	Label         string        `json:"label,omitempty"`
	Expression    string        `json:"expression,omitempty"`
	Metric        *CustomMetric `json:"metric,omitempty"`
	PeriodSeconds int32         `json:"periodSeconds,omitempty"`
	ReturnData    bool          `json:"returnData,omitempty"`
	// ExtendedStatistic is such as p99; the metric's own statistic is empty
	// then.
	ExtendedStatistic string `json:"extendedStatistic,omitempty"`
	// AccountID is the account of the metric, where it is another one.
	AccountID string `json:"accountID,omitempty"`
}

// LogGroup is a group of CloudWatch Logs that SageMaker writes to.
type LogGroup struct {
	Name  string `json:"name"`
	ARN   string `json:"arn,omitempty"`
	Place `json:",inline"`
	// RetentionDays is 0 where the logs are kept for ever.
	RetentionDays int32  `json:"retentionDays,omitempty"`
	StoredBytes   int64  `json:"storedBytes,omitempty"`
	KMSKeyID      string `json:"kmsKeyID,omitempty"`
	CreatedAt     string `json:"createdAt,omitempty"`
	// Class is STANDARD, INFREQUENT_ACCESS or DELIVERY.
	Class string `json:"class,omitempty"`
	// MetricFilters counts the metrics that are made from the logs.
	MetricFilters int32    `json:"metricFilters,omitempty"`
	Ignored       []string `json:"ignored,omitempty"`
}

// Caller is somebody who calls an endpoint, or is allowed to.
type Caller struct {
	// Endpoint is the endpoint's name; * stands for every endpoint.
	Endpoint string `json:"endpoint"`
	Place    `json:",inline"`
	// Principal is an ARN, or the name from the file of known callers.
	Principal string       `json:"principal"`
	Source    CallerSource `json:"source"`
	// Through says what allows the call (policy and statement), or where it
	// was seen.
	Through string `json:"through,omitempty"`
	// Actions are the IAM actions, such as sagemaker:InvokeEndpoint; empty
	// where the source does not tell them apart.
	Actions []string `json:"actions,omitempty"`
	// Conditional means that the policy has conditions that a scan cannot
	// judge.
	Conditional bool `json:"conditional,omitempty"`
	// Calls and LastCallAt are known from CloudTrail only.
	Calls      int64  `json:"calls,omitempty"`
	LastCallAt string `json:"lastCallAt,omitempty"`
	// Owner and Note come from the file of known callers.
	Owner string `json:"owner,omitempty"`
	Note  string `json:"note,omitempty"`
}

// CallerSource says how a caller is known.
type CallerSource string

// The sources of callers.
const (
	// CallerAllowed may call by an IAM policy. Whether it does is not known.
	CallerAllowed CallerSource = "IAM"
	// CallerSeen stands in CloudTrail's data events.
	CallerSeen CallerSource = "CloudTrail"
	// CallerGiven stands in the file of known callers.
	CallerGiven CallerSource = "File"
)

// CallerCoverage says, for one place, what is known of callers and what
// cannot be.
type CallerCoverage struct {
	Place `json:",inline"`
	// IAM and CloudTrail say whether the source was read, and if not, why.
	IAM        Coverage `json:"iam"`
	CloudTrail Coverage `json:"cloudTrail"`
}

// Coverage of one source.
type Coverage struct {
	Read bool `json:"read"`
	// Why says what keeps it from being read, or what it does not show.
	Why string `json:"why,omitempty"`
	// From and To bound the time that was read (RFC 3339, UTC).
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}
