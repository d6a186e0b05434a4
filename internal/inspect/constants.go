package inspect

import (
	"regexp"
	"strings"
)

// Forms of what is written down where it should be configured. The regions are
// those of all partitions; ARNs and registry hosts are in AWS's own forms.
var (
	regionForm = regexp.MustCompile(`\b(?:us|eu|ap|sa|ca|me|af|il|mx|cn|us-gov|us-iso[bef]?|eu-isoe)-(?:north|south|east|west|central|northeast|southeast|northwest|southwest)-[0-9]\b`)
	arnForm    = regexp.MustCompile(`\barn:aws[a-z-]*:([a-z0-9-]+):([a-z0-9-]*):([0-9]{12})?:[^\s"',]+`)
	ecrForm    = regexp.MustCompile(`\b([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com`)
	bucketForm = regexp.MustCompile(`\bs3[an]?://([a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9])(?:/|$|[^a-zA-Z0-9._{-])`)
	// virtualForm is a bucket as the first part of a host.
	virtualForm = regexp.MustCompile(`https?://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3[.-][a-z0-9.-]*amazonaws\.com`)
	urlForm     = regexp.MustCompile(`\bhttps?://([^/\s:"'{}<>\\@]+)`)
	accountForm = regexp.MustCompile(`(?:^|[^0-9.])([0-9]{12})(?:$|[^0-9.])`)
	bucketName  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	// routeForm is the way by which SageMaker loads and calls one of several
	// models of a container.
	routeForm = regexp.MustCompile(`^/models/[^/]*(?:/invoke)?$`)
	// settingForm is a bucket as the value of a key or variable that says so.
	settingForm = regexp.MustCompile(`(?i)bucket(?:_?name|_?id)?["']?\s*[:=]\s*["']?([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])["']?\s*(?:$|[,}#])`)
)

// metadataForms are the addresses at which AWS hosts tell who they are.
var metadataForms = []string{"169.254.169.254", "169.254.170.2", "fd00:ec2::254"}

// constant is a text of a file with its line.
type constant struct {
	text string
	line int
}

// reporter takes findings with the line as their evidence: a file, or a
// program that leaves out what only training runs.
type reporter interface {
	report(id string, line int, message string)
}

// constants looks through a text for places of AWS and hosts.
func (f *file) constants(c constant) { constants(f, f, c) }

// constants leaves out what only training runs into.
func (p program) constants(c constant) { constants(p, p.file, c) }

func constants(to reporter, f *file, c constant) {
	text := c.text
	for _, form := range metadataForms {
		if strings.Contains(text, form) {
			to.report("MetadataService", c.line, "the address "+form+" of the metadata service")
			return
		}
	}
	account := false
	for _, m := range arnForm.FindAllStringSubmatch(text, -1) {
		if m[3] != "" {
			account = true
			to.report("HardcodedAccount", c.line, "the account "+m[3]+" in an ARN of "+m[1])
		}
		if m[1] == "s3" && m[3] == "" {
			_, resource, _ := strings.Cut(m[0], ":s3:::")
			bucket, _, _ := strings.Cut(resource, "/")
			if !bucketName.MatchString(bucket) {
				continue
			}
			to.report("HardcodedBucket", c.line, "the bucket "+bucket)
		}
	}
	for _, m := range ecrForm.FindAllStringSubmatch(text, -1) {
		account = true
		to.report("HardcodedAccount", c.line, "the account "+m[1]+" in the address of a registry")
	}
	if !account && accountForm.MatchString(text) && f.speaksOfAccounts(c.line) {
		to.report("HardcodedAccount", c.line, "twelve digits, as an AWS account has")
	}
	for _, form := range []*regexp.Regexp{bucketForm, virtualForm} {
		for _, m := range form.FindAllStringSubmatch(text, -1) {
			to.report("HardcodedBucket", c.line, "the bucket "+m[1])
		}
	}
	for _, region := range regionForm.FindAllString(text, -1) {
		to.report("HardcodedRegion", c.line, "the region "+region)
	}
	hosts(to, c)
	secretConstant(to, c)
	places(to, f, c)
}

// accountLines is how far above twelve digits a word may stand that makes an
// account of them: lists are written one number a line.
const accountLines = 3

