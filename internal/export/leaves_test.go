package export

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/inventory"
)

// What becomes of a field of the inventory.
const (
	// carried fields change the Model or the Endpoint.
	carried = "carried"
	// reported fields change the findings.
	reported = "reported"
	// planned fields reach the cluster through the plan's decision and sizes.
	planned = "planned"
	// refused fields are of shapes that are not exported at all.
	refused = "refused"
	// told fields tell people about AWS and mean nothing in the cluster.
	told = "told"
)

// fates of the inventory's fields, by the longest prefix of their path.
var fates = map[string]string{
	// A workload is of one place.
	"name": refused, "arn": told, "accountID": refused, "region": refused, "mode": refused, "status": planned, "failureReason": planned,
	"createdAt": told, "modifiedAt": told, "unread": planned,

	"config": told, "config.presence": planned, "config.kmsKeyID": reported, "config.executionRoleARN": reported,
	"config.networkIsolation": reported, "config.vpc": reported,

	"variants[].name": reported, "variants[].modelName": refused, "variants[].instanceType": planned,
	"variants[].instance": planned, "variants[].instanceCount": planned,
	// One variant gets everything, whatever its weight.
	"variants[].weight": told, "variants[].state": planned, "variants[].serverless": refused,
	// The plan takes the resolved digest.
	"variants[].images": planned, "variants[].managedScaler": reported, "variants[].routingStrategy": reported,
	"variants[].volumeGB": reported, "variants[].modelDownloadTimeoutSeconds": reported,
	"variants[].startupTimeoutSeconds": planned, "variants[].amiVersion": reported, "variants[].elasticInference": reported,
	"variants[].traffic": planned, "variants[].usage": planned,
	// Endpoints with these have another mode.
	"shadowVariants": refused, "components": refused, "async": refused,
	"backlog": refused, "variants[].modelCache": refused,

	"models[].name": refused, "models[].arn": carried, "models[].presence": planned, "models[].createdAt": told,
	"models[].executionMode": told, "models[].executionRoleARN": reported, "models[].networkIsolation": reported,
	"models[].vpc": reported,
	// Containers are told apart by hostname only where there are several.
	"models[].containers[].hostname": told, "models[].containers[].mode": refused,
	"models[].containers[].image.reference": carried, "models[].containers[].image.tag": carried,
	"models[].containers[].image.builtIn.framework": carried, "models[].containers[].image": planned,
	"models[].containers[].artifact.uri": carried,
	// What it is packed like is taken from reading it; a single artifact has
	// no channel, and its entity tag is that of the day it was registered.
	"models[].containers[].artifact": told, "models[].containers[].artifact.manifestURI": reported,
	"models[].containers[].artifact.eulaAccepted": reported, "models[].containers[].artifact.hubContentARN": reported,
	"models[].containers[].additionalArtifacts": reported, "models[].containers[].env": carried,
	"models[].containers[].maskedEnv": reported, "models[].containers[].modelPackage": planned,
	"models[].containers[].inferenceSpecification": planned, "models[].containers[].repositoryAccess": reported,
	"models[].containers[].registryCredentialsARN": reported, "models[].containers[].modelCache": refused,

	"dataCapture.enabled": reported, "dataCapture.samplingPercent": reported, "dataCapture.destinationURI": reported,
	"dataCapture":        told,
	"scaling[].resource": reported, "scaling[].suspended": reported, "scaling[].policies[].name": reported,
	"scaling[].policies[].type": reported, "scaling[].scheduledActions[].name": reported,
	"scaling[].scheduledActions[].schedule": reported,
	// The finding names the policy or action; its figures stand in the inventory.
	"scaling": told, "scaling[].min": planned, "scaling[].max": planned,
	"tags": told, "ignored": reported, "rollbackAlarms": reported,
}

func fateOf(leaf string) string {
	for path := leaf; path != ""; {
		if fate, ok := fates[path]; ok {
			return fate
		}
		if strings.HasSuffix(path, "[]") {
			path = strings.TrimSuffix(path, "[]")
		} else {
			path = path[:max(strings.LastIndexByte(path, '.'), 0)]
		}
	}
	return ""
}

