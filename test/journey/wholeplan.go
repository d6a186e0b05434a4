package journey

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// companyEndpoint is the endpoint that moves; another region has one of its name.
const companyEndpoint = "123456789012/" + region + "/Endpoint/" + endpointName

// planned plans what was found, explains one decision, and draws the page.
func (c *company) planned(ctx context.Context, found inventory.Document) error {
	inventoryPath, planPath, page := c.path("inventory.yaml"), c.path("plan.yaml"), c.path("report.html")
	table, _, err := c.landfall(ctx, "plan", inventoryPath, "-o", planPath)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(planPath)
	if err != nil {
		return err
	}
	d, err := plan.Decode(text)
	if err != nil {
		return err
	}
	c.checkPlan(d, found, table)
	said, _, err := c.landfall(ctx, "plan", "explain", companyEndpoint, "--plan", planPath)
	if err != nil {
		return err
	}
	var lacks []string
	// The traffic of the two weeks before now, which differ by the hour.
	for _, what := range []string{"Move, in phase", "What the scan saw", "3[0-4][0-9]{4} requests a day", "What its pods get", "node pool", "What it costs a month", "trail acme-audit"} {
		if !regexp.MustCompile(what).MatchString(said) {
			lacks = append(lacks, what)
		}
	}
	c.journey.report.Checkf("a decision is explained", len(lacks) == 0, "%d lines about %s, lacking %q", strings.Count(said, "\n"), endpointName, lacks)
	if _, _, err := c.landfall(ctx, "report", inventoryPath, "--plan", planPath, "-o", page); err != nil {
		return err
	}
	return c.checkPage(page, found)
}

func (c *company) checkPlan(d plan.Document, found inventory.Document, table string) {
	undecided, decisions := 0, map[plan.Decision]int{}
	for _, w := range d.Workloads {
		decisions[w.Decision]++
		if len(w.Reasons) == 0 || !strings.Contains(table, w.Name) {
			undecided++
		}
	}
	c.journey.report.Checkf("every workload has a decision and a reason", len(d.Workloads) == len(found.Workloads) && undecided == 0, "%d workloads: %v", len(d.Workloads), decisions)
	wrong := outOfOrder(d)
	c.journey.report.Checkf("phases come after what they rely on", len(d.Phases) > 1 && len(wrong) == 0, "%d phases, out of order: %d %s", len(d.Phases), len(wrong), oneLine(strings.Join(wrong, "; ")))
	c.journey.report.Checkf("the plan has nodes and costs", len(d.NodePools) > 0 && d.Costs != nil && d.Costs.SageMaker.USD > 0 && d.Costs.Cluster.USD > 0, "%d node pools", len(d.NodePools))
}

// outOfOrder names what stands in a plan before something that it depends on,
// and phases whose numbers do not rise.
func outOfOrder(d plan.Document) []string {
	var wrong []string
	position, number := map[string]int{}, 0
	for _, phase := range d.Phases {
		if phase.Number <= number {
			wrong = append(wrong, fmt.Sprintf("phase %d after phase %d", phase.Number, number))
		}
		number = phase.Number
		for _, key := range phase.Workloads {
			position[key] = len(position) + 1
		}
	}
	labels := d.Labels()
	for _, w := range d.Workloads {
		own := position[labels[w.Full()]]
		for _, other := range w.DependsOn {
			if at := position[other]; own > 0 && at > own {
				wrong = append(wrong, fmt.Sprintf("%s before %s", labels[w.Full()], other))
			}
		}
	}
	return wrong
}

// checkPage reads the page as a file; package test/browser opens such pages.
func (c *company) checkPage(path string, found inventory.Document) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	missing := 0
	for _, w := range found.Workloads {
		if !bytes.Contains(page, []byte(w.Name)) {
			missing++
		}
	}
	fetches := bytes.Contains(page, []byte(`src="http`)) || bytes.Contains(page, []byte(`href="http`))
	c.journey.report.Checkf("the page shows every workload and fetches nothing", missing == 0 && !fetches, "%d bytes, %d workloads missing", len(page), missing)
	return nil
}

// checkSecrets looks for the accounts' made-up secrets in everything that was
// written: files, journals, tables, messages.
func (c *company) checkSecrets() error {
	written := map[string][]byte{"what the commands said": c.said.Bytes(), "the journal of the killed scan": c.journal}
	files, err := filepath.Glob(filepath.Join(c.folder, "*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if written[file], err = os.ReadFile(file); err != nil {
			return err
		}
	}
	var leaks []string
	for where, text := range written {
		for _, secret := range c.secrets {
			if bytes.Contains(text, []byte(secret)) {
				leaks = append(leaks, secret+" in "+filepath.Base(where))
			}
		}
	}
	c.journey.report.Checkf("no secret of the accounts in anything written", len(leaks) == 0 && len(c.secrets) >= companySecrets,
		"looked for %d secrets in %d places, found %d %s", len(c.secrets), len(written), len(leaks), oneLine(strings.Join(leaks, "; ")))
	return nil
}
