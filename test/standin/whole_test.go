package standin_test

import (
	"fmt"
	"slices"
	"testing"

	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

// TestWholeAccounts reads everything of the accounts that come with the
// stand-in through the real SDK: every list to its end, every resource
// described. What the SDK cannot read fails here.
func TestWholeAccounts(t *testing.T) {
	for name, every := range map[string]int{"demo": 1, "fleet": 1, "twenty-thousand": 40} {
		t.Run(name, func(t *testing.T) {
			account := standintest.Load(t, "accounts/"+name+".yaml", nil)
			running := standintest.Start(t, account)
			if err := running.Server.SetKnobs(standin.Knobs{}); err != nil {
				t.Fatal(err)
			}
			client := controlClient(running)
			for _, k := range standin.KindsForTest() {
				resources := account.Resources[k.Key]
				listWhole(t, client, k, resources)
				for i := 0; i < len(resources); i += every {
					describeWhole(t, client, k, resources[i])
				}
			}
		})
	}
}

// fieldOf gives a field of a resource, from wherever the file has it.
func fieldOf(r standin.Resource, name string) any {
	if value, ok := r.Describe[name]; ok {
		return value
	}
	return r.Of[name]
}

// listWhole walks the first list of a kind for every set of parents there is,
// and wants every resource once.
func listWhole(t *testing.T, client *sm.Client, k standin.KindForTest, resources []standin.Resource) {
	t.Helper()
	l := k.Lists[0]
	seen := map[string]bool{}
	got := 0
	for i := range max(1, len(resources)) {
		fields := map[string]any{"MaxResults": int32(100)}
		if k.Key == "modelPackages" {
			fields["ModelPackageType"] = "Both"
		}
		for _, param := range l.Parents {
			if i >= len(resources) {
				return // without a resource there is no parent to ask for
			}
			fields[param] = fieldOf(resources[i], param)
		}
		key := fmt.Sprint(fields)
		if seen[key] {
			continue
		}
		seen[key] = true
		got += countPages(t, client, l, fields)
	}
	if diff := cmp.Diff(len(resources), got); diff != "" {
		t.Errorf("%s: %s", l.Name, diff)
	}
}

func countPages(t *testing.T, client *sm.Client, l standin.ListForTest, fields map[string]any) int {
	t.Helper()
	total := 0
	for range 1000 {
		out, err := call(client, l.Name, fields)
		if err != nil {
			t.Fatalf("%s %v: %v", l.Name, fields, err)
		}
		total += out.Elem().FieldByName(l.Member).Len()
		next := out.Elem().FieldByName("NextToken")
		if next.IsNil() {
			return total
		}
		fields["NextToken"] = next.Elem().String()
	}
	t.Fatalf("%s does not end", l.Name)
	return 0
}

func describeWhole(t *testing.T, client *sm.Client, k standin.KindForTest, r standin.Resource) {
	t.Helper()
	if len(k.Describes) == 0 {
		return
	}
	fields := map[string]any{k.Param: r.Describe[k.Name]}
	if fields[k.Param] == nil { // a package in a group has no name
		fields[k.Param] = r.Describe[k.ARN]
	}
	for _, param := range append([]string{"UserProfileName", "SpaceName"}, k.Within...) {
		if k.Key != "apps" && !slices.Contains(k.Within, param) {
			continue
		}
		if value := fieldOf(r, param); value != nil && value != "" {
			fields[param] = value
		}
	}
	out, err := call(client, k.Describes[0], fields)
	if err != nil {
		t.Errorf("%s %v: %v", k.Describes[0], fields, err)
		return
	}
	if k.ARN == "" || k.Wrap != "" {
		return
	}
	if got := out.Elem().FieldByName(k.ARN).Elem().String(); got != r.Describe[k.ARN] {
		t.Errorf("%s gives %s, want %s", k.Describes[0], got, r.Describe[k.ARN])
	}
}