// TestEveryLeafHasAFate changes every field of the inventory in turn, and sees
// whether manifests and findings change as the table says.
func TestEveryLeafHasAFate(t *testing.T) {
	leaves := leavesOf(reflect.TypeFor[inventory.Endpoint](), "")
	if len(leaves) < 150 {
		t.Errorf("only %d fields were found: the walk over the types is broken", len(leaves))
	}
	for _, leaf := range leaves {
		t.Run(leaf, func(t *testing.T) {
			fate := fateOf(leaf)
			if fate == "" {
				t.Fatal("nothing says what becomes of this field")
			}
			if fate == refused || fate == planned {
				return // decided before, or by the plan
			}
			before, after := full(t), full(t)
			change(reflect.ValueOf(&after.Endpoint).Elem(), strings.Split(leaf, "."))
			a, b := build(t, before), build(t, after)
			manifests := asJSON(t, a.Model) != asJSON(t, b.Model) || asJSON(t, a.Endpoint) != asJSON(t, b.Endpoint)
			findings := asJSON(t, a.Findings) != asJSON(t, b.Findings)
			if manifests != (fate == carried) || fate != carried && findings != (fate == reported) {
				t.Errorf("is %s, but changes manifests: %t, findings: %t", fate, manifests, findings)
			}
		})
	}
}

// full is an input in which everything is there that a field can change.
func full(t *testing.T) Input {
	t.Helper()
	in := input(t, "Churn-Prod")
	e := &in.Endpoint
	e.Config.VPC = nil
	e.DataCapture = &inventory.DataCapture{Enabled: true, SamplingPercent: 1}
	e.Scaling = []inventory.Scaling{{
		Resource: "endpoint/Churn-Prod/variant/AllTraffic", Suspended: []string{"ScaleIn"},
		Policies: []inventory.Policy{{Name: "p"}}, ScheduledActions: []inventory.ScheduledAction{{Name: "s"}},
	}}
	e.Variants[0].VolumeGB = 7
	e.Models[0].ExecutionRoleARN = ""
	e.Models[0].Containers[0].Image.BuiltIn = &inventory.BuiltIn{Framework: "sklearn"}
	return in
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// leavesOf lists the paths of a type's fields by their JSON names.
func leavesOf(at reflect.Type, path string) []string {
	switch at.Kind() {
	case reflect.Pointer:
		return leavesOf(at.Elem(), path)
	case reflect.Slice:
		return leavesOf(at.Elem(), path+"[]")
	case reflect.Struct:
		var leaves []string
		for i := range at.NumField() {
			leaves = append(leaves, leavesOf(at.Field(i).Type, strings.TrimPrefix(path+"."+jsonName(at.Field(i)), "."))...)
		}
		return leaves
	default:
		return []string{path}
	}
}

func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

// change gives a field another value, making what is on the way to it.
func change(at reflect.Value, path []string) {
	if at.Kind() == reflect.Pointer {
		if at.IsNil() {
			at.Set(reflect.New(at.Type().Elem()))
		}
		change(at.Elem(), path)
		return
	}
	if len(path) == 0 {
		changeValue(at)
		return
	}
	name, isList := strings.CutSuffix(path[0], "[]")
	visible := reflect.VisibleFields(at.Type())
	index := slices.IndexFunc(visible, func(f reflect.StructField) bool { return jsonName(f) == name })
	field := at.FieldByIndex(visible[index].Index)
	if !isList {
		change(field, path[1:])
		return
	}
	if field.Len() == 0 {
		field.Set(reflect.MakeSlice(field.Type(), 1, 1))
	}
	change(field.Index(0), path[1:])
}

func changeValue(at reflect.Value) {
	switch at.Kind() {
	case reflect.String:
		at.SetString("9.changed")
	case reflect.Bool:
		at.SetBool(!at.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		at.SetInt(at.Int() + 7)
	case reflect.Float64:
		at.SetFloat(at.Float() + 7)
	case reflect.Map:
		at.Set(reflect.ValueOf(map[string]string{"CHANGED": "x"}))
	default:
		panic("no other value for " + at.Type().String())
	}
}
