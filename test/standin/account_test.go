package standin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const minimal = `
accountID: "123456789012"
region: us-east-1
credentials: [{accessKeyID: AKIDTEST, secretAccessKey: secret}]
`

func environment(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := values[name]; return value, ok }
}

func TestParseRefuses(t *testing.T) {
	cases := map[string]struct {
		text string
		want string
	}{
		"NotYAML":         {"a: [", "not YAML"},
		"UnknownField":    {minimal + "limits: {maxBody: 3}", `unknown field "limits.maxBody"`},
		"DoubledField":    {minimal + "region: us-east-2", "already set"},
		"WrongType":       {minimal + "limits: {pageSize: many}", "pageSize"},
		"AccountID":       {strings.Replace(minimal, `"123456789012"`, `"12"`, 1), "accountID"},
		"Region":          {strings.Replace(minimal, "us-east-1", "moon", 1), "region"},
		"NoCredentials":   {"accountID: \"123456789012\"\nregion: us-east-1\n", "credentials"},
		"EmptySecret":     {strings.Replace(minimal, "secretAccessKey: secret", "secretAccessKey: ''", 1), "credentials[0].secretAccessKey"},
		"PageSize":        {minimal + "limits: {pageSize: 101}", "limits.pageSize: 101"},
		"UnknownKind":     {minimal + "resources: {endpints: []}", "resources.endpints: unknown kind; one of endpoints"},
		"NoDescribe":      {minimal + "resources: {endpoints: [{}]}", "resources.endpoints[0].describe"},
		"UnknownWire":     {minimal + "resources: {endpoints: [{describe: {EndpointName: a, Status: b}}]}", "resources.endpoints[0].describe.Status: unknown field"},
		"NestedWire":      {minimal + "resources: {endpoints: [{describe: {EndpointName: a, ProductionVariants: [{VariantName: v, Weight: 1}]}}]}", "describe.ProductionVariants[0].Weight"},
		"WireEnum":        {minimal + "resources: {endpoints: [{describe: {EndpointName: a, EndpointStatus: Broken}}]}", "describe.EndpointStatus: Member must satisfy enum value set"},
		"WireTime":        {minimal + "resources: {endpoints: [{describe: {EndpointName: a, CreationTime: yesterday}}]}", "describe.CreationTime: yesterday must be a time"},
		"WireInteger":     {minimal + "resources: {endpoints: [{describe: {EndpointName: a, ProductionVariants: [{CurrentInstanceCount: 1.5}]}}]}", "must be a whole number"},
		"WireText":        {minimal + "resources: {endpoints: [{describe: {EndpointName: 7}}]}", "must be text"},
		"NoName":          {minimal + "resources: {models: [{describe: {}}]}", "resources.models[0].describe.ModelName: must be set"},
		"DoubledName":     {minimal + "resources: {models: [{describe: {ModelName: a}}, {describe: {ModelName: a}}]}", `"a" appears twice`},
		"BackendVariant":  {minimal + "resources: {endpoints: [{describe: {EndpointName: a}, backends: {v: 'http://h'}}]}", "no such variant"},
		"BackendURL":      {minimal + "resources: {endpoints: [{describe: {EndpointName: a, ProductionVariants: [{VariantName: v}]}, backends: {v: 'h:80/x'}}]}", "not a base URL"},
		"BackendKind":     {minimal + "resources: {models: [{describe: {ModelName: a}, backends: {v: 'http://h'}}]}", "only endpoints"},
		"MultiModel":      {minimal + multiModel + "      backends: {v: 'http://h'}\n", "multi-model"},
		"NoParent":        {minimal + "resources: {imageVersions: [{describe: {Version: 1}}]}", "ImageName must be set"},
		"NestedAccounts":  {minimal + "accounts: [{accountID: '210987654321', region: us-east-1, accounts: []}, {accountID: '210987654321', region: us-east-1}]", "appears twice"},
		"AccountKnobs":    {minimal + "accounts: [{accountID: '210987654321', region: us-east-1, knobs: {operations: {x: {}}}}]", "accounts[0].knobs"},
		"KeyTwice":        {minimal + "accounts: [{accountID: '210987654321', region: us-east-1, credentials: [{accessKeyID: AKIDTEST, secretAccessKey: s}]}]", "access key \"AKIDTEST\" appears twice"},
		"Role":            {minimal + "roles: [{name: r}]", "roles[0].trustedPrincipals"},
		"RoleSession":     {minimal + "roles: [{name: r, trustedPrincipals: ['*'], maxSessionSeconds: 60}]", "maxSessionSeconds: 60"},
		"IAMName":         {minimal + "iam: {users: [{UserId: x}]}", "iam.users[0].UserName"},
		"IAMField":        {minimal + "iam: {roles: [{RoleName: x, Nonsense: 1}]}", "iam.roles[0].Nonsense"},
		"TrailName":       {minimal + "cloudTrail: {trails: [{trail: {S3BucketName: b}}]}", "trail.Name"},
		"CallPrincipal":   {minimal + "cloudTrail: {calls: [{principal: me, endpoint: e, perDay: 1}]}", "calls[0].principal"},
		"TooManyCalls":    {minimal + "cloudTrail: {calls: [{principal: 'arn:x', endpoint: e, perDay: 1000000}]}", "300000 at most"},
		"AlarmTwice":      {minimal + "alarms: {metricAlarms: [{AlarmName: a}], compositeAlarms: [{AlarmName: a}]}", "AlarmName a"},
		"LogGroup":        {minimal + "logGroups: [{retentionDays: 3}]", "logGroups[0].name"},
		"LogGroupTime":    {minimal + "logGroups: [{name: a, createdAt: soon}]", "createdAt"},
		"Shape":           {minimal + "metrics: [{endpoint: a, variant: v, shape: {kind: Sometimes, peakPerHour: 1}}]", "shape.kind"},
		"ShapeAndHours":   {minimal + "metrics: [{endpoint: a, variant: v, hourlyInvocations: [1], shape: {kind: Steady, peakPerHour: 1}}]", "excludes hourlyInvocations"},
		"JobKind":         {minimal + "metrics: [{job: {kind: Jobs, host: h, from: 2026-01-01T00:00:00Z, to: 2026-01-02T00:00:00Z}, utilization: {CPUUtilization: {}}}]", "job.kind"},
		"JobTimes":        {minimal + "metrics: [{job: {kind: TrainingJobs, host: h, from: 2026-01-02T00:00:00Z, to: 2026-01-01T00:00:00Z}, utilization: {CPUUtilization: {}}}]", "in that order"},
		"Scaling":         {minimal + "scaling: {scalableTargets: [{Min: 1}]}", "scaling.scalableTargets[0].Min"},
		"HourlyCount":     {minimal + "metrics: [{endpoint: a, variant: v, hourlyInvocations: [1, 2]}]", "metrics[0].hourlyInvocations: 2 numbers"},
		"NoDimensions":    {minimal + "metrics: [{endpoint: a, hourlyInvocations: [1]}]", "metrics[0].endpoint"},
		"LatencyOrder":    {minimal + "metrics: [{endpoint: a, variant: v, hourlyInvocations: [1], latencyMicros: {p50: 2, p95: 1}}]", "ascend"},
		"KnobRate":        {minimal + "knobs: {endpoints: {a: {v: {errorRate: 2}}}}", "knobs.endpoints.a.v.errorRate"},
		"MissingVariable": {minimal + "buckets: [{name: '${NOWHERE}'}]", "buckets[0].name: the environment variable NOWHERE is not set"},
		"MissingFile":     {minimal + "buckets: [{name: b, objects: [{key: k, file: nothing.bin}]}]", "buckets[0].objects[0].file"},
		"FileAndText":     {minimal + "buckets: [{name: b, objects: [{key: k, file: f, text: t}]}]", "exclude each other"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(tc.text), t.TempDir(), environment(nil))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

const multiModel = `
resources:
  models: [{describe: {ModelName: m, PrimaryContainer: {Mode: MultiModel}}}]
  endpointConfigs: [{describe: {EndpointConfigName: c, ProductionVariants: [{VariantName: v, ModelName: m}]}}]
  endpoints:
    - describe: {EndpointName: e, EndpointConfigName: c, EndpointStatus: InService, ProductionVariants: [{VariantName: v}]}
`

func TestParseCompletes(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "o.bin"), []byte{0, 1}, 0o600); err != nil {
		t.Fatal(err)
	}
	text := minimal + `
resources:
  endpoints: [{describe: {EndpointName: Big-Name, CreationTime: 2026-01-01T00:00:00Z}, tags: {price: "5 $$ ${UNIT} $x"}}]
buckets: [{name: b, objects: [{key: k, file: o.bin}]}]
`
	a, err := Parse([]byte(text), dir, environment(map[string]string{"UNIT": "each"}))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"EndpointName": "Big-Name", "CreationTime": 1767225600.0,
		"EndpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/big-name",
	}
	if diff := cmp.Diff(want, a.Resources["endpoints"][0].Describe); diff != "" {
		t.Errorf("describe (-want +got):\n%s", diff)
	}
	if got := a.Resources["endpoints"][0].Tags["price"]; got != "5 $ each $x" {
		t.Errorf("expansion gave %q", got)
	}
	if diff := cmp.Diff([]byte{0, 1}, a.Buckets[0].Objects[0].content); diff != "" {
		t.Error(diff)
	}
	if a.Limits.MaxBodyBytes != 6291456 || a.Limits.PageSize != 10 || a.Limits.InvokeTimeoutSeconds != 60 {
		t.Errorf("defaults are AWS's own, got %+v", a.Limits)
	}
}

