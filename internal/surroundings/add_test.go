package surroundings

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/access"
	"landfall.dev/landfall/internal/inventory"
)

func TestAddTo(t *testing.T) {
	kept := []inventory.Tag{{Key: "own", Value: "kept"}}
	d := inventory.Document{
		Endpoints: []inventory.Endpoint{
			{Name: "Churn", ARN: endpointsOf("Churn")[0].ARN, Place: place, Tags: kept},
			{Name: "ocr", ARN: endpointsOf("ocr")[0].ARN, Place: place},
		},
		Resources:    []inventory.Resource{{Kind: inventory.KindModel, Name: "m", ARN: "arn:m"}, {Kind: inventory.KindModel, Name: "bare"}},
		Unread:       []inventory.Unread{{Operation: "before"}},
		MaskedValues: 1,
	}
	found := Found{
		Place: place, Alarms: []inventory.Alarm{{Name: "a", Description: "pass=***"}}, LogGroups: []inventory.LogGroup{{Name: "g"}},
		Trails: Trails{Coverage: inventory.Coverage{Read: true}, Seen: []inventory.Caller{{Endpoint: "ocr", Place: place, Principal: "seen"}}},
		Tags: Tags{Read: true, Of: map[string][]inventory.Tag{
			d.Endpoints[0].ARN: {{Key: "x", Value: "y"}}, "arn:m": {{Key: "token", Value: inventory.Masked}, {Key: "team", Value: "growth"}},
			"": {{Key: "stray", Value: "x"}},
		}},
		Unread: []inventory.Unread{{Operation: "around"}},
	}
	admin := access.Identity{ARN: "arn:aws:iam::123456789012:role/admin", Policies: []access.Policy{{
		Name: "p", Statements: []access.Statement{{Position: 1, Effect: access.Allow, Actions: []string{"*"}, Resources: []string{"*"}}},
	}}}
	account := Account{Identities: []access.Identity{admin}, Coverage: inventory.Coverage{Why: "partly"}}
	found.AddTo(&d, account)

	var callers []string
	for _, caller := range d.Callers {
		callers = append(callers, caller.Endpoint+" "+caller.Principal)
	}
	if diff := cmp.Diff([]string{"* arn:aws:iam::123456789012:role/admin", "ocr seen"}, callers); diff != "" {
		t.Errorf("callers (-want +got):\n%s", diff)
	}
	want := []inventory.CallerCoverage{{Place: place, IAM: inventory.Coverage{Why: "partly"}, CloudTrail: inventory.Coverage{Read: true}}}
	if diff := cmp.Diff(want, d.CallerCoverage); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
	if len(d.Alarms) != 1 || len(d.LogGroups) != 1 || len(d.Unread) != 2 || d.MaskedValues != 3 {
		t.Errorf("got %+v", d)
	}
	if cmp.Diff(kept, d.Endpoints[0].Tags) != "" || d.Endpoints[1].Tags != nil || len(d.Resources[0].Tags) != 2 || d.Resources[1].Tags != nil {
		t.Errorf("tags: %+v, %+v", d.Endpoints, d.Resources)
	}
}

func TestAlarmNamesOf(t *testing.T) {
	d := inventory.Document{
		Endpoints: []inventory.Endpoint{{
			RollbackAlarms: []string{"undo"},
			Scaling:        []inventory.Scaling{{Policies: []inventory.Policy{{Alarms: []string{"high", "low"}}, {Alarms: []string{"high"}}}}},
		}},
		Resources: []inventory.Resource{
			{Spec: inventory.Spec(`{"LastDeploymentConfig":{"AutoRollbackConfiguration":{"Alarms":[{"AlarmName":"component"}]}}}`)},
			{Spec: inventory.Spec(`{"InstanceGroups":[{"AlarmName":7}]}`)}, {},
		},
	}
	if diff := cmp.Diff([]string{"component", "high", "low", "undo"}, AlarmNamesOf(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