// speaksOfAccounts tells accounts from the other numbers of twelve digits.
func (f *file) speaksOfAccounts(line int) bool {
	for above := range accountLines + 1 {
		text := strings.ToLower(f.lines.at(line - above))
		if strings.Contains(text, "account") || strings.Contains(text, "acct") || strings.Contains(text, "ecr") {
			return true
		}
	}
	return false
}

// hosts reports addresses, but for those that are only names.
func hosts(to reporter, c constant) {
	for _, m := range urlForm.FindAllStringSubmatch(c.text, -1) {
		host := strings.ToLower(strings.TrimRight(m[1], ".,;)"))
		if !local(host) && !nominal(host) && !virtualForm.MatchString(c.text) {
			to.report("HostNamed", c.line, "the host "+host)
		}
	}
}

// local says that a host is the pod itself.
func local(host string) bool {
	return host == "localhost" || host == "0.0.0.0" || strings.HasPrefix(host, "127.") || !strings.Contains(host, ".")
}

// nominal says that addresses of a host serve as names, as those of licences
// and XML name spaces do.
func nominal(host string) bool {
	switch strings.TrimPrefix(host, "www.") {
	case "w3.org", "schemas.xmlsoap.org", "apache.org", "opensource.org", "json-schema.org", "example.com", "example.org",
		"purl.org", "xml.org":
		return true
	}
	return false
}

// trainingFiles are what SageMaker writes for training, and no server has.
var trainingFiles = []string{
	"/opt/ml/input/config/", "/opt/ml/input/data", "/opt/ml/checkpoints", "/opt/ml/processing", "/opt/ml/code",
}

// places reports folders and headers of SageMaker.
func places(to reporter, f *file, c constant) {
	if strings.Contains(c.text, "/opt/ml/models") {
		to.report("MultiModelCode", c.line, "the folder /opt/ml/models, where a multi-model container keeps its models")
	}
	if routeForm.MatchString(c.text) && strings.ContainsAny(c.text, "<{(") {
		to.report("MultiModelCode", c.line, "the way by which SageMaker reaches one of several models")
	}
	if c.text == "/ping" || c.text == "/invocations" {
		to.report("ServingHook", c.line, "the code answers "+c.text+" itself")
	}
	if c.text == "/execution-parameters" {
		to.report("BatchAssumption", c.line, "the way by which a batch transform asks how large its batches may be")
	}
	for _, place := range trainingFiles {
		// Once a file: scripts build many paths on one.
		if strings.Contains(c.text, place) && !f.said[place] {
			if f.said == nil {
				f.said = map[string]bool{}
			}
			f.said[place] = true
			to.report("SageMakerPath", c.line, "the place "+strings.TrimSuffix(place, "/"))
		}
	}
	// WSGI writes headers with underscores.
	if lower := strings.ToLower(strings.ReplaceAll(c.text, "_", "-")); strings.Contains(lower, "x-amzn-sagemaker-") {
		if strings.Contains(lower, "target-model") {
			to.report("MultiModelCode", c.line, "the header that names a model of a multi-model endpoint")
			return
		}
		to.report("SageMakerHeader", c.line, "a header of SageMaker's runtime")
	}
}

// variable reports the reading of a variable of the environment.
func variable(to reporter, name string, line int, optional bool) {
	switch {
	case name == "SAGEMAKER_MULTI_MODEL":
		to.report("MultiModelCode", line, name+" is read")
	case strings.HasPrefix(name, "SM_") || strings.HasPrefix(name, "SAGEMAKER_") || name == "TRAINING_JOB_NAME" || name == "TRAINING_JOB_ARN":
		if optional {
			to.report("SageMakerVariableRead", line, name+" is read, with a default")
			return
		}
		to.report("SageMakerVariableNeeded", line, name+" is read, without a default")
	case strings.HasPrefix(name, "AWS_CONTAINER_CREDENTIALS") || strings.HasPrefix(name, "ECS_CONTAINER_METADATA"):
		to.report("MetadataService", line, name+" leads to the metadata service")
	case strings.HasPrefix(name, "AWS_"):
		to.report("AWSVariableRead", line, name+" is read")
	}
}

func (f *file) variable(name string, line int, optional bool) { variable(f, name, line, optional) }

func (p program) variable(name string, line int, optional bool) { variable(p, name, line, optional) }
