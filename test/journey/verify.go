package journey

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/internal/verify"
)

// verifiedRequests is how many captured requests are sent: enough to compare,
// few enough to watch.
const verifiedRequests = 20

// verifyOutside proves that the model runs outside SageMaker, with requests
// and answers as the endpoint on SageMaker gives them.
func (j *Journey) verifyOutside(ctx context.Context) error {
	requests, err := j.capture(ctx)
	if err != nil {
		return err
	}
	report := filepath.Join(j.config.WorkDir, "verify.yaml")
	_, err = j.landfall(ctx, "verify", filepath.Join(j.config.WorkDir, "bundle"), "-n", modelsNamespace,
		"--requests", requests, "--report", report, "--step-time", "1s", "--peak-time", "10s", "--max-concurrency", "4", "--timeout", "4m",
		// Two busy cores serve both sides here: latency is judged loosely.
		"--latency-floor", "1000")
	text, readErr := os.ReadFile(report)
	if readErr != nil {
		return err
	}
	found, decodeErr := verify.Decode(text)
	if decodeErr != nil {
		return decodeErr
	}
	for _, name := range []verify.StepName{verify.StepReady, verify.StepAnswers, verify.StepConcurrency, verify.StepStop} {
		step, _ := found.Step(name)
		j.report.Checkf("verified outside SageMaker: "+string(name), step.Verdict == verify.Passed || step.Verdict == verify.Warned, "%s: %s", step.Verdict, oneLine(step.Detail))
	}
	left, leftErr := j.kubectl(ctx, "-n", modelsNamespace, "get", "pods,secrets,configmaps,networkpolicies", "-l", "app.kubernetes.io/name=landfall-verify", "-o", "name")
	if leftErr != nil {
		return leftErr
	}
	j.report.Checkf("verify leaves nothing behind", strings.TrimSpace(left) == "", "%s", oneLine(left))
	if err != nil {
		return err
	}
	return j.planFromReport(ctx, report)
}

// capture writes requests with the answers of the endpoint on SageMaker.
func (j *Journey) capture(ctx context.Context) (string, error) {
	managed := NewRuntimeClient(Caller{URL: standInURL(j.config), Region: region, AccessKeyID: migrationKey.ID, SecretAccessKey: migrationKey.Secret})
	path := filepath.Join(j.config.WorkDir, "captured.jsonl")
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	lines := json.NewEncoder(file)
	for _, row := range j.rows[:min(len(j.rows), verifiedRequests)] {
		answer, err := invokeOnce(ctx, managed, row)
		if err != nil {
			return "", err
		}
		if err := lines.Encode(map[string]any{
			"contentType": "text/csv", "body": row, "expected": map[string]any{"contentType": "application/json", "body": answer},
		}); err != nil {
			return "", err
		}
	}
	return path, nil
}

// planFromReport makes the plan again with what was measured.
func (j *Journey) planFromReport(ctx context.Context, report string) error {
	path := filepath.Join(j.config.WorkDir, "plan.yaml")
	if _, err := j.landfall(ctx, "plan", filepath.Join(j.config.WorkDir, "inventory.yaml"), "-o", path, "--verified", report); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var plan struct {
		Workloads []struct {
			Name   string   `json:"name"`
			Sizing []string `json:"sizing"`
		} `json:"workloads"`
	}
	if err := yaml.Unmarshal(text, &plan); err != nil {
		return err
	}
	sizing := ""
	for _, w := range plan.Workloads {
		if w.Name == endpointName {
			sizing = strings.Join(w.Sizing, "; ")
		}
	}
	j.report.Checkf("the plan's sizes follow the report", strings.Contains(sizing, "sizes follow verify.yaml"), "%s", oneLine(sizing))
	return nil
}
