package naming

// Names of what landfall verify makes in the cluster.
const (
	// NameVerify is the value of LabelName on all of it, and the prefix of its
	// names.
	NameVerify = "landfall-verify"
	// ManagedByCLI is the value of LabelManagedBy on what the command line makes.
	ManagedByCLI = "landfall-cli"
	// LabelVerifyRun holds the suffix that one run's objects share.
	LabelVerifyRun = Group + "/verify-run"
	// LabelVerifyRole holds what a pod of the run is for.
	LabelVerifyRole = Group + "/verify-role"
	// LabelVerifyEgress is EgressDenied on pods that no longer need the network.
	LabelVerifyEgress = Group + "/verify-egress"
	// AnnotationVerifyUntil holds when a run ends at the latest, in RFC 3339.
	AnnotationVerifyUntil = Group + "/verify-until"
	// EgressDenied is a value of LabelVerifyEgress.
	EgressDenied = "denied"
)

// The agent's command that puts a model under load, and its arguments.
const (
	// AgentProbe sends requests to a model and writes what it observes.
	AgentProbe = "probe"
	// AgentProbePhase is one of verify.Phases.
	AgentProbePhase = "--phase"
	// AgentProbeTarget is the model's address, http://host:port.
	AgentProbeTarget = "--target"
	// AgentProbeRequests is the file of requests, compressed with gzip.
	AgentProbeRequests = "--requests"
	// AgentProbeSeconds is how long each stretch of load takes.
	AgentProbeSeconds = "--seconds"
	// AgentProbeConcurrency is the most requests at a time.
	AgentProbeConcurrency = "--concurrency"
	// AgentProbeRate is the fixed rate of requests per second.
	AgentProbeRate = "--requests-per-second"
	// AgentProbeTimeout is how long one request may take, in seconds.
	AgentProbeTimeout = "--request-timeout-seconds"
	// AgentProbeLatencyFloor is what is fast enough in any case, in milliseconds.
	AgentProbeLatencyFloor = "--latency-floor-milliseconds"
)
