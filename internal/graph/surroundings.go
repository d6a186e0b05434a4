package graph

import (
	"regexp"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/reference"
)

// arn adds an edge to what an ARN of SageMaker names; empty when it is none.
func (b *builder) arn(from, arn string) string {
	parsed, ok := reference.ParseARN(arn)
	if !ok {
		return ""
	}
	id := b.named(parsed.Place, parsed.Kind, parsed.Scope, parsed.Name)
	b.edge(from, id, relationOf(parsed.Kind))
	return id
}

// surroundings adds alarms, logs and callers. All of them depend on what they
// watch or call, never the other way round.
func (b *builder) surroundings() {
	for i := range b.document.Alarms {
		b.alarm(&b.document.Alarms[i])
	}
	for i := range b.document.Endpoints {
		b.scalingAlarms(i)
	}
	for _, g := range b.document.LogGroups {
		b.logGroup(g)
	}
	for _, c := range b.document.Callers {
		b.caller(c)
	}
}

// watchedDimensions are the dimensions of metrics that name a resource.
var watchedDimensions = []struct {
	dimension string
	kind      Kind
}{
	{"EndpointName", inventory.KindEndpoint},
	{"InferenceComponentName", inventory.KindInferenceComponent},
	{"PipelineName", inventory.KindPipeline},
	{"FeatureGroupName", inventory.KindFeatureGroup},
	{"MonitoringSchedule", inventory.KindMonitoringSchedule},
	{"TrainingJobName", inventory.KindTrainingJob},
	{"ProcessingJobName", inventory.KindProcessingJob},
	{"TransformJobName", inventory.KindTransformJob},
	{"LabelingJobName", inventory.KindLabelingJob},
}

var alarmInRule = regexp.MustCompile(`(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*"?([^")]+?)"?\s*\)`)

func (b *builder) alarmNode(place inventory.Place, name, status string) string {
	if name == "" {
		return ""
	}
	return b.add(Node{ID: ID(place, KindAlarm, name), Kind: KindAlarm, Name: name, Place: place, Status: status})
}

func (b *builder) alarm(a *inventory.Alarm) {
	id := b.alarmNode(a.Place, a.Name, a.State)
	b.watches(id, a.Place, a.Metric)
	for _, e := range a.Expressions {
		b.watches(id, a.Place, e.Metric)
	}
	for _, found := range alarmInRule.FindAllStringSubmatch(a.Rule, -1) {
		b.edge(id, b.alarmNode(a.Place, alarmName(found[1]), ""), "alarm")
	}
	b.edge(id, b.alarmNode(a.Place, alarmName(a.Suppressor), ""), "suppressor")
	for _, group := range a.LogGroups {
		b.edge(id, b.add(Node{ID: ID(a.Place, KindLogGroup, group), Kind: KindLogGroup, Name: group, Place: a.Place}), "watches")
	}
	for _, actions := range [][]string{a.AlarmActions, a.OKActions, a.InsufficientDataActions} {
		for _, action := range actions {
			if strings.HasPrefix(action, "arn:") && strings.Contains(action, ":sns:") {
				b.edge(id, b.outside(KindTopic, action), "topic")
			}
		}
	}
}

// alarmName is the name in an alarm's ARN; rules hold either.
func alarmName(text string) string {
	if at := strings.LastIndex(text, ":alarm:"); at >= 0 {
		return text[at+len(":alarm:"):]
	}
	return text
}

func (b *builder) watches(id string, place inventory.Place, metric *inventory.CustomMetric) {
	if metric == nil {
		return
	}
	for _, watched := range watchedDimensions {
		if name := metric.Dimensions[watched.dimension]; name != "" {
			b.edge(id, b.named(place, watched.kind, "", name), "watches")
		}
	}
}

// scalingAlarms adds the alarms that drive an endpoint's scaling.
func (b *builder) scalingAlarms(i int) {
	e := &b.document.Endpoints[i]
	for _, s := range e.Scaling {
		for _, p := range s.Policies {
			for _, name := range p.Alarms {
				b.edge(b.alarmNode(e.Place, name, ""), b.endpoints[i], "scales")
			}
		}
	}
}

// loggedKinds are the kinds by the log groups that hold one resource's logs.
// Groups of all jobs of a kind, such as /aws/sagemaker/TrainingJobs, belong to
// none.
var loggedKinds = map[string]Kind{
	"Endpoints": inventory.KindEndpoint, "InferenceComponents": inventory.KindInferenceComponent,
	"Clusters": inventory.KindCluster, "LabelingJobs": inventory.KindLabelingJob,
}

func (b *builder) logGroup(g inventory.LogGroup) {
	id := b.add(Node{ID: ID(g.Place, KindLogGroup, g.Name), Kind: KindLogGroup, Name: g.Name, Place: g.Place})
	b.edge(id, b.outside(KindKMSKey, g.KMSKeyID), "kmsKey")
	rest, found := strings.CutPrefix(g.Name, "/aws/sagemaker/")
	group, name, single := strings.Cut(rest, "/")
	kind, known := loggedKinds[group]
	if !found || !single || !known {
		return
	}
	if at, exists := b.aliases[aliasOf(g.Place, kind, "", name)]; exists {
		b.edge(id, at, "logsOf")
	}
}

// anyEndpoint stands for every endpoint in a caller's permission.
const anyEndpoint = "*"

func (b *builder) caller(c inventory.Caller) {
	id := b.outside(KindCaller, c.Principal)
	relation := "calls"
	if c.Source == inventory.CallerAllowed {
		relation = "mayCall"
	}
	if c.Endpoint != anyEndpoint {
		b.edge(id, b.named(c.Place, inventory.KindEndpoint, "", c.Endpoint), relation)
		return
	}
	for i := range b.document.Endpoints {
		if b.document.Endpoints[i].Place == c.Place {
			b.edge(id, b.endpoints[i], relation)
		}
	}
}
