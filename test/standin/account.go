package standin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Account is everything the stand-in knows, as written in its file: one
// account in one region, and further ones in Accounts.
type Account struct {
	// AccountID is the 12-digit AWS account number.
	AccountID string `json:"accountID"`
	// Region is the account's region; requests signed for a region that no
	// entry of the account has fail.
	Region string `json:"region"`
	// Credentials are the key pairs that may call. At least one for the first
	// account; they are good in all its regions.
	Credentials []Credential `json:"credentials"`
	// Limits are service limits; every zero field means AWS's own value.
	Limits Limits `json:"limits,omitempty"`
	// Resources are SageMaker resources by kind, such as "endpoints" and
	// "trainingJobs". The kinds are the keys of the table in kinds.go.
	Resources map[string][]Resource `json:"resources,omitempty"`
	// Scaling is what Application Auto Scaling holds.
	Scaling Scaling `json:"scaling,omitempty"`
	// Roles are those that sts:AssumeRole gives.
	Roles []Role `json:"roles,omitempty"`
	// IAM is what GetAccountAuthorizationDetails answers.
	IAM IAM `json:"iam,omitempty"`
	// CloudTrail holds trails, and who called which endpoint.
	CloudTrail CloudTrail `json:"cloudTrail,omitempty"`
	// Alarms are CloudWatch's.
	Alarms Alarms `json:"alarms,omitempty"`
	// LogGroups are those of CloudWatch Logs.
	LogGroups []LogGroup `json:"logGroups,omitempty"`
	// Metrics say what traffic CloudWatch reports.
	Metrics []TrafficProfile `json:"metrics,omitempty"`
	// Buckets are the S3 buckets that exist at the start.
	Buckets []Bucket `json:"buckets,omitempty"`
	// Knobs are the faults at the start; the admin listener changes them. They
	// hold for all accounts and stand at the first.
	Knobs Knobs `json:"knobs,omitempty"`
	// Generate makes many resources by rule.
	Generate []Rule `json:"generate,omitempty"`
	// Accounts are further accounts, and further regions of the same one.
	Accounts []*Account `json:"accounts,omitempty"`
}

// all are the account itself and the further ones.
func (a *Account) all() []*Account { return append([]*Account{a}, a.Accounts...) }

// Credential is a key pair. Values are invented: they open nothing else.
type Credential struct {
	AccessKeyID     string `json:"accessKeyID"`
	SecretAccessKey string `json:"secretAccessKey"`
	// SessionToken, when set, must come with every request of this key.
	SessionToken string `json:"sessionToken,omitempty"`
	// UserName is the IAM user in ARNs; default "landfall".
	UserName string `json:"userName,omitempty"`
}

// Limits are service limits.
type Limits struct {
	// MaxBodyBytes bounds an invocation's body; default 6291456 bytes, the
	// limit in the SDK models (newer documentation says 25 MB).
	MaxBodyBytes int64 `json:"maxBodyBytes,omitempty"`
	// MaxServerlessBodyBytes is the same for serverless variants; default
	// 4194304 bytes.
	MaxServerlessBodyBytes int64 `json:"maxServerlessBodyBytes,omitempty"`
	// PageSize is the page of a list without MaxResults, 1 to 100; default 10.
	PageSize int `json:"pageSize,omitempty"`
	// InvokeTimeoutSeconds bounds a container's answer; default 60.
	InvokeTimeoutSeconds int `json:"invokeTimeoutSeconds,omitempty"`
	// UpdateSeconds is how long an endpoint stays Updating after its weights
	// or capacities changed; default 0, done at once.
	UpdateSeconds int `json:"updateSeconds,omitempty"`
}

