package export

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/document"
)

// RuntimePath is where a bundle says what the container expects of its
// surroundings, and KindRuntime its kind.
const (
	RuntimePath = "runtime.yaml"
	KindRuntime = "Runtime"
)

// CodeFile is a file of the model's code.
type CodeFile struct {
	// Path is that in the archive.
	Path string
	// Text is set for lists of requirements.
	Text string
}

// RuntimeDocument is runtime.yaml: what SageMaker did for the container without
// being asked, in one place. It is for people and for `landfall verify`; the
// manifests hold what the cluster acts on.
type RuntimeDocument struct {
	document.Header `json:",inline"`
	// Endpoint is the endpoint's name on SageMaker.
	Endpoint string       `json:"endpoint"`
	Image    RuntimeImage `json:"image"`
	// Environment is that of the container, by name.
	Environment []RuntimeVariable `json:"environment,omitempty"`
	// Dependencies are the packages that the model's code asks for.
	Dependencies []RuntimeDependencies `json:"dependencies,omitempty"`
	// EntryPoints are the functions and files that the container calls.
	EntryPoints []RuntimePlace `json:"entryPoints,omitempty"`
	Health      RuntimeHealth  `json:"health"`
	Limits      RuntimeLimits  `json:"limits"`
	Needs       RuntimeNeeds   `json:"needs"`
}

// RuntimeImage is the image on SageMaker and in the cluster.
type RuntimeImage struct {
	SageMaker string `json:"sageMaker,omitempty"`
	// Cluster is empty when the plan names none.
	Cluster          string `json:"cluster,omitempty"`
	Framework        string `json:"framework,omitempty"`
	FrameworkVersion string `json:"frameworkVersion,omitempty"`
	// Program is the script that SageMaker's toolkits call.
	Program string `json:"program"`
}

// RuntimeVariable is a variable with its value, or with the Secret that has to
// hold it.
type RuntimeVariable struct {
	Name       string `json:"name"`
	Value      string `json:"value,omitempty"`
	SecretName string `json:"secretName,omitempty"`
}

// RuntimeDependencies are the lines of one list of requirements.
type RuntimeDependencies struct {
	File         string   `json:"file"`
	Requirements []string `json:"requirements"`
}

// RuntimePlace is something found in the model's files.
type RuntimePlace struct {
	ID    string `json:"id"`
	File  string `json:"file"`
	Line  int    `json:"line,omitempty"`
	Quote string `json:"quote,omitempty"`
}

// RuntimeHealth is how SageMaker asks whether the container is well.
type RuntimeHealth struct {
	Port                        int32  `json:"port"`
	PingPath                    string `json:"pingPath"`
	PingTimeoutSeconds          int32  `json:"pingTimeoutSeconds"`
	StartTimeoutSeconds         int32  `json:"startTimeoutSeconds"`
	ModelDownloadTimeoutSeconds int32  `json:"modelDownloadTimeoutSeconds"`
	StopGraceSeconds            int32  `json:"stopGraceSeconds"`
}

// RuntimeLimits are those of one request.
type RuntimeLimits struct {
	InvocationPath           string `json:"invocationPath"`
	InvocationTimeoutSeconds int32  `json:"invocationTimeoutSeconds"`
	MaxRequestBytes          int64  `json:"maxRequestBytes"`
}

// RuntimeNeeds is what the container reaches for.
type RuntimeNeeds struct {
	RoleARN          string   `json:"roleARN,omitempty"`
	SubnetIDs        []string `json:"subnetIDs,omitempty"`
	SecurityGroupIDs []string `json:"securityGroupIDs,omitempty"`
	NetworkIsolation bool     `json:"networkIsolation"`
	// Reaches are the places in the code that need a network.
	Reaches []RuntimePlace `json:"reaches,omitempty"`
}

