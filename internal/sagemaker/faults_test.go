package sagemaker

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

// The small account keeps keptOfKind resources of a kind, and keptJobs training
// jobs: more than one page. The tiny one keeps what makes every call happen.
const (
	keptOfKind = 3
	keptJobs   = 120
	keptOfTiny = 1
)

var bulk = sync.OnceValues(func() (*standin.Account, error) {
	path := filepath.Join("..", "..", "test", "standin", "accounts", "twenty-thousand.yaml")
	return standin.Load(path, func(string) (string, bool) { return "", true })
})

// everyKind serves a few resources of every kind.
func everyKind(t *testing.T) *standintest.Account {
	t.Helper()
	return someOfEveryKind(t, keptOfKind, keptJobs)
}

func someOfEveryKind(t *testing.T, ofKind, jobs int) *standintest.Account {
	t.Helper()
	large, err := bulk()
	if err != nil {
		t.Fatal(err)
	}
	small := *large
	small.Knobs, small.Resources = standin.Knobs{}, map[string][]standin.Resource{}
	small.Metrics, small.Alarms, small.LogGroups = nil, standin.Alarms{}, nil
	for kind, list := range large.Resources {
		kept := ofKind
		if kind == "trainingJobs" {
			kept = jobs
		}
		small.Resources[kind] = list[:min(kept, len(list))]
	}
	return standintest.Start(t, &small)
}

// faultyScan scans with faults on operations, with a client of its own, since a
// client's pace remembers what was refused.
func faultyScan(t *testing.T, account *standintest.Account, operations map[string]standin.OperationKnobs) inventory.Document {
	t.Helper()
	if err := account.Server.SetKnobs(standin.Knobs{Operations: operations}); err != nil {
		t.Fatal(err)
	}
	return scanned(t, quickClient(t, 5000))
}

