package naming

// Ports and their names in Services and containers.
const (
	// ModelPort is where a model container answers, by SageMaker's contract.
	ModelPort = 8080
	// RouterServicePort is where callers reach the routers' Service.
	RouterServicePort = 80
	// RouterPort is where a router pod answers callers.
	RouterPort = 8080
	// AdminPort is where a router pod serves evidence, metrics and readiness;
	// its Service uses the same number.
	AdminPort = 8081
	// OperatorMetricsPort is where the operator serves its metrics.
	OperatorMetricsPort = 8080
	// OperatorHealthPort is where the operator answers its probes.
	OperatorHealthPort = 8081

	// PortHTTP names the port for requests, of models and of routers.
	PortHTTP = "http"
	// PortAdmin names AdminPort.
	PortAdmin = "admin"
)

// Paths of the HTTP interfaces.
const (
	// PingPath is the model container's health check (SageMaker's contract).
	PingPath = "/ping"
	// InvocationsPath is where a model container answers requests
	// (SageMaker's contract).
	InvocationsPath = "/invocations"
	// EvidencePath is where a router's admin port serves its report.
	EvidencePath = "/evidence"
	// MetricsPath serves Prometheus metrics.
	MetricsPath = "/metrics"
	// ReadyPath and LivePath answer probes.
	ReadyPath = "/readyz"
	LivePath  = "/healthz"
)

// Headers of the SageMaker Runtime API, as AWS spells them.
const (
	// HeaderInvokedVariant tells the caller which variant answered.
	HeaderInvokedVariant = "x-Amzn-Invoked-Production-Variant"
	// HeaderRequestID identifies a request.
	HeaderRequestID = "x-amzn-RequestId"
)

// EndpointPath is where routers answer an Endpoint's invocations whatever the
// caller's namespace is: what status.path holds. Both arguments are valid path
// segments by the rules of the API.
func EndpointPath(namespace, endpointName string) string {
	return "/ns/" + namespace + "/endpoints/" + endpointName + InvocationsPath
}

// Parts of a model pod.
const (
	// ContainerModel is the container that serves.
	ContainerModel = "model"
	// ContainerFetch is the init container that fetches the model.
	ContainerFetch = "fetch"
	// VolumeModel holds the unpacked model.
	VolumeModel = "model"
	// VolumeTmp is the model container's /tmp.
	VolumeTmp = "tmp"
	// VolumeScratch is the init container's /tmp, for the download.
	VolumeScratch = "scratch"
	// ModelDir is where the model lies, by SageMaker's contract.
	ModelDir = "/opt/ml/model"
	// TmpDir is the one writable directory of a hardened container.
	TmpDir = "/tmp"
	// ArgServe is the argument a container is started with to serve
	// (SageMaker's contract).
	ArgServe = "serve"
	// RunAsUser is the user of model containers that do not need another.
	RunAsUser = 10001
	// OperatorUser is the user of Landfall's own image.
	OperatorUser = 65532
)

// ProgramAgent is the agent's path in Landfall's image.
const ProgramAgent = "/landfall-agent"

// The agent's command and arguments, which the operator writes and the agent
// reads. Each argument takes a value, after a space or an equals sign.
const (
	// AgentFetch fetches and unpacks a model.
	AgentFetch = "fetch"
	// AgentURI is the artifact's address: s3://bucket/key.
	AgentURI = "--uri"
	// AgentDest is the directory to unpack into.
	AgentDest = "--dest"
	// AgentCompression is Gzip or None.
	AgentCompression = "--compression"
	// AgentDigest is the expected digest, sha256:… of the object's bytes.
	AgentDigest = "--digest"
	// AgentMaxUnpackedBytes bounds the unpacked model.
	AgentMaxUnpackedBytes = "--max-unpacked-bytes"
	// AgentRegion is the bucket's region.
	AgentRegion = "--region"
	// AgentEndpointURL is the address of an S3 service other than AWS's.
	AgentEndpointURL = "--endpoint-url"
	// AgentTerminationLog is where the agent leaves the cause of a failure.
	AgentTerminationLog = "--termination-log"
	// TerminationLogPath is Kubernetes' default for that file.
	TerminationLogPath = "/dev/termination-log"
)
