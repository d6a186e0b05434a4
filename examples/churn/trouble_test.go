package churn_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// dataSet prints every row of the data set the trainer falls back to, as CSV.
const dataSet = "import csv, sys; from sklearn.datasets import load_breast_cancer; " +
	"csv.writer(sys.stdout, lineterminator='\\n').writerows(load_breast_cancer().data.tolist())"

// TestWrongVariantFlipsAFewLabels bounds the damage: health checks must not see
// it and a comparison of answers must.
func TestWrongVariantFlipsAFewLabels(t *testing.T) {
	s := trained(t)
	cmd := s.command(t.Context(), nil)
	cmd.Args = []string{python, "-B", "-c", dataSet}
	rows, err := cmd.Output()
	if err != nil {
		t.Fatalf("print the data set: %v", err)
	}
	good := labels(t, s.serve(t).post(t, "text/csv", "", string(rows)).Body)
	wrong := labels(t, s.serve(t, "CHURN_VARIANT=wrong").post(t, "text/csv", "", string(rows)).Body)
	if len(good) != 569 || len(wrong) != len(good) {
		t.Fatalf("%d and %d answers; want 569 each", len(good), len(wrong))
	}
	flipped := 0
	for i := range good {
		if good[i] != wrong[i] {
			flipped++
		}
	}
	percent := 100 * float64(flipped) / float64(len(good))
	t.Logf("%d of %d labels flipped: %.2f %%", flipped, len(good), percent)
	if percent < 2 || percent > 6 {
		t.Errorf("the wrong variant flips %.2f %% of the labels; want 2 to 6", percent)
	}
}

func TestFailingVariantFailsItsShare(t *testing.T) {
	s := trained(t)
	row := s.rows(t, 1)[0]
	srv := s.serve(t, "CHURN_VARIANT=failing", "CHURN_FAIL_PERCENT=20", "CHURN_TROUBLE_AFTER=10", "SAGEMAKER_MODEL_SERVER_WORKERS=1")
	failed := 0
	for i := range 110 {
		got := srv.post(t, "text/csv", "", row)
		if got.Status == 200 {
			continue
		}
		failed++
		if i < 10 || got.Status != 500 || !strings.Contains(got.Body, "fails on purpose") {
			t.Errorf("request %d answers %+v; want 500 after the tenth only", i, got)
		}
	}
	if failed != 20 {
		t.Errorf("%d of 100 requests failed; want 20", failed)
	}
	srv.waitFor(t, http.StatusOK) // health checks notice nothing
}

func TestTroubleBeginsForAllWorkersTogether(t *testing.T) {
	s := trained(t)
	row := s.rows(t, 1)[0]
	srv := s.serve(t, "CHURN_VARIANT=failing", "CHURN_FAIL_PERCENT=100", "CHURN_TROUBLE_AFTER=20", "SAGEMAKER_MODEL_SERVER_WORKERS=3")
	for i := range 40 {
		http.DefaultClient.CloseIdleConnections() // another connection may meet another worker
		if got, want := srv.post(t, "text/csv", "", row).Status, map[bool]int{true: 200, false: 500}[i < 20]; got != want {
			t.Fatalf("request %d answers %d; want %d: the count is one for all workers", i, got, want)
		}
	}
}

func TestSlowVariantWaitsWhileItsFileExists(t *testing.T) {
	s := trained(t)
	row := s.rows(t, 1)[0]
	trigger := s.host + "/trouble"
	const slow = 400 * time.Millisecond
	srv := s.serve(t, "CHURN_VARIANT=slow", "CHURN_SLOW_MS=400", "CHURN_TROUBLE_FILE="+s.inside(trigger))
	took := func() time.Duration {
		t.Helper()
		started := time.Now()
		if got := srv.post(t, "text/csv", "", row); got.Status != 200 {
			t.Fatalf("answer %+v; want 200", got)
		}
		return time.Since(started)
	}
	// A busy machine makes some requests slow, the file every one.
	isQuick := func() bool {
		t.Helper()
		for range 20 {
			if took() < slow {
				return true
			}
		}
		return false
	}
	if !isQuick() {
		t.Error("without the file no request is quick")
	}
	if err := os.WriteFile(trigger, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if during := took(); during < slow {
		t.Errorf("with the file a request took %v; want at least %v", during, slow)
	}
	if err := os.Remove(trigger); err != nil {
		t.Fatal(err)
	}
	if !isQuick() {
		t.Error("once the file was gone no request is quick")
	}
}