func encoded(t *testing.T, d inventory.Document) string {
	t.Helper()
	text, err := inventory.Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestFaultsThatPass: whatever every operation does at first, the inventory is
// that of a calm day, to the byte.
func TestFaultsThatPass(t *testing.T) {
	account := everyKind(t)
	newClient(t, account)
	calm := encoded(t, faultyScan(t, account, nil))
	if len(calm) < 50_000 {
		t.Fatalf("the account is empty: %d bytes", len(calm))
	}
	for name, knobs := range map[string]standin.OperationKnobs{
		"throttled":        {Fail: &standin.Failure{Code: "ThrottlingException", Count: 2}},
		"empty pages":      {EmptyPages: []standin.EmptyPages{{Before: 0, Count: 2}, {Before: 1}}},
		"server errors":    {Fail: &standin.Failure{Code: "InternalFailure", Count: 2}},
		"unavailable":      {Fail: &standin.Failure{Code: "ServiceUnavailable", Count: 1}},
		"broken pipes":     {ResetConnections: 1},
		"expired tokens":   {ExpireTokens: 1},
		"tokens and pages": {ExpireTokens: 1, EmptyPages: []standin.EmptyPages{{Before: 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := encoded(t, faultyScan(t, account, map[string]standin.OperationKnobs{"sagemaker:*": knobs}))
			if got != calm {
				t.Errorf("the inventory differs:\n%s", cmp.Diff(calm, got))
			}
		})
	}
}

func operationsOfTable() []string {
	var all []string
	for _, action := range Actions(ScanOptions{}) {
		if strings.HasPrefix(action, "sagemaker:") {
			all = append(all, action)
		}
	}
	return all
}

// groupSize is how many operations fail in one scan of TestFaultsThatStay.
const groupSize = 6

// rootOf is the kind without whose list or description an operation is not
// called.
func rootOf(operation string) inventory.ResourceKind {
	for i := range table {
		k := &table[i]
		operations := []string{"sagemaker:" + k.list.operation, "sagemaker:" + k.describe.operation}
		for _, detail := range k.details {
			operations = append(operations, "sagemaker:"+detail.operation)
		}
		switch {
		case !slices.Contains(operations, operation):
		case isHosting(k.ResourceKind):
			return inventory.KindEndpoint
		case k.parent != "":
			return k.parent
		default:
			return k.ResourceKind
		}
	}
	for _, l := range lineageLists {
		if operation == "sagemaker:"+l.operation {
			return inventory.ResourceKind(l.name)
		}
	}
	return inventory.KindEndpoint // tags are those of endpoints
}

// unrelated puts operations into groups in which none hides another.
func unrelated(operations []string) [][]string {
	var groups [][]string
next:
	for _, operation := range operations {
		for i, group := range groups {
			related := func(other string) bool { return rootOf(other) == rootOf(operation) }
			if len(group) < groupSize && !slices.ContainsFunc(group, related) {
				groups[i] = append(group, operation)
				continue next
			}
		}
		groups = append(groups, []string{operation})
	}
	return groups
}

// TestFaultsThatStay: an operation that never works is told, with the
// permission where that is the reason, and takes nothing else with it. Some
// unrelated ones fail in one scan, others together when denied than when
// refused.
func TestFaultsThatStay(t *testing.T) {
	account := someOfEveryKind(t, keptOfTiny, keptOfTiny)
	newClient(t, account)
	calm := faultyScan(t, account, nil)
	if len(calm.Unread) != 0 {
		t.Fatalf("unread on a calm day: %+v", calm.Unread)
	}
	operations, calls := operationsOfTable(), account.Server.Requests().Operations
	for _, operation := range operations {
		if calls[operation].Calls == 0 {
			t.Errorf("%s is never called: the account lacks what it is for", operation)
		}
	}
	backwards := slices.Clone(operations)
	slices.Reverse(backwards)
	for name, faults := range map[string]struct {
		knobs  standin.OperationKnobs
		groups [][]string
	}{
		"denied": {standin.OperationKnobs{Deny: true}, unrelated(operations)},
		"refused": {standin.OperationKnobs{
			Fail: &standin.Failure{Code: "ValidationException", Message: "1 validation error detected"},
		}, unrelated(backwards)},
	} {
		for _, group := range faults.groups {
			knobs := map[string]standin.OperationKnobs{}
			for _, operation := range group {
				knobs[operation] = faults.knobs
			}
			got := faultyScan(t, account, knobs)
			for _, operation := range group {
				t.Run(operation+" "+name, func(t *testing.T) { checkUnread(t, operation, faults.knobs.Deny, got.Unread) })
			}
			if len(got.Unread) != len(group) {
				t.Errorf("%v fail, and unread is %v", group, codes(got.Unread))
			}
			checkLosses(t, group, calm, got)
		}
	}
}

// codes are what failed, and how.
func codes(unread []inventory.Unread) []string {
	var all []string
	for _, u := range unread {
		all = append(all, u.Operation+" "+u.Code)
	}
	return all
}

func checkUnread(t *testing.T, operation string, denied bool, unread []inventory.Unread) {
	t.Helper()
	index := slices.IndexFunc(unread, func(u inventory.Unread) bool { return u.Operation == operation })
	if index < 0 || unread[index].Place != demoPlace {
		t.Fatalf("unread is %v", codes(unread))
	}
	if (unread[index].Action == operation) != denied {
		t.Errorf("the missing action is %q", unread[index].Action)
	}
}

// checkLosses compares what is left with what there was: a list that fails
// takes its own kind and what hangs on it, a description nothing.
func checkLosses(t *testing.T, operations []string, calm, got inventory.Document) {
	t.Helper()
	lost := map[inventory.ResourceKind]bool{}
	for i := range table {
		if k := &table[i]; slices.Contains(operations, "sagemaker:"+k.list.operation) {
			lost[k.ResourceKind] = true
			for _, child := range childrenOf(k.ResourceKind) {
				lost[child.ResourceKind] = true
			}
		}
	}
	before, after := count(calm), count(got)
	for kind := range before {
		if !lost[kind] && after[kind] < before[kind] && !byReferenceOnly(kind, operations) {
			t.Errorf("with %v failing, %d of %d resources of kind %s are left", operations, after[kind], before[kind], kind)
		}
	}
}

// byReferenceOnly says that a kind's unlisted resources are known only from
// what refers to them.
func byReferenceOnly(kind inventory.ResourceKind, operations []string) bool {
	return isHosting(kind) && slices.ContainsFunc(operations, func(operation string) bool {
		return strings.Contains(operation, "Endpoint") || strings.Contains(operation, "Model")
	})
}

func count(d inventory.Document) map[inventory.ResourceKind]int {
	counts := map[inventory.ResourceKind]int{inventory.KindEndpoint: len(d.Endpoints)}
	for _, r := range d.Resources {
		counts[r.Kind]++
	}
	return counts
}

// TestThePolicyIsTheLeast: the policy allows all that a scan calls, nothing
// that it does not, and nothing that writes; and IAM takes it.
func TestThePolicyIsTheLeast(t *testing.T) {
	account := everyKind(t)
	newClient(t, account)
	faultyScan(t, account, nil)
	allowed := Actions(ScanOptions{})
	calls := account.Server.Requests().Operations
	for action := range calls {
		if !slices.Contains(allowed, action) {
			t.Errorf("%s is called and not in the policy", action)
		}
	}
	readOnly := []string{"List", "Describe", "Get"}
	length := 0
	for _, action := range allowed {
		_, verb, _ := strings.Cut(action, ":")
		if !slices.ContainsFunc(readOnly, func(prefix string) bool { return strings.HasPrefix(verb, prefix) }) {
			t.Errorf("%s does not sound as if it only read", action)
		}
		if calls[action].Calls == 0 && strings.HasPrefix(action, "sagemaker:") {
			t.Errorf("%s is in the policy and not called", action)
		}
		length += len(action) + len(`"",`)
	}
	// A managed policy may have 6,144 characters, white space apart.
	const limit, rest = 6144, 200
	if length > limit-rest {
		t.Errorf("the actions take %d characters: the policy is too long for IAM", length)
	}
	restricted := Actions(ScanOptions{EndpointName: "churn-*"})
	if len(restricted) >= len(allowed)/2 || slices.Contains(restricted, "sagemaker:ListTrainingJobs") {
		t.Errorf("a scan of some endpoints takes %v", restricted)
	}
	if _, err := quickClient(t, 5000).Scan(t.Context(), ScanOptions{Now: scanTime, EndpointName: "*"}); err != nil {
		t.Fatal(err)
	}
	var taken []string
	for action, n := range account.Server.Requests().Operations {
		if n.Calls > calls[action].Calls {
			taken = append(taken, action)
		}
	}
	slices.Sort(taken)
	if diff := cmp.Diff(restricted, taken); diff != "" {
		t.Errorf("a scan of endpoints (-policy +called):\n%s", diff)
	}
}

// TestTheOrderOfAnswersDoesNotShow: many runs of one scan give the same bytes.
func TestTheOrderOfAnswersDoesNotShow(t *testing.T) {
	account := everyKind(t)
	newClient(t, account)
	first := encoded(t, faultyScan(t, account, nil))
	for range 3 {
		again := encoded(t, faultyScan(t, account, map[string]standin.OperationKnobs{"sagemaker:Describe*": {DelayMillis: 2}}))
		if !bytes.Equal([]byte(first), []byte(again)) {
			t.Fatalf("two scans differ:\n%s", cmp.Diff(first, again))
		}
	}
}