// TestDemoAccount holds the demonstration account to what the demonstration
// and the scan's tests count on.
func TestDemoAccount(t *testing.T) {
	a, err := Load("accounts/demo.yaml", environment(map[string]string{"CHURN_BACKEND_URL": "http://127.0.0.1:8080"}))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(a.Resources["endpoints"]); n < 12 {
		t.Errorf("%d endpoints, want 12 at least", n)
	}
	configs, models := map[any]bool{}, map[any]bool{}
	for _, m := range a.Resources["models"] {
		models[m.Describe["ModelName"]] = true
	}
	for _, c := range a.Resources["endpointConfigs"] {
		configs[c.Describe["EndpointConfigName"]] = true
		for _, v := range variantsOf(c.Describe) {
			if name, ok := v["ModelName"]; ok && !models[name] {
				t.Errorf("configuration %v names the missing model %v", c.Describe["EndpointConfigName"], name)
			}
		}
	}
	var orphans []any
	serving := 0
	for _, e := range a.Resources["endpoints"] {
		serving += len(e.Backends)
		if !configs[e.Describe["EndpointConfigName"]] {
			orphans = append(orphans, e.Describe["EndpointName"])
		}
	}
	if diff := cmp.Diff([]any{"fraud-score"}, orphans); diff != "" || serving != 1 {
		t.Errorf("one endpoint has lost its configuration and one serves, got %v and %d", orphans, serving)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(minimal)
	f.Add(minimal + multiModel)
	f.Add(minimal + "metrics: [{endpoint: a, variant: v, hourlyInvocations: [1], utilization: {CPUUtilization: {idle: 1, peak: 2}}}]")
	f.Add(minimal + "buckets: [{name: b, objects: [{key: k, text: '$${X} ${Y}'}]}]\nknobs: {operations: {x: {ratePerSecond: 1}}}")
	f.Add(minimal + "generate: [{kind: models, count: 3, families: [a, b], describe: {ModelName: '<family>-<i>'}}]")
	f.Add(minimal + "iam: {roles: [{RoleName: r, AssumeRolePolicyDocument: {Statement: []}}]}\ncloudTrail: {trails: [{trail: {Name: t}}]}\nlogGroups: [{name: g}]")
	f.Add(minimal + "accounts: [{accountID: '210987654321', region: us-east-1, roles: [{name: r, trustedPrincipals: ['*']}]}]\nalarms: {metricAlarms: [{AlarmName: a}]}")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		a, err := Parse([]byte(text), dir, environment(map[string]string{"Y": "y"}))
		if err != nil {
			return
		}
		if a.AccountID == "" || len(a.Credentials) == 0 || a.Limits.PageSize < 1 || a.Limits.PageSize > 100 {
			t.Fatalf("an account without its needs was accepted: %+v", a)
		}
	})
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