// Resource is one SageMaker resource.
type Resource struct {
	// Describe is the Describe operation's answer in AWS's own field names,
	// checked against the SDK's output type. Times are RFC 3339 text. An ARN
	// left out is derived from the name.
	Describe map[string]any `json:"describe"`
	// Summary adds fields to the List answer that Describe does not have.
	Summary map[string]any `json:"summary,omitempty"`
	// Of holds what identifies the resource and AWS does not describe, such as
	// ImageName for a version of an image and PipelineExecutionArn for a step.
	Of map[string]string `json:"of,omitempty"`
	// Tags are the resource's tags.
	Tags map[string]string `json:"tags,omitempty"`
	// Backends maps variant names to the base URL (http://host:port) of a
	// container that answers for them. Endpoints only; empty URLs count as
	// none.
	Backends map[string]string `json:"backends,omitempty"`
	// BackendURL is the same for an inference component.
	BackendURL string `json:"backendURL,omitempty"`

	// complete marks a generated resource, which has its wire form already.
	complete bool
}

// Scaling holds wire-shape answers of Application Auto Scaling, checked
// against the SDK's types.
type Scaling struct {
	ScalableTargets  []map[string]any `json:"scalableTargets,omitempty"`
	ScalingPolicies  []map[string]any `json:"scalingPolicies,omitempty"`
	ScheduledActions []map[string]any `json:"scheduledActions,omitempty"`
}

// Bucket is an S3 bucket.
type Bucket struct {
	Name    string   `json:"name"`
	Objects []Object `json:"objects,omitempty"`
}

// Object is an S3 object with its content: one of File and Text.
type Object struct {
	Key string `json:"key"`
	// File is read at the start, relative to the account file.
	File string `json:"file,omitempty"`
	// Text is the content itself.
	Text string `json:"text,omitempty"`

	content []byte
}

// Load reads an account file. getenv answers ${NAME}; os.LookupEnv will do.
func Load(path string, getenv func(string) (string, bool)) (*Account, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read account file: %w", err)
	}
	account, err := Parse(data, filepath.Dir(path), getenv)
	if err != nil {
		return nil, fmt.Errorf("account file %s: %w", path, err)
	}
	return account, nil
}

// Parse reads the YAML of an account. Unknown and doubled fields are errors.
// "include" names files in dir whose content comes first; see include.
// ${NAME} in any text value is replaced by getenv's answer, and $$ by $;
// a name that getenv does not know is an error. Relative object files are
// found in dir.
func Parse(data []byte, dir string, getenv func(string) (string, bool)) (*Account, error) {
	text, err := yaml.YAMLToJSONStrict(data)
	if err != nil {
		return nil, fmt.Errorf("not YAML: %w", err)
	}
	if text, err = include(text, dir); err != nil {
		return nil, err
	}
	account := &Account{}
	strict, err := json.UnmarshalStrict(text, account)
	if err != nil {
		return nil, fmt.Errorf("not an account: %w", err)
	}
	if len(strict) > 0 {
		return nil, strict[0]
	}
	if err := expandAccount(account, getenv); err != nil {
		return nil, err
	}
	for i, a := range account.all() {
		if err := a.completeWith(account, dir); err != nil {
			if i > 0 {
				err = fmt.Errorf("accounts[%d].%w", i-1, err)
			}
			return nil, err
		}
	}
	return account, account.checkKeys()
}

// completeWith completes one account of a file; first is the file's own.
func (a *Account) completeWith(first *Account, dir string) error {
	if a != first {
		switch {
		case len(a.Accounts) > 0:
			return errors.New("accounts: only the file itself has further accounts")
		case len(a.Knobs.Operations)+len(a.Knobs.Endpoints) > 0:
			return errors.New("knobs: they stand at the file's first account and hold for all")
		}
	} else if len(a.Credentials) == 0 {
		return errors.New("credentials: at least one key pair is needed")
	}
	if err := a.complete(); err != nil {
		return err
	}
	return a.readObjects(dir)
}

// checkKeys refuses a key pair, and a place, that appears twice.
func (a *Account) checkKeys() error {
	keys, places := map[string]bool{}, map[string]bool{}
	for _, one := range a.all() {
		place := one.AccountID + "/" + one.Region
		if places[place] {
			return fmt.Errorf("accounts: %s appears twice", place)
		}
		places[place] = true
		for _, c := range one.Credentials {
			if keys[c.AccessKeyID] {
				return fmt.Errorf("accounts: the access key %q appears twice", c.AccessKeyID)
			}
			keys[c.AccessKeyID] = true
		}
	}
	return nil
}

