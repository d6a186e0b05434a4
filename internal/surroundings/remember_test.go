package surroundings

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/access"
	"landfall.dev/landfall/test/standin"
)

// memory is a journal in memory.
type memory struct {
	mu    sync.Mutex
	calls map[string][]byte
}

func (m *memory) Find(call string, into any) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	text, found := m.calls[call]
	return found && json.Unmarshal(text, into) == nil
}

func (m *memory) Record(call string, data any) error {
	text, err := json.Marshal(data)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[call] = text
	return err
}

// TestFinishedPartsAreNotReadAgain: the second run asks only for what failed in
// the first, and gives the same; nothing secret is remembered.
func TestFinishedPartsAreNotReadAgain(t *testing.T) {
	server, client := start(t, world)
	kept := &memory{calls: map[string][]byte{}}
	options := Options{
		Place: place, Now: time.Now(), CloudTrail: true, Memory: kept,
		Endpoints: given("Churn", "ocr"),
	}
	read := func() (Found, Account) {
		t.Helper()
		found, err := client.Read(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		account, err := client.ReadAccount(t.Context(), place, kept)
		if err != nil {
			t.Fatal(err)
		}
		return found, account
	}
	deny := func(operations map[string]standin.OperationKnobs) {
		t.Helper()
		if err := server.Server.SetKnobs(standin.Knobs{Operations: operations}); err != nil {
			t.Fatal(err)
		}
	}
	deny(map[string]standin.OperationKnobs{"tag:GetResources": {Deny: true}, "iam:*": {Deny: true}})
	if found, account := read(); found.Tags.Read || account.Coverage.Read || len(found.Unread) != 1 {
		t.Fatalf("nothing was denied: %+v, %+v", found.Unread, account.Coverage)
	}
	deny(nil)
	found, account := read()
	before := server.Server.Requests().Operations
	again, accountAgain := read()
	if diff := cmp.Diff(before, server.Server.Requests().Operations); diff != "" {
		t.Errorf("asked again (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(found, again) + cmp.Diff(account, accountAgain); diff != "" {
		t.Errorf("what is remembered differs (-read +remembered):\n%s", diff)
	}
	if calls := before["logs:DescribeLogGroups"].Calls; calls != 1 {
		t.Errorf("the log groups were read %d times", calls)
	}
	for call, text := range kept.calls {
		if strings.Contains(string(text), "hf_abcdefghijklmnop") {
			t.Errorf("%s keeps a secret: %s", call, text)
		}
	}
}

// TestPartsOfAScanThatFailedAreNotRemembered: which alarms and callers matter is
// known only when the scan has found its endpoints. A scan that ended before,
// and one that found fewer, leave nothing behind that the next would believe.
func TestPartsOfAScanThatFailedAreNotRemembered(t *testing.T) {
	server, client := start(t, world)
	kept := &memory{calls: map[string][]byte{}}
	options := Options{Place: place, Now: time.Now(), CloudTrail: true, Memory: kept}
	names := func(found Found) (alarms []string, callers int) {
		for _, alarm := range found.Alarms {
			alarms = append(alarms, alarm.Name)
		}
		slices.Sort(alarms)
		return alarms, len(found.Trails.Seen)
	}
	ended := errors.New("the scan ended")
	var asked sync.WaitGroup
	asked.Add(2) // the scan ends when all that does not depend on it was read
	wait := func() error { asked.Done(); asked.Wait(); return ended }
	options.AlarmNames = func() ([]string, error) { return nil, wait() }
	options.Endpoints = func() ([]access.Endpoint, error) { return nil, wait() }
	if _, err := client.Read(t.Context(), options); !errors.Is(err, ended) {
		t.Fatalf("got %v, want the scan's end", err)
	}
	for call := range kept.calls {
		if strings.Contains(call, "|trails|") {
			t.Errorf("%s is remembered", call)
		}
	}
	before := server.Server.Requests().Operations
	for _, want := range []struct {
		endpoints, alarms, kept []string
		callers                 int
	}{
		{nil, nil, []string{"latency", "page"}, 0},
		{[]string{"Churn", "ocr"}, []string{"orders"}, []string{"latency", "orders", "page"}, 2},
	} {
		options.AlarmNames, options.Endpoints = named(want.alarms...), given(want.endpoints...)
		found, err := client.Read(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		alarms, callers := names(found)
		if diff := cmp.Diff(want.kept, alarms); diff != "" || callers != want.callers {
			t.Errorf("with %v: %d callers, alarms (-want +got):\n%s", want.endpoints, callers, diff)
		}
	}
	after := server.Server.Requests().Operations
	for _, operation := range []string{"cloudwatch:DescribeAlarms", "cloudtrail:DescribeTrails", "cloudtrail:ListEventDataStores"} {
		if before[operation].Calls != after[operation].Calls || before[operation].Calls == 0 {
			t.Errorf("%s was called %d times, and %d times in all", operation, before[operation].Calls, after[operation].Calls)
		}
	}
}
