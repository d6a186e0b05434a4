package view_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/view"
)

func texts(table view.Table) [][]string {
	var head []string
	for _, column := range table.Columns {
		head = append(head, column.Name)
	}
	rows := [][]string{head}
	for _, cells := range table.Rows {
		var row []string
		for _, cell := range cells {
			row = append(row, cell.String())
		}
		rows = append(rows, row)
	}
	return rows
}

func TestEndpoints(t *testing.T) {
	got := texts(view.Endpoints([]v1alpha1.Endpoint{*scenes["06-shifting"], *scenes["03-stalled"]}, true, now))
	want := [][]string{
		{"NAMESPACE", "NAME", "READY", "STATUS", "LIVE", "TRAFFIC", "ROLLOUT", "ENDPOINT-NAME", "COMPARED", "MESSAGE", "AGE"},
		{"team-a", "churn", "True", "✔ Ready", "managed", "managed 90%, cluster 10%", "Shifting 2/4", "Churn-Prod", "12.4k", "-", "3h"},
		{"team-a", "churn", "False", "✖ ModelNotFound", "managed", "managed 100%", "-", "Churn-Prod", "-",
			"there is no Model churn-7: create it, or correct spec.variants[1].pods.modelRef", "3h"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Endpoints() differs (-want +got):\n%s", diff)
	}
}

func TestModels(t *testing.T) {
	model := v1alpha1.Model{
		ObjectMeta: metav1.ObjectMeta{Name: "churn-7", Generation: 1, CreationTimestamp: made},
		Spec: v1alpha1.ModelSpec{
			Container: v1alpha1.ModelContainer{Image: "registry.example.com/churn:7"},
			Framework: &v1alpha1.ModelFramework{Name: "sklearn", Version: "1.5"},
			Approval:  v1alpha1.ModelPendingApproval,
		},
		Status: v1alpha1.ModelStatus{
			ObservedGeneration: 1, Size: "12Mi",
			Conditions: []metav1.Condition{
				{Type: "Ready", Status: "False", Reason: "ModelNotApproved"},
				{Type: "Stalled", Status: "True", Reason: "ModelNotApproved", Message: "set spec.approval to Approved"},
			},
		},
	}
	got := texts(view.Models([]v1alpha1.Model{model, {ObjectMeta: metav1.ObjectMeta{Name: "bare"}}}, false, now))
	want := [][]string{
		{"NAME", "READY", "STATUS", "FRAMEWORK", "APPROVAL", "SIZE", "IMAGE", "MESSAGE", "AGE"},
		{"churn-7", "False", "✖ ModelNotApproved", "sklearn 1.5", "⚠ PendingManualApproval", "12Mi", "registry.example.com/churn:7", "set spec.approval to Approved", "3h"},
		{"bare", "Unknown", "◌ Pending", "-", "-", "-", "", "-", "-"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Models() differs (-want +got):\n%s", diff)
	}
}

func TestWorkloadClasses(t *testing.T) {
	class := v1alpha1.WorkloadClass{
		ObjectMeta: metav1.ObjectMeta{Name: "online", CreationTimestamp: made},
		Spec: v1alpha1.WorkloadClassSpec{
			Purpose:      v1alpha1.PurposeOnline,
			NodeSelector: map[string]string{"zone": "a", "pool": "gpu"},
			Tolerations:  []corev1.Toleration{{Key: "gpu", Value: "yes", Effect: corev1.TaintEffectNoSchedule}, {Operator: corev1.TolerationOpExists}},
		},
	}
	got := texts(view.WorkloadClasses([]v1alpha1.WorkloadClass{class}, now))
	want := [][]string{
		{"NAME", "PURPOSE", "PRIORITY", "NODE-SELECTOR", "TOLERATIONS", "AGE"},
		{"online", "Online", "-", "pool=gpu,zone=a", "gpu=yes:NoSchedule,*", "3h"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("WorkloadClasses() differs (-want +got):\n%s", diff)
	}
}

func TestNarrowDropsWideColumns(t *testing.T) {
	wide := view.Endpoints([]v1alpha1.Endpoint{*scenes["04-ready"]}, false, now)
	narrow := wide.Narrow()
	for _, column := range narrow.Columns {
		if column.Wide {
			t.Errorf("column %s is wide", column.Name)
		}
	}
	if len(narrow.Rows[0]) != len(narrow.Columns) || len(narrow.Columns) >= len(wide.Columns) {
		t.Errorf("%d cells under %d columns, of %d wide ones", len(narrow.Rows[0]), len(narrow.Columns), len(wide.Columns))
	}
	if last := narrow.Columns[len(narrow.Columns)-1].Name; last != "AGE" {
		t.Errorf("the last column is %s, want AGE", last)
	}
}

func TestFigures(t *testing.T) {
	counts := map[int64]string{0: "0", 999: "999", 1000: "1k", 1999: "1.9k", 12_489: "12.4k", 999_999: "999k", 1_050_000: "1M", 3_100_000: "3.1M", 2_000_000_000: "2G"}
	for n, want := range counts {
		if got := view.Count(n); got != want {
			t.Errorf("Count(%d) = %s, want %s", n, got, want)
		}
	}
	sizes := map[int64]string{0: "0B", 1023: "1023B", 1024: "1Ki", 12 << 20: "12Mi", 1<<30 + 1<<29: "1.5Gi"}
	for n, want := range sizes {
		if got := view.Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %s, want %s", n, got, want)
		}
	}
	shares := map[int32]string{0: "0%", 1: "0.01%", 1000: "10%", 9990: "99.9%", 10000: "100%"}
	for n, want := range shares {
		if got := view.Share(n); got != want {
			t.Errorf("Share(%d) = %s, want %s", n, got, want)
		}
	}
	if got := view.Age(metav1.Time{}, now); got != "-" {
		t.Errorf("Age of nothing = %s, want -", got)
	}
	if got := view.Age(metav1.NewTime(now.Add(-90*time.Second)), now); got != "90s" {
		t.Errorf("Age = %s, want 90s", got)
	}
}

// A goal such as 1k compared requests must not be shown before it is reached.
func TestCountNeverRoundsUp(t *testing.T) {
	sizes := map[string]float64{"": 1, "k": 1e3, "M": 1e6, "G": 1e9}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 999_999_999_999).Draw(t, "n")
		shown := view.Count(n)
		digits := strings.TrimRight(shown, "kMG")
		value, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			t.Fatalf("Count(%d) = %s: %v", n, shown, err)
		}
		value *= sizes[shown[len(digits):]]
		if value > float64(n) || value < float64(n)*0.9 {
			t.Fatalf("Count(%d) = %s, want at most it and at least nine tenths", n, shown)
		}
	})
}
