package journey

import (
	"context"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"landfall.dev/landfall/internal/cli"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// asLandfall in the environment makes this test's program the command line.
const asLandfall = "LANDFALL_JOURNEY_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asLandfall) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(cli.Run(ctx, session.New("landfall"), os.Args[1:])) //nolint:gocritic // exitAfterDefer: as in cmd/landfall
}

// TestWholeAccount plays the stage that needs no cluster.
func TestWholeAccount(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	report := NewReport(io.Discard)
	j := &Journey{
		report: report,
		config: Config{Landfall: program, Account: filepath.Join("..", "standin", "accounts", "demo.yaml"), WorkDir: t.TempDir()},
		environment: []string{
			asLandfall + "=1", "AWS_REGION=" + region, "AWS_EC2_METADATA_DISABLED=true",
			"AWS_ACCESS_KEY_ID=" + migrationKey.ID, "AWS_SECRET_ACCESS_KEY=" + migrationKey.Secret,
		},
	}
	if err := report.Stage("the whole account", func() error { return j.wholeAccount(t.Context()) }); err != nil {
		t.Error(err)
	}
	for _, check := range report.Checks() {
		t.Logf("%s: %s", check.Name, check.Detail)
		if !check.Passed {
			t.Errorf("%s: %s", check.Name, check.Detail)
		}
	}
	if len(report.Checks()) < 12 {
		t.Errorf("%d checks were made; some were left out", len(report.Checks()))
	}
}

func TestSecretsInFindsThoseOfTheAccounts(t *testing.T) {
	got, err := secretsIn(filepath.Join("..", "standin", "accounts"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"hf_notarealtoken", "not-a-real-password-7", "not-a-real-token-8", migrationKey.Secret} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among %q", want, got)
		}
	}
}

func TestOutOfOrder(t *testing.T) {
	work := func(name string, dependsOn ...string) plan.Workload {
		w := plan.Workload{DependsOn: dependsOn}
		w.Kind, w.Name = inventory.WorkloadTraining, name
		return w
	}
	d := plan.Document{
		Phases:    []plan.Phase{{Number: 1, Workloads: []string{"Training/a", "Training/b"}}, {Number: 2, Workloads: []string{"Training/c"}}},
		Workloads: []plan.Workload{work("a"), work("b", "Training/a"), work("c", "Training/b", "Training/kept")},
	}
	if wrong := outOfOrder(d); len(wrong) > 0 {
		t.Errorf("in order, and yet %q", wrong)
	}
	d.Workloads[0] = work("a", "Training/c")
	d.Phases[1].Number = 1
	want := []string{"phase 1 after phase 1", "Training/a before Training/c"}
	if wrong := outOfOrder(d); !slices.Equal(wrong, want) {
		t.Errorf("found %q, want %q", wrong, want)
	}
}

func TestSameScanLooksPastTheTimeOnly(t *testing.T) {
	a := "scannedAt: \"1\"\nendpoints:\n  - name: a\n    cloudTrail:\n      from: \"1\"\n      to: \"2\"\n"
	if !sameScan([]byte(a), []byte(strings.NewReplacer(`"1"`, `"8"`, `"2"`, `"9"`).Replace(a))) {
		t.Error("the time alone tells them apart")
	}
	if sameScan([]byte(a), []byte(strings.Replace(a, "name: a", "name: b", 1))) {
		t.Error("another name is the same")
	}
}
