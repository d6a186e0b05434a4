package sagemaker

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/sagemaker/journal"
	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

// callsOf counts the calls of SageMaker that lists and describes are.
func callsOf(account *standintest.Account) map[string]int64 {
	calls := map[string]int64{}
	for action, n := range account.Server.Requests().Operations {
		if strings.HasPrefix(action, "sagemaker:") {
			calls[action] = n.Calls
		}
	}
	return calls
}

func totalOf(calls map[string]int64) (total int64) {
	for n := range maps.Values(calls) {
		total += n
	}
	return total
}

// TestAKilledScanGoesOnWhereItWas: the second run repeats no finished call, and
// the inventory is that of a scan in one go, to the byte.
func TestAKilledScanGoesOnWhereItWas(t *testing.T) {
	for name, tokens := range map[string]standin.OperationKnobs{
		"tokens that last":    {EmptyPages: []standin.EmptyPages{{Before: 1, Count: 2}}},
		"tokens that expired": {EmptyPages: []standin.EmptyPages{{Before: 1, Count: 2}}, ExpireTokens: 1},
	} {
		t.Run(name, func(t *testing.T) {
			account := everyKind(t)
			newClient(t, account)
			calm := map[string]standin.OperationKnobs{"sagemaker:List*": {EmptyPages: tokens.EmptyPages}}
			want := encoded(t, faultyScan(t, account, calm))
			whole := callsOf(account)
			path := filepath.Join(t.TempDir(), ".x.scan")
			kill(t, path, func(p Progress) bool { return p.Done > 100 })
			before := callsOf(account)
			if n := totalOf(before) - totalOf(whole); n < 50 || n >= totalOf(whole) {
				t.Fatalf("the first run made %d of %d calls: it was not killed on the way", n, totalOf(whole))
			}
			if err := account.Server.SetKnobs(standin.Knobs{Operations: map[string]standin.OperationKnobs{"sagemaker:List*": tokens}}); err != nil {
				t.Fatal(err)
			}
			j, err := journal.Open(path, "x", scanTime)
			if err != nil {
				t.Fatal(err)
			}
			finished := int64(j.Len())
			client := quickClient(t, 5000)
			d, err := client.Scan(t.Context(), ScanOptions{Now: j.StartedAt(), Journal: j})
			if err != nil {
				t.Fatal(err)
			}
			if got := encoded(t, d); got != want {
				t.Errorf("the inventory differs:\n%s", cmp.Diff(want, got))
			}
			made := totalOf(callsOf(account)) - totalOf(before)
			if tokens.ExpireTokens == 0 && made > totalOf(whole)-finished+10 {
				t.Errorf("%d calls for what %d less %d finished ones would do", made, totalOf(whole), finished)
			}
		})
	}
}

// TestAScanKilledAtItsFiguresAsksForNoneTwice: questions to CloudWatch are
// calls like all others.
func TestAScanKilledAtItsFiguresAsksForNoneTwice(t *testing.T) {
	account := standintest.Start(t, loadDemo(t))
	newClient(t, account)
	asked := func() int64 { return account.Server.Requests().Operations["cloudwatch:GetMetricData"].Calls }
	want := encoded(t, faultyScan(t, account, nil))
	figures := asked()
	path := filepath.Join(t.TempDir(), ".x.scan")
	kill(t, path, func(p Progress) bool { return p.Stage == stageMetrics })
	killed := asked() - figures
	if killed == 0 || killed >= figures {
		t.Fatalf("the first run asked %d of %d times for figures: it was not killed on the way", killed, figures)
	}
	j, err := journal.Open(path, "x", scanTime)
	if err != nil {
		t.Fatal(err)
	}
	d, err := quickClient(t, 5000).Scan(t.Context(), ScanOptions{Now: j.StartedAt(), Journal: j})
	if err != nil {
		t.Fatal(err)
	}
	if got := encoded(t, d); got != want {
		t.Errorf("the inventory differs:\n%s", cmp.Diff(want, got))
	}
	// The one question that the kill cut off is asked again.
	if made := asked() - figures; made > figures+1 {
		t.Errorf("asked %d times for what %d would do", made, figures)
	}
}

// kill begins a scan and stops it at some point on the way.
func kill(t *testing.T, path string, at func(Progress) bool) {
	t.Helper()
	j, err := journal.Create(path, journal.Header{Options: "x", StartedAt: scanTime})
	if err != nil {
		t.Fatal(err)
	}
	client := quickClient(t, 5000)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = client.Scan(ctx, ScanOptions{Now: scanTime, Journal: j, Progress: func(p Progress) {
		if at(p) {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the killed scan ended with %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}