// What SageMaker holds to where nothing else is set: the developer guide, "Custom
// inference code with hosting services" (port 8080, GET /ping within 2 seconds, 8
// minutes to start, 60 seconds for an answer, 30 seconds between SIGTERM and
// SIGKILL), and the API model's bound of InvokeEndpoint's body.
const (
	hostingPort              = 8080
	pingTimeoutSeconds       = 2
	startTimeoutSeconds      = 480
	stopGraceSeconds         = 30
	invocationTimeoutSeconds = 60
	maxRequestBytes          = 6_291_456
)

// entryPoints are the findings that name what the container calls.
var entryPoints = []string{"ServingHook", "SageMakerToolkit", "ServerConfig"}

func (s source) runtime() *RuntimeDocument {
	r := &RuntimeDocument{
		Header:      document.Header{APIVersion: APIVersion, Kind: KindRuntime},
		Endpoint:    s.Endpoint.Name,
		Image:       RuntimeImage{Cluster: s.Workload.Image, Program: s.program()},
		Environment: s.variables(),
		EntryPoints: s.places(entryPoints),
		Health: RuntimeHealth{
			Port: hostingPort, PingPath: "/ping", PingTimeoutSeconds: pingTimeoutSeconds, StopGraceSeconds: stopGraceSeconds,
			StartTimeoutSeconds:         cmp.Or(s.variant.StartupTimeoutSeconds, startTimeoutSeconds),
			ModelDownloadTimeoutSeconds: cmp.Or(s.variant.ModelDownloadTimeoutSeconds, startTimeoutSeconds),
		},
		Limits: RuntimeLimits{
			InvocationPath: "/invocations", InvocationTimeoutSeconds: invocationTimeoutSeconds, MaxRequestBytes: maxRequestBytes,
		},
		Needs: RuntimeNeeds{
			RoleARN:          cmp.Or(s.model.ExecutionRoleARN, s.Endpoint.Config.ExecutionRoleARN),
			NetworkIsolation: s.model.NetworkIsolation || s.Endpoint.Config.NetworkIsolation,
			Reaches:          s.places(reaching),
		},
	}
	if image := s.container.Image; image != nil {
		r.Image.SageMaker = image.Reference
	}
	if made := framework(s.container.Image); made != nil {
		r.Image.Framework, r.Image.FrameworkVersion = made.Name, made.Version
	}
	if vpc := cmp.Or(s.model.VPC, s.Endpoint.Config.VPC); vpc != nil {
		r.Needs.SubnetIDs, r.Needs.SecurityGroupIDs = vpc.SubnetIDs, vpc.SecurityGroupIDs
	}
	for _, file := range s.Code {
		if lines := requirements(file.Text); len(lines) > 0 {
			r.Dependencies = append(r.Dependencies, RuntimeDependencies{File: file.Path, Requirements: lines})
		}
	}
	return r
}

// variables are the environment, without the values that look secret.
func (s source) variables() []RuntimeVariable {
	var variables []RuntimeVariable
	for _, name := range slices.Sorted(maps.Keys(s.container.Env)) {
		if slices.Contains(s.container.MaskedEnv, name) {
			variables = append(variables, RuntimeVariable{Name: name, SecretName: SecretName(s.Workload.Names.Model)})
			continue
		}
		variables = append(variables, RuntimeVariable{Name: name, Value: s.container.Env[name]})
	}
	return variables
}

// places are the findings of some kinds in the model's files. Their quotes are
// masked already.
func (s source) places(kinds []string) []RuntimePlace {
	var places []RuntimePlace
	for _, f := range s.Inspected {
		if slices.Contains(kinds, f.ID) && f.File != "" {
			places = append(places, RuntimePlace{ID: f.ID, File: f.File, Line: f.Line, Quote: f.Quote})
		}
	}
	return places
}

// requirements are the lines of a list that ask for something. An address may
// hold a password, which is left out.
func requirements(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, " #")
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		lines = append(lines, withoutUser(line))
	}
	return lines
}

// withoutUser cuts user and password out of an address.
func withoutUser(line string) string {
	before, rest, found := strings.Cut(line, "://")
	if !found {
		return line
	}
	host, path, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = "***" + host[at:]
	}
	if path != "" || strings.Contains(rest, "/") {
		host += "/" + path
	}
	return before + "://" + host
}
