package journey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/test/standin"
)

// What the company has at least: a scan that finds less lost some.
const (
	companyWorkloads = 60
	companySecrets   = 8
)

// companyKinds are all kinds of workloads.
var companyKinds = []inventory.WorkloadKind{
	inventory.WorkloadEndpoint, inventory.WorkloadTraining, inventory.WorkloadTuning, inventory.WorkloadAutoML,
	inventory.WorkloadProcessing, inventory.WorkloadTransform, inventory.WorkloadCompilation, inventory.WorkloadLabeling,
	inventory.WorkloadPipeline, inventory.WorkloadNotebook, inventory.WorkloadStudio, inventory.WorkloadRegistry,
	inventory.WorkloadExperiments, inventory.WorkloadFeatureGroup, inventory.WorkloadMonitoring, inventory.WorkloadHub,
	inventory.WorkloadCluster, inventory.WorkloadInferenceExperiment, inventory.WorkloadEdge, inventory.WorkloadModel,
}

// wholeAccount scans everything that a company has on SageMaker, plans it, and
// draws the page for people.
func (j *Journey) wholeAccount(ctx context.Context) (err error) {
	c, stop, err := j.startCompany(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	found, err := c.scans(ctx)
	if err != nil {
		return err
	}
	if err := c.checkPolicy(ctx); err != nil {
		return err
	}
	if err := c.checkDenied(ctx); err != nil {
		return err
	}
	if err := c.planned(ctx, found); err != nil {
		return err
	}
	return c.checkSecrets()
}

// scans compares scans of the same accounts. Traffic is read by the hour: where
// an hour ends in between, they differ rightly, and all are made again.
func (c *company) scans(ctx context.Context) (found inventory.Document, err error) {
	for range 2 {
		hour := time.Now().Truncate(time.Hour)
		results, err := c.threeScans(ctx)
		if err != nil {
			return found, err
		}
		if !time.Now().Truncate(time.Hour).Equal(hour) {
			c.journey.report.Notef("an hour ended in between: once more")
			continue
		}
		if found, err = inventory.Decode(results.first); err != nil {
			return found, err
		}
		c.checkFound(found)
		c.checkSame(results)
		return found, nil
	}
	return found, errors.New("an hour ended twice within a minute")
}

// threeScansResult is what came of a scan, of the same again, and of one that
// was killed and went on.
type threeScansResult struct {
	first, again, resumed          []byte
	calls, killedAfter, callsAfter int64
}

func (c *company) threeScans(ctx context.Context) (r threeScansResult, err error) {
	for _, file := range []string{"inventory.yaml", "again.yaml", "resumed.yaml"} {
		if err := os.Remove(c.path(file)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return r, err
		}
	}
	if r.first, r.calls, err = c.scan(ctx, "inventory.yaml"); err != nil {
		return r, err
	}
	if r.again, _, err = c.scan(ctx, "again.yaml"); err != nil {
		return r, err
	}
	// A machine that is busy elsewhere may let the scan end before it is killed.
	for _, share := range []int64{2, 4, 8} {
		r.killedAfter = r.calls / share
		if err = c.scanAndKill(ctx, "resumed.yaml", r.killedAfter); !errors.Is(err, errTooLate) {
			break
		}
		if err := os.Remove(c.path("resumed.yaml")); err != nil {
			return r, err
		}
	}
	if err != nil {
		return r, err
	}
	r.resumed, r.callsAfter, err = c.scan(ctx, "resumed.yaml")
	return r, err
}

func (c *company) checkFound(d inventory.Document) {
	kinds := map[inventory.WorkloadKind]int{}
	for _, w := range d.Workloads {
		kinds[w.Kind]++
	}
	missing := slices.DeleteFunc(slices.Clone(companyKinds), func(k inventory.WorkloadKind) bool { return kinds[k] > 0 })
	c.journey.report.Checkf("every kind of workload is found", len(missing) == 0, "%d kinds, %d missing %v", len(kinds), len(missing), missing)
	c.journey.report.Checkf("all of both accounts is found", len(d.Workloads) >= companyWorkloads && len(d.Accounts) == 4 && len(d.Unread) == 0,
		"%d workloads of %d resources in %d accounts and regions, %d operations not answered",
		len(d.Workloads), len(d.Resources)+len(d.Endpoints), len(d.Accounts), len(d.Unread))
}

func (c *company) checkSame(r threeScansResult) {
	report := c.journey.report
	report.Checkf("two scans are the same", sameScan(r.first, r.again), "%d bytes but for the time of the scan, %d calls", len(r.first), r.calls)
	report.Checkf("a killed scan goes on", r.callsAfter < r.calls, "killed after %d of %d calls, it took %d more", r.killedAfter, r.calls, r.callsAfter)
	report.Checkf("and finds the same", sameScan(r.first, r.resumed), "%d bytes", len(r.resumed))
}

// whenForm are the fields that say when the scan was, and which time it read.
var whenForm = regexp.MustCompile(`(?m)^ *(scannedAt|from|to): .*\n`)

func sameScan(a, b []byte) bool {
	return string(whenForm.ReplaceAll(a, nil)) == string(whenForm.ReplaceAll(b, nil))
}

// withoutPermission are calls that AWS answers to everybody.
var withoutPermission = []string{"sts:GetCallerIdentity"}

// ofS3 are the permissions for what the stand-in counts by the method of HTTP.
var ofS3 = map[string][]string{"s3:GET": {"s3:GetObject", "s3:ListBucket"}, "s3:HEAD": {"s3:GetObject"}}

// checkPolicy compares every call so far with the policy that the scan prints.
func (c *company) checkPolicy(ctx context.Context) error {
	text, _, err := c.landfall(ctx, append([]string{"scan", "--print-policy", "--cloudtrail"}, places...)...)
	if err != nil {
		return err
	}
	var policy struct {
		Statement []struct {
			Action []string `json:"Action"`
		} `json:"Statement"`
	}
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return fmt.Errorf("the policy is no JSON: %w", err)
	}
	allowed := slices.Clone(withoutPermission)
	for _, s := range policy.Statement {
		allowed = append(allowed, s.Action...)
	}
	called := c.server.Requests().Operations
	var missing []string
	for _, operation := range slices.Sorted(maps.Keys(called)) {
		needs, known := ofS3[operation]
		if !known {
			needs = []string{operation}
		}
		for _, action := range needs {
			if !slices.Contains(allowed, action) {
				missing = append(missing, action)
			}
		}
	}
	c.journey.report.Checkf("the printed policy covers every call", len(missing) == 0 && len(called) > 50,
		"%d operations called, %d actions allowed, missing %v", len(called), len(allowed)-len(withoutPermission), missing)
	return nil
}

