package standin_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/smithy-go"

	"landfall.dev/landfall/test/standin"
)

const testARN = "arn:aws:sagemaker:us-east-1:123456789012:"

// sampleValues are for fields where not any text will do.
var sampleValues = map[string]string{"HubContentType": "Model", "AppType": "JupyterLab"}

// sampleName is what the n-th sample of a kind is called.
func sampleName(k standin.KindForTest, n int) string {
	if k.Name == k.ARN {
		return fmt.Sprintf("%s%s/s-%d", testARN, strings.ToLower(k.Key), n)
	}
	if k.Name == "WorkteamArn" {
		return fmt.Sprintf("%sworkteam/vendor/s-%d", testARN, n)
	}
	return fmt.Sprintf("s-%d", n)
}

func kindNamed(t *testing.T, key string) standin.KindForTest {
	t.Helper()
	i := slices.IndexFunc(standin.KindsForTest(), func(k standin.KindForTest) bool { return k.Key == key })
	if i < 0 {
		t.Fatalf("no kind %s", key)
	}
	return standin.KindsForTest()[i]
}

// parentValues are what the lists and the description of a kind have to be
// asked with besides the name.
func parentValues(t *testing.T, k standin.KindForTest) map[string]string {
	out := map[string]string{}
	for _, param := range k.Within {
		out[param] = orText(sampleValues[param], "s-1")
	}
	for _, l := range k.Lists {
		for i, param := range l.Parents {
			out[param] = orText(sampleValues[param], "s-1")
			if i == 0 && l.ParentKind != "" {
				out[param] = sampleName(kindNamed(t, l.ParentKind), 1)
			}
		}
	}
	return out
}

func orText(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

// sample makes the n-th resource of a kind with no more than it must have.
func sample(t *testing.T, k standin.KindForTest, n int) map[string]any {
	describe, of := map[string]any{}, map[string]string{}
	for param, value := range parentValues(t, k) {
		field := param
		for _, l := range k.Lists {
			field = orText(l.Equals[param], field)
		}
		switch {
		case strings.Contains(field, "."):
			outer, inner, _ := strings.Cut(field, ".")
			describe[outer] = map[string]any{inner: value}
		case k.Has(param):
			describe[param] = value
		default:
			of[param] = value
		}
	}
	if k.Key == "trainingJobs" { // its parent is read off an ARN
		of = map[string]string{}
		describe["TuningJobArn"] = testARN + "hyper-parameter-tuning-job/s-1"
	}
	switch k.Name {
	case "":
	case "Version":
		describe["Version"] = n
	default:
		describe[k.Name] = sampleName(k, n)
	}
	return map[string]any{"describe": describe, "of": of}
}

// sampleAccount has two resources of each kind in the table.
func sampleAccount(t *testing.T) string {
	t.Helper()
	resources := map[string]any{}
	for _, k := range standin.KindsForTest() {
		resources[k.Key] = []any{sample(t, k, 1), sample(t, k, 2)}
	}
	text, err := json.Marshal(resources)
	if err != nil {
		t.Fatal(err)
	}
	return head + "resources: " + string(text) + "\n"
}

// TestEveryKind reads each kind of the table with the real SDK: listed page by
// page by each of its lists, described, and missing.
func TestEveryKind(t *testing.T) {
	client := controlClient(start(t, sampleAccount(t), standin.Options{}))
	for _, k := range standin.KindsForTest() {
		t.Run(k.Key, func(t *testing.T) {
			for _, l := range k.Lists {
				listBoth(t, client, k, l)
			}
			for i, name := range k.Describes {
				describeBoth(t, client, k, name, i == 0)
			}
		})
	}
}

// listBoth walks a List operation one resource a page.
func listBoth(t *testing.T, client *sm.Client, k standin.KindForTest, l standin.ListForTest) {
	t.Helper()
	fields := map[string]any{"MaxResults": int32(1)}
	for _, param := range l.Parents {
		fields[param] = parentValues(t, k)[param]
	}
	if k.Key == "modelPackages" {
		fields["ModelPackageType"] = "Both"
	}
	var got []string
	for range 4 {
		out, err := call(client, l.Name, fields)
		if err != nil {
			t.Fatalf("%s: %v", l.Name, err)
		}
		list := out.Elem().FieldByName(l.Member)
		for i := range list.Len() {
			text, err := json.Marshal(list.Index(i).Interface())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(text))
		}
		next := out.Elem().FieldByName("NextToken")
		if next.IsNil() {
			break
		}
		fields["NextToken"] = next.Elem().String()
	}
	want := 2
	if k.Key != "imageVersions" && len(l.Parents) == 3 || l.Name == "ListModelCardVersions" {
		want = 1 // one version of one name
	}
	if len(got) != want {
		t.Errorf("%s: %v, want %d", l.Name, got, want)
	}
	if k.Name != "" && k.Key != "associations" && want == 2 && len(got) == 2 && got[0] == got[1] {
		t.Errorf("%s: the same twice: %s", l.Name, got[0])
	}
	for i, text := range got {
		if k.Name != "" && k.Name != "Version" && k.Name != "ModelPackageName" && !strings.Contains(text, "s-") {
			t.Errorf("%s: %d has no name: %s", l.Name, i, text)
		}
	}
}