var (
	accountIDForm = regexp.MustCompile(`^[0-9]{12}$`)
	regionForm    = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
)

// complete checks the whole account, sets defaults and turns resources into
// their wire form.
func (a *Account) complete() error {
	if !accountIDForm.MatchString(a.AccountID) {
		return fmt.Errorf("accountID: %q is not 12 digits (quote it in YAML)", a.AccountID)
	}
	if !regionForm.MatchString(a.Region) {
		return fmt.Errorf("region: %q is not an AWS region such as us-east-1", a.Region)
	}
	if err := a.completeCredentials(); err != nil {
		return err
	}
	if err := a.Limits.complete(); err != nil {
		return err
	}
	if err := a.generate(); err != nil {
		return err
	}
	for _, complete := range []func() error{
		a.completeResources, a.Scaling.complete, a.completeRoles, a.IAM.complete, a.CloudTrail.complete, a.Alarms.complete, a.completeLogGroups,
	} {
		if err := complete(); err != nil {
			return err
		}
	}
	for i := range a.Metrics {
		if err := a.Metrics[i].validate(); err != nil {
			return fmt.Errorf("metrics[%d].%w", i, err)
		}
	}
	return a.Knobs.validate()
}

func (a *Account) completeCredentials() error {
	seen := map[string]bool{}
	for i := range a.Credentials {
		c := &a.Credentials[i]
		switch {
		case c.AccessKeyID == "":
			return fmt.Errorf("credentials[%d].accessKeyID: must be set", i)
		case c.SecretAccessKey == "":
			return fmt.Errorf("credentials[%d].secretAccessKey: must be set", i)
		case seen[c.AccessKeyID]:
			return fmt.Errorf("credentials[%d].accessKeyID: %q appears twice", i, c.AccessKeyID)
		}
		seen[c.AccessKeyID] = true
		if c.UserName == "" {
			c.UserName = "landfall"
		}
	}
	return nil
}

func (l *Limits) complete() error {
	for _, field := range []struct {
		name             string
		value, low, high int64
	}{
		{"maxBodyBytes", l.MaxBodyBytes, 0, 1 << 30},
		{"maxServerlessBodyBytes", l.MaxServerlessBodyBytes, 0, 1 << 30},
		{"pageSize", int64(l.PageSize), 0, 100},
		{"invokeTimeoutSeconds", int64(l.InvokeTimeoutSeconds), 0, 3600},
		{"updateSeconds", int64(l.UpdateSeconds), 0, 3600},
	} {
		if field.value < field.low || field.value > field.high {
			return fmt.Errorf("limits.%s: %d is not between %d and %d", field.name, field.value, field.low, field.high)
		}
	}
	l.MaxBodyBytes = orDefault(l.MaxBodyBytes, 6291456)
	l.MaxServerlessBodyBytes = orDefault(l.MaxServerlessBodyBytes, 4<<20)
	l.PageSize = orDefault(l.PageSize, 10)
	l.InvokeTimeoutSeconds = orDefault(l.InvokeTimeoutSeconds, 60)
	return nil
}

func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

func (a *Account) readObjects(dir string) error {
	for b := range a.Buckets {
		bucket := &a.Buckets[b]
		if bucket.Name == "" {
			return fmt.Errorf("buckets[%d].name: must be set", b)
		}
		for o := range bucket.Objects {
			object := &bucket.Objects[o]
			at := fmt.Sprintf("buckets[%d].objects[%d]", b, o)
			if object.Key == "" {
				return fmt.Errorf("%s.key: must be set", at)
			}
			if object.File == "" {
				object.content = []byte(object.Text)
				continue
			}
			if object.Text != "" {
				return fmt.Errorf("%s: file and text exclude each other", at)
			}
			path := object.File
			if !filepath.IsAbs(path) {
				path = filepath.Join(dir, path)
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return fmt.Errorf("%s.file: %w", at, err)
			}
			object.content = content
		}
	}
	return nil
}
