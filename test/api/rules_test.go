package api

import (
	"cmp"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ruleCase changes a full manifest and says what the API server must answer.
// With update set, the full manifest is accepted first and the change is an
// update of it.
type ruleCase struct {
	reason string
	base   string
	edits  []edit
	update []edit
	want   refusal
}

// steps builds spec.rollout.steps from percentages.
func steps(percents ...any) edit {
	list := []any{}
	for _, p := range percents {
		list = append(list, tree{"percent": p})
	}
	return edit{"spec.rollout.steps", list}
}

const pods = "spec.variants[1].pods"

var endpointRules = map[string]ruleCase{
	"Full":    {reason: "Every field is accepted.", base: fullEndpoint},
	"Minimal": {reason: "Only the required fields are needed.", base: minimalEndpoint},

	"LiveUnknown": {
		reason: "The traffic needs somewhere to go.",
		edits:  []edit{{"spec.live", "elsewhere"}},
		want:   refusal{"spec", "live must be the name of one of the variants"},
	},
	"LiveChanged": {reason: "Moving live is what the kind is for.", update: []edit{{"spec.live", "cluster"}}},
	"EndpointNameChanged": {
		reason: "Callers hold the name.",
		update: []edit{{"spec.endpointName", "Other"}},
		want:   refusal{"spec", "endpointName is immutable: callers depend on it"},
	},
	"EndpointNameRemoved": {
		reason: "Removing the name changes it too.",
		update: []edit{{"spec.endpointName", nil}},
		want:   refusal{"spec", "endpointName is immutable: callers depend on it"},
	},
	"EndpointNameAdded": {
		reason: "An unset name is metadata.name, which callers hold as well.",
		base:   minimalEndpoint,
		update: []edit{{"spec.endpointName", "Churn"}},
		want:   refusal{"spec", "endpointName is immutable: callers depend on it"},
	},
	"VariantBoth": {
		reason: "A variant is one place.",
		edits:  []edit{{"spec.variants[1].sageMaker", tree{"endpointName": "Other", "region": "us-east-1"}}},
		want:   refusal{"spec.variants[1]", "a variant is either sageMaker or pods: set exactly one of them"},
	},
	"VariantNeither": {
		reason: "A variant is some place.",
		edits:  []edit{{"spec.variants[1].pods", nil}},
		want:   refusal{"spec.variants[1]", "a variant is either sageMaker or pods: set exactly one of them"},
	},
	"VariantTwice": {
		reason: "Variants are found by name.",
		edits:  []edit{{"spec.variants[1].name", "managed"}},
		want:   refusal{"spec.variants[1]", "Duplicate value"},
	},
	"VariantBecomesPods": {reason: "Variants may change in place.", update: []edit{
		{"spec.variants[0].sageMaker", nil},
		{"spec.variants[0].pods", tree{"modelRef": tree{"name": "m"}, "resources": tree{"requests": tree{"cpu": "1", "memory": "1Gi"}}}},
	}},
	"NamesTooLong": {
		reason: "Children are named after both.",
		edits:  []edit{{"metadata.name", strings.Repeat("a", 44)}},
		want:   refusal{"", "the Endpoint's name and a variant's name together may have at most 50 characters"},
	},
	"NamesJustFit": {reason: "50 characters together are allowed.", edits: []edit{{"metadata.name", strings.Repeat("a", 43)}}},
	"NameWithDot": {
		reason: "A Service cannot be named so.",
		edits:  []edit{{"metadata.name", "churn.prod"}},
		want:   refusal{"", "metadata.name must start with a lower-case letter"},
	},
	"NameStartsWithDigit": {
		reason: "Nor so.",
		edits:  []edit{{"metadata.name", "7-churn"}},
		want:   refusal{"", "metadata.name must start with a lower-case letter"},
	},
	"RegionOfTheSovereignCloud": {reason: "Partitions' names differ in length.", edits: []edit{{"spec.variants[0].sageMaker.region", "eusc-de-east-1"}}},
	"RegionOfGovCloud":          {reason: "Regions may have four parts.", edits: []edit{{"spec.variants[0].sageMaker.region", "us-gov-west-1"}}},

	"MaxBelowMin": {
		reason: "The range would be empty.",
		edits:  []edit{{pods + ".replicas", tree{"min": 3, "max": 2}}},
		want:   refusal{pods + ".replicas", "replicas.max must not be less than replicas.min"},
	},
	"MaxBelowDefaultMin": {reason: "max 1 fits the default min of 1.", edits: []edit{{pods + ".replicas", tree{"max": 1}}}},
	"NoRequests": {
		reason: "Scheduling and scaling rest on requests.",
		edits:  []edit{{pods + ".resources", tree{"limits": tree{"cpu": "1", "memory": "1Gi"}}}},
		want:   refusal{pods + ".resources", "resources.requests must give cpu and memory"},
	},
	"NoMemoryRequest": {
		reason: "Both requests are needed.",
		edits:  []edit{{pods + ".resources", tree{"requests": tree{"cpu": 1}}}},
		want:   refusal{pods + ".resources", "resources.requests must give cpu and memory"},
	},
	"CPURequestAboveLimit": {
		reason: "The pods could never be made.",
		edits:  []edit{{pods + ".resources", tree{"requests": tree{"cpu": 2, "memory": "1Gi"}, "limits": tree{"cpu": "1500m"}}}},
		want:   refusal{pods + ".resources", "resources.requests.cpu must not be more than resources.limits.cpu"},
	},
	"MemoryRequestAboveLimit": {
		reason: "The pods could never be made.",
		edits:  []edit{{pods + ".resources", tree{"requests": tree{"cpu": 2, "memory": "1Gi"}, "limits": tree{"memory": "1023Mi"}}}},
		want:   refusal{pods + ".resources", "resources.requests.memory must not be more than resources.limits.memory"},
	},
	"RequestsEqualLimits": {
		reason: "Guaranteed pods are welcome, in whatever notation.",
		edits:  []edit{{pods + ".resources", tree{"requests": tree{"cpu": 1, "memory": "1024Mi"}, "limits": tree{"cpu": "1000m", "memory": "1Gi"}}}},
	},
	"Claims": {
		reason: "Device claims are not built into the pods.",
		edits:  []edit{{pods + ".resources.claims", []any{tree{"name": "gpu"}}}},
		want:   refusal{pods + ".resources", "resources.claims is not supported"},
	},

	"StepsEndEarly": {
		reason: "A rollout ends with all the traffic.",
		edits:  []edit{steps(1, 50)},
		want:   refusal{"spec.rollout", "the last step must be 100 percent"},
	},
	"StepsFall": {
		reason: "Going down is a rollback, not a step.",
		edits:  []edit{steps(50, 10, 100)},
		want:   refusal{"spec.rollout", "steps must rise"},
	},
	"StepsRepeat": {
		reason: "The same share in two notations is the same share.",
		edits:  []edit{steps(10, "10.0", 100)},
		want:   refusal{"spec.rollout", "steps must rise"},
	},
	"StepZero": {
		reason: "A step gives traffic.",
		edits:  []edit{steps("0.00", 100)},
		want:   refusal{"spec.rollout", "each step must be more than 0 and at most 100 percent"},
	},
	"StepAboveAll": {
		reason: "There is no more than all.",
		edits:  []edit{steps(10, "100.01")},
		want:   refusal{"spec.rollout", "each step must be more than 0 and at most 100 percent"},
	},
	"StepsMixed":    {reason: "Numbers and strings may be mixed, and compare as numbers.", edits: []edit{steps("0.01", 9, "10", "99.99", "100.00")}},
	"StepsEmpty":    {reason: "An empty list means the default steps.", edits: []edit{steps()}},
	"StepsOnlyFull": {reason: "One step to everything is allowed.", edits: []edit{steps(100)}},
	"StepNegative": {
		reason: "A share cannot be negative.",
		edits:  []edit{steps(-1, 100)},
		want:   refusal{"spec.rollout.steps[0].percent", "must be between 0 and 9999 percent"},
	},
	"StepHuge": {
		reason: "A number beyond 32 bits would break the decoding of every client.",
		edits:  []edit{steps(10, int64(1)<<40)},
		want:   refusal{"spec.rollout.steps[1].percent", "must be between 0 and 9999 percent"},
	},
	"StepFraction": {
		reason: "The API holds no floating-point numbers.",
		edits:  []edit{steps(0.5, 100)},
		want:   refusal{"spec.rollout.steps[0].percent", "must be of type"},
	},
	"StepThreeDecimals": {
		reason: "Weights go down to 0.01 percent.",
		edits:  []edit{steps("0.001", 100)},
		want:   refusal{"spec.rollout.steps[0].percent", "should match"},
	},
	"StepWithPercentSign": {
		reason: "The unit is in the name.",
		edits:  []edit{steps("10%", 100)},
		want:   refusal{"spec.rollout.steps[0].percent", "should match"},
	},
	"ShadowZero": {
		reason: "No shadow is written by leaving shadow out.",
		edits:  []edit{{"spec.rollout.shadow.percent", 0}},
		want:   refusal{"spec.rollout.shadow.percent", "must be more than 0 and at most 100 percent"},
	},
	"ShadowAboveAll": {
		reason: "A request is copied once.",
		edits:  []edit{{"spec.rollout.shadow.percent", 101}},
		want:   refusal{"spec.rollout.shadow.percent", "must be more than 0 and at most 100 percent"},
	},
	"ShadowNegative": {
		reason: "A share cannot be negative.",
		edits:  []edit{{"spec.rollout.shadow.percent", -1}},
		want:   refusal{"spec.rollout.shadow.percent", "must be between 0 and 9999 percent"},
	},
	"ShadowOfAPart": {reason: "A part of the requests may be copied.", edits: []edit{{"spec.rollout.shadow.percent", "12.5"}}},
	"AgreementAboveAll": {
		reason: "Nothing could ever agree enough.",
		edits:  []edit{{"spec.rollout.gates.agreement.minPercent", "100.5"}},
		want:   refusal{"spec.rollout.gates.agreement.minPercent", "must be at most 100 percent"},
	},
	"AgreementNegative": {
		reason: "A share cannot be negative.",
		edits:  []edit{{"spec.rollout.gates.agreement.minPercent", -1}},
		want:   refusal{"spec.rollout.gates.agreement.minPercent", "must be between 0 and 9999 percent"},
	},
	"AgreementComplete": {reason: "Complete agreement may be asked for.", edits: []edit{{"spec.rollout.gates.agreement.minPercent", 100}}},
	"ErrorsNegative": {
		reason: "A tolerance cannot be negative.",
		edits:  []edit{{"spec.rollout.gates.errors.maxIncreasePercent", -1}},
		want:   refusal{"spec.rollout.gates.errors.maxIncreasePercent", "must be between 0 and 9999 percent"},
	},
	"ErrorsNone": {reason: "No increase at all may be asked for.", edits: []edit{{"spec.rollout.gates.errors.maxIncreasePercent", 0}}},
}

var modelRules = map[string]ruleCase{
	"Full":    {reason: "Every field is accepted.", base: fullModel},
	"Minimal": {reason: "An image that carries its model is enough.", base: minimalModel},

	"ArtifactChanged": {
		reason: "Whatever refers to a Model means the same bytes.",
		update: []edit{{"spec.artifact.uri", "s3://models/churn/8/model.tar.gz"}},
		want:   refusal{"spec", "artifact is immutable"},
	},
	"ArtifactRemoved": {
		reason: "Removing it changes it.",
		update: []edit{{"spec.artifact", nil}},
		want:   refusal{"spec", "artifact is immutable"},
	},
	"ArtifactAdded": {
		reason: "Adding it changes it.",
		base:   minimalModel,
		update: []edit{{"spec.artifact", tree{"uri": "s3://models/m.tar.gz"}}},
		want:   refusal{"spec", "artifact is immutable"},
	},
	"ContainerChanged": {
		reason: "Whatever refers to a Model means the same code.",
		update: []edit{{"spec.container.image", "registry.example.com/other"}},
		want:   refusal{"spec", "container and contract are immutable"},
	},
	"FrameworkChanged": {
		reason: "What a model was made with does not change.",
		update: []edit{{"spec.framework.version", "1.3.0"}},
		want:   refusal{"spec", "framework is immutable"},
	},
	"FrameworkAdded": {
		reason: "Adding it changes it.",
		base:   minimalModel,
		update: []edit{{"spec.framework", tree{"name": "xgboost"}}},
		want:   refusal{"spec", "framework is immutable"},
	},
	"OriginChanged": {
		reason: "Where a model came from does not change.",
		update: []edit{{"spec.origin.sageMaker.image", "other"}},
		want:   refusal{"spec", "origin is immutable"},
	},
	"OriginRemoved": {
		reason: "Nor is it forgotten.",
		update: []edit{{"spec.origin", nil}},
		want:   refusal{"spec", "origin is immutable"},
	},
	"ApprovalChanged": {reason: "Approval is a person's decision, made later.", update: []edit{{"spec.approval", "Rejected"}}},
	"MetricAdded": {reason: "Figures may be added.", update: []edit{
		{"spec.evaluationMetrics", []any{tree{"name": "validation:auc", "value": "0.91"}, tree{"name": "validation:loss", "value": "-1.5e-3"}}},
	}},

	"GzipPrefix": {
		reason: "A prefix cannot be unpacked.",
		edits:  []edit{{"spec.artifact.uri", "s3://models/churn/"}},
		want:   refusal{"spec.artifact", "a Gzip artifact is one object: uri must not end with '/'"},
	},
	"PrefixWithoutSlash": {
		reason: "churn would also match churn-old.",
		edits:  []edit{{"spec.artifact.compression", "None"}, {"spec.artifact.digest", nil}},
		want:   refusal{"spec.artifact", "an uncompressed artifact is a prefix: uri must end with '/'"},
	},
	"PrefixWithDigest": {
		reason: "A digest covers one object.",
		edits:  []edit{{"spec.artifact.compression", "None"}, {"spec.artifact.uri", "s3://models/churn/"}},
		want:   refusal{"spec.artifact", "digest belongs to a single Gzip object"},
	},
	"Prefix": {reason: "Uncompressed prefixes are allowed.", edits: []edit{
		{"spec.artifact.compression", "None"}, {"spec.artifact.uri", "s3://models/churn/"}, {"spec.artifact.digest", nil},
	}},
	"URISchemeUnknown": {
		reason: "The agent fetches from object stores and registries only.",
		edits:  []edit{{"spec.artifact.uri", "https://models/m.tar.gz"}},
		want:   refusal{"spec.artifact.uri", "must be an object-store address such as s3://bucket/path/model.tar.gz"},
	},
	"URIGoogle": {reason: "Google's bucket names may have underscores.", edits: []edit{{"spec.artifact.uri", "gs://acme_models/m.tar.gz"}}},
	"URIAzure":  {reason: "A container of the account that the credentials name.", edits: []edit{{"spec.artifact.uri", "azblob://models/m.tar.gz"}}},
	"URIAzureNameOfAnother": {
		reason: "Azure's containers have neither dots nor underscores.",
		edits:  []edit{{"spec.artifact.uri", "azblob://acme_models/m.tar.gz"}},
		want:   refusal{"spec.artifact.uri", "must be an object-store address such as s3://bucket/path/model.tar.gz"},
	},
	"URIRegistry": {reason: "One file of an artifact.", edits: []edit{{"spec.artifact.uri", "oci://registry.example.com:5000/team/churn:7/model.tar.gz"}}},
	"URIRegistryDigest": {reason: "All files of an artifact, pinned.", edits: []edit{
		{"spec.artifact.compression", "None"}, {"spec.artifact.digest", nil},
		{"spec.artifact.uri", "oci://registry.example.com/churn@sha256:" + strings.Repeat("a", 64) + "/"},
	}},
	"URIRegistryWithoutTag": {
		reason: "Whatever latest is, is not a version.",
		edits:  []edit{{"spec.artifact.uri", "oci://registry.example.com/churn/model.tar.gz"}},
		want:   refusal{"spec.artifact.uri", "must be an object-store address such as s3://bucket/path/model.tar.gz"},
	},
	"URIRegistryUpperCase": {
		reason: "Registries refuse such repositories.",
		edits:  []edit{{"spec.artifact.uri", "oci://registry.example.com/Churn:7/model.tar.gz"}},
		want:   refusal{"spec.artifact.uri", "must be an object-store address such as s3://bucket/path/model.tar.gz"},
	},
	"URIOfABucket": {
		reason: "A bucket is not a model.",
		edits:  []edit{{"spec.artifact.uri", "s3://models"}},
		want:   refusal{"spec.artifact.uri", "must be an object-store address such as s3://bucket/path/model.tar.gz"},
	},
	"MaxUnpackedNegative": {
		reason: "A volume has a size.",
		edits:  []edit{{"spec.artifact.maxUnpacked", "-1Gi"}},
		want:   refusal{"spec.artifact.maxUnpacked", "must be more than nothing, such as 10Gi"},
	},
	"MaxUnpackedZero": {
		reason: "A volume has a size.",
		edits:  []edit{{"spec.artifact.maxUnpacked", 0}},
		want:   refusal{"spec.artifact.maxUnpacked", "must be more than nothing, such as 10Gi"},
	},
	"MaxUnpackedInBytes": {reason: "A number is a number of bytes.", edits: []edit{{"spec.artifact.maxUnpacked", 1048576}}},
	"EndpointURLWithoutScheme": {
		reason: "The agent must know whether to use TLS.",
		edits:  []edit{{"spec.artifact.endpointURL", "s3.example.com:9000"}},
		want:   refusal{"spec.artifact.endpointURL", "must be an http or https address"},
	},
	"EndpointURLOfAFile": {
		reason: "Only stores that speak S3 over HTTP are meant.",
		edits:  []edit{{"spec.artifact.endpointURL", "file:///models"}},
		want:   refusal{"spec.artifact.endpointURL", "must be an http or https address"},
	},
	"EndpointURLPlain": {reason: "A store in the cluster may be plain HTTP.", edits: []edit{{"spec.artifact.endpointURL", "http://10.0.0.1:9000"}}},
	"ImageWithScheme": {
		reason: "An image is not a web address.",
		edits:  []edit{{"spec.container.image", "https://registry.example.com/churn"}},
		want:   refusal{"spec.container.image", "must be an image reference"},
	},
	"ImageWithSpace": {
		reason: "An image is not a command.",
		edits:  []edit{{"spec.container.image", "churn serve"}},
		want:   refusal{"spec.container.image", "must be an image reference"},
	},
	"EnvFromField": {
		reason: "The downward API is not part of the contract.",
		edits:  []edit{{"spec.container.env", []any{tree{"name": "IP", "valueFrom": tree{"fieldRef": tree{"fieldPath": "status.podIP"}}}}}},
		want:   refusal{"spec.container", "env.valueFrom may refer to a Secret or ConfigMap key only"},
	},
	"EnvTwice": {
		reason: "The second would silently win.",
		edits:  []edit{{"spec.container.env", []any{tree{"name": "A", "value": "1"}, tree{"name": "A", "value": "2"}}}},
		want:   refusal{"spec.container.env[1]", "Duplicate value"},
	},
	"NeedTwice": {
		reason: "Needs are a set.",
		edits:  []edit{{"spec.container.needs", []any{"Root", "Root"}}},
		want:   refusal{"spec.container.needs[1]", "Duplicate value"},
	},
}

var classRules = map[string]ruleCase{
	"Full": {reason: "Every field is accepted.", base: fullClass},
	"PurposeChanged": {
		reason: "What runs under a class was checked against its purpose.",
		update: []edit{{"spec.purpose", "Batch"}},
		want:   refusal{"spec.purpose", "purpose is immutable: create another class"},
	},
	"TolerationsChanged": {reason: "Node pools change.", update: []edit{{"spec.tolerations", nil}, {"spec.priorityClassName", "other"}}},
}

func TestEndpointRules(t *testing.T) { runRules(t, fullEndpoint, endpointRules) }
func TestModelRules(t *testing.T)    { runRules(t, fullModel, modelRules) }
func TestClassRules(t *testing.T)    { runRules(t, fullClass, classRules) }

func runRules(t *testing.T, full string, cases map[string]ruleCase) {
	c := connect(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			object := edited(t, parse(t, cmp.Or(tc.base, full)), tc.edits)
			if tc.update == nil {
				checkRefusal(t, tc.reason, tc.want, createDry(t.Context(), c, object))
				return
			}
			if err := c.Create(t.Context(), object); err != nil {
				t.Fatalf("the object to update was refused: %v", err)
			}
			defer func() { _ = c.Delete(t.Context(), object) }()
			changed := edited(t, object.Object, tc.update)
			checkRefusal(t, tc.reason, tc.want, c.Update(t.Context(), changed, client.DryRunAll))
		})
	}
}

// TestEveryRuleIsRefusedOnce walks the rules of the CustomResourceDefinitions:
// each must be the expected answer of some case, at its own field.
func TestEveryRuleIsRefusedOnce(t *testing.T) {
	tables := map[string]map[string]ruleCase{
		"endpoints": endpointRules, "models": modelRules, "workloadclasses": classRules,
	}
	for resource, table := range tables {
		t.Run(resource, func(t *testing.T) {
			rules := 0
			for _, node := range schemaOf(t, resource) {
				for _, rule := range node.schema.XValidations {
					rules++
					if !tested(table, node.path, rule.Message) {
						t.Errorf("no case is refused at %q with %q", node.path, rule.Message)
					}
				}
			}
			if rules == 0 {
				t.Error("found no rules: the walk is broken")
			}
		})
	}
}

func tested(table map[string]ruleCase, path, message string) bool {
	for _, c := range table {
		if c.want.message != "" && withoutIndices(c.want.field) == path && strings.Contains(message, c.want.message) {
			return true
		}
	}
	return false
}