func describeBoth(t *testing.T, client *sm.Client, k standin.KindForTest, operation string, whole bool) {
	t.Helper()
	fields := map[string]any{}
	for _, param := range k.Within {
		fields[param] = parentValues(t, k)[param]
	}
	for n := 1; n <= 2; n++ {
		fields[k.Param] = any(sampleName(k, n))
		if k.Name == "Version" {
			fields[k.Param] = int32(n)
		}
		out, err := call(client, operation, fields)
		if err != nil {
			t.Fatalf("%s: %v", operation, err)
		}
		answer := out.Elem()
		if k.Wrap != "" {
			answer = answer.FieldByName(k.Wrap).Elem()
		}
		if got := fmt.Sprint(reflect.Indirect(answer.FieldByName(k.Name)).Interface()); got != fmt.Sprint(fields[k.Param]) {
			t.Errorf("%s gives %q, want %v", operation, got, fields[k.Param])
		}
		if k.ARN != "" && whole {
			if arn := answer.FieldByName(k.ARN).Elem().String(); !strings.HasPrefix(arn, testARN) || strings.ContainsAny(arn, "{}") {
				t.Errorf("ARN %q", arn)
			}
		}
	}
	missing := maps.Clone(fields)
	missing[k.Param] = any("nothing")
	if k.Name == "Version" {
		missing[k.Param] = int32(9)
	}
	wantCode := "ValidationException"
	if k.DeclaresNotFound {
		wantCode = "ResourceNotFound"
	}
	_, err := call(client, operation, missing)
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != wantCode {
		t.Errorf("%s of a missing one answers %v, want %s", operation, err, wantCode)
	}
	for _, param := range k.Within {
		elsewhere := maps.Clone(fields)
		elsewhere[param] = any("Notebook")
		if _, err := call(client, operation, elsewhere); err == nil {
			t.Errorf("%s found one of another %s", operation, param)
		}
	}
}

// TestEveryResourceKind: the stand-in serves every kind that an inventory can
// hold.
func TestEveryResourceKind(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("..", "..", "internal", "inventory", "resource.go"))
	if err != nil {
		t.Fatal(err)
	}
	var served []string
	for _, k := range standin.KindsForTest() {
		served = append(served, k.Describes...)
	}
	found := regexp.MustCompile(`ResourceKind = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	if len(found) < 40 {
		t.Fatalf("%d kinds in resource.go; has it moved?", len(found))
	}
	for _, match := range found {
		if !slices.Contains(served, "Describe"+match[1]) {
			t.Errorf("no row for %s", match[1])
		}
	}
}