// denied are permissions that somebody forgot to give: a list, a description,
// and one of another service.
var denied = []string{"sagemaker:ListNotebookInstances", "sagemaker:DescribeModel", "cloudwatch:DescribeAlarms"}

// checkDenied scans with permissions missing: the rest is scanned all the same,
// and each is named.
func (c *company) checkDenied(ctx context.Context) error {
	before := c.server.Knobs()
	knobs := before
	knobs.Operations = maps.Clone(before.Operations)
	for _, action := range denied {
		knobs.Operations[action] = standin.OperationKnobs{Deny: true}
	}
	if err := c.server.SetKnobs(knobs); err != nil {
		return err
	}
	stdout, stderr, err := c.landfall(ctx, "scan", "-o", c.path("denied.yaml"), "--rate", companyRate, "--region", region)
	if err := errors.Join(err, c.server.SetKnobs(before)); err != nil {
		return err
	}
	var unnamed []string
	for _, action := range denied {
		if !strings.Contains(stdout+stderr, action) {
			unnamed = append(unnamed, action)
		}
	}
	text, err := os.ReadFile(c.path("denied.yaml"))
	if err != nil {
		return err
	}
	rest, err := inventory.Decode(text)
	c.journey.report.Checkf("missing permissions are named", err == nil && len(unnamed) == 0 && len(rest.Unread) == len(denied) && len(rest.Workloads) >= companyWorkloads,
		"%d of %d named, %d workloads found all the same", len(denied)-len(unnamed), len(denied), len(rest.Workloads))
	return err
}
