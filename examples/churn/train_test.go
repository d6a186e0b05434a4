package churn_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type metadata struct {
	Algorithm    string   `json:"algorithm"`
	Classes      []string `json:"classes"`
	FeatureNames []string `json:"feature_names"`
	Seed         int      `json:"seed"`
	SklearnIs    string   `json:"sklearn_version"`
}

func readMetadata(t *testing.T, s sandbox) metadata {
	t.Helper()
	var m metadata
	if err := json.Unmarshal([]byte(s.read(t, "model/metadata.json")), &m); err != nil {
		t.Fatalf("metadata.json: %v", err)
	}
	return m
}

func TestTrainIsDeterministic(t *testing.T) {
	var models [2]string
	for i := range models {
		s := newSandbox(t)
		status, out := s.run(t, nil, "train")
		if status != 0 {
			t.Fatalf("train: exit status %d: %s", status, out)
		}
		if !regexp.MustCompile(`(?m)^validation:accuracy=0\.9\d+;$`).MatchString(out) {
			t.Errorf("train printed %q; want an accuracy of at least 0.9 for a metric definition to read", out)
		}
		if _, err := os.Stat(s.ml("output/failure")); err == nil {
			t.Error("a run that succeeded left a failure file")
		}
		models[i] = s.read(t, "model/model.joblib") + s.read(t, "model/metadata.json") + s.read(t, "output/data/requests.csv")
		checkRequests(t, s)
		m := readMetadata(t, s)
		if diff := cmp.Diff([]string{"churn", "stay"}, m.Classes); diff != "" || m.SklearnIs == "" || m.Seed != 7 {
			t.Errorf("metadata %+v (-want +got classes):\n%s", m, diff)
		}
	}
	if models[0] != models[1] {
		t.Error("two runs with one seed left different artifacts")
	}
}

func checkRequests(t *testing.T, s sandbox) {
	t.Helper()
	rows := strings.Split(strings.TrimSpace(s.read(t, "output/data/requests.csv")), "\n")
	if len(rows) != 171 { // 30 % of 569, rounded up
		t.Errorf("requests.csv holds %d rows; want the 171 held out", len(rows))
	}
	if columns := strings.Count(rows[0], ",") + 1; columns != len(readMetadata(t, s).FeatureNames) {
		t.Errorf("a request has %d columns; want one per feature", columns)
	}
}

func TestTrainReadsHyperparametersAndChannel(t *testing.T) {
	s := newSandbox(t)
	// As the SageMaker SDK writes them, each value JSON in a string, and as the API does.
	s.write(t, "input/config/hyperparameters.json",
		`{"target": "\"kind\"", "seed": "11", "algorithm": "hist_gradient_boosting", "_tuning_objective_metric": "x", "sagemaker_program": "y"}`)
	var table strings.Builder
	table.WriteString("width,kind,height\n")
	for range 20 {
		table.WriteString("1,a,2\n5,b,9\n9,\"c, too\",4\n")
	}
	s.write(t, "input/data/training/part.csv", table.String())
	if status, out := s.run(t, nil, "train"); status != 0 {
		t.Fatalf("train: exit status %d: %s", status, out)
	}
	got := readMetadata(t, s)
	got.SklearnIs = ""
	want := metadata{Algorithm: "hist_gradient_boosting", Classes: []string{"a", "b", "c, too"}, FeatureNames: []string{"width", "height"}, Seed: 11}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}

func TestTrainFails(t *testing.T) {
	const hyper, csv = "input/config/hyperparameters.json", "input/data/training/a.csv"
	cases := map[string]struct{ file, content, want string }{
		"unknown hyperparameter":   {hyper, `{"epochs": "3"}`, "unknown hyperparameter 'epochs'; known are"},
		"number as a word":         {hyper, `{"seed": "many"}`, "seed is 'many': it must be a whole number"},
		"value out of range":       {hyper, `{"test_fraction": "2"}`, "test_fraction is '2'"},
		"value that is no string":  {hyper, `{"seed": 3}`, "seed is 3: every value must be a string"},
		"not JSON":                 {hyper, `{`, "is not JSON"},
		"not an object":            {hyper, `[]`, "holds a list"},
		"unknown algorithm":        {hyper, `{"algorithm": "guess"}`, "known are logistic_regression"},
		"no label column":          {csv, "a,b\n1,2\n", "exactly one column 'label'"},
		"text among the numbers":   {csv, "a,label\n1,x\nmany,y\n", "line 3: 'many' is not a finite number"},
		"a short row":              {csv, "a,b,label\n1,2,x\n1\n", "line 3 has 1 values; the header names 3"},
		"one class":                {csv, "a,label\n1,x\n2,x\n", "needs at least 2"},
		"too few rows to hold out": {csv, "a,label\n1,x\n2,y\n", "cannot split"},
		"a channel without CSV":    {"input/data/training/a.parquet", "PAR1", "holds no *.csv file"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t)
			s.write(t, tc.file, tc.content)
			status, out := s.run(t, nil, "train")
			failure := s.read(t, "output/failure")
			if status != 1 || !strings.Contains(failure, tc.want) || !strings.Contains(out, failure) {
				t.Errorf("exit status %d, failure %q, output %q; want 1 and both to say %q", status, failure, out, tc.want)
			}
			if strings.Contains(out, "Traceback") {
				t.Errorf("a mistake of the user's ended in a traceback: %s", out)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	s := newSandbox(t)
	for _, args := range [][]string{nil, {"predict"}, {"train", "serve"}} {
		if status, out := s.run(t, nil, args...); status != 2 || !strings.Contains(out, "usage:") {
			t.Errorf("churn %q: exit status %d, %q; want 2 and the usage", args, status, out)
		}
	}
}
