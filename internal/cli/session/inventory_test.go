package session_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// place writes an inventory of a region, which tells it from others.
func place(t *testing.T, path, region string) {
	t.Helper()
	text, err := inventory.Encode(inventory.Document{Accounts: []inventory.Account{{Region: region}}})
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestFindInventory(t *testing.T) {
	cases := map[string]struct {
		files         []string // each is of the region that it is named after
		named, beside string
		want          string
		fails         string
	}{
		"named":               {files: []string{"mine.yaml", "inventory.yaml"}, named: "mine.yaml", beside: "plan.yaml", want: "mine.yaml"},
		"beside a plan":       {files: []string{"team/inventory.yaml", "inventory.yaml"}, beside: "team/plan.yaml", want: "team/inventory.yaml"},
		"beside a bundle":     {files: []string{"bundles/inventory.yaml", "inventory.yaml"}, beside: "bundles/churn/", want: "bundles/inventory.yaml"},
		"in the folder":       {files: []string{"inventory.yaml"}, beside: "team/plan.yaml", want: "inventory.yaml"},
		"of a plan in a pipe": {files: []string{"inventory.yaml"}, beside: "-", want: "inventory.yaml"},
		"nowhere":             {beside: "team/plan.yaml", fails: "cannot find the inventory: there is no team/inventory.yaml, and none in the current folder"},
		"not in the folder":   {beside: "plan.yaml", fails: "cannot find the inventory: there is no inventory.yaml in the current folder"},
		"named in vain":       {files: []string{"inventory.yaml"}, named: "mine.yaml", beside: "plan.yaml", fails: "cannot read mine.yaml: it does not exist"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for _, file := range c.files {
				place(t, file, file)
			}
			found, err := session.New("landfall").FindInventory(c.named, c.beside)
			where, none := session.NoInventory(err)
			if looked := strings.HasPrefix(c.fails, "cannot find"); none != looked || none && !strings.Contains(where, "--inventory") {
				t.Errorf("NoInventory of %v: %q, %t, want %t", err, where, none, looked)
			}
			switch {
			case c.fails != "" && (err == nil || err.Error() != c.fails):
				t.Errorf("got %v, want %s", err, c.fails)
			case c.fails == "" && (err != nil || found.Accounts[0].Region != c.want):
				t.Errorf("found %+v, %v, want %s", found, err, c.want)
			}
		})
	}
}

func TestAnInventoryOfElsewhereIsRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	place(t, "inventory.yaml", "us-east-1")
	planned := plan.Document{Accounts: []inventory.Account{{Region: "eu-west-1"}}}
	_, err := session.New("landfall").FindInventoryOf(planned, "", "plan.yaml")
	if err == nil || !strings.Contains(err.Error(), "eu-west-1") {
		t.Errorf("got %v, want a refusal", err)
	}
	if _, none := session.NoInventory(err); none {
		t.Error("an inventory of elsewhere is none")
	}
}

// TestOneFileComesFromThePipe reads it once: a second file would be empty.
func TestOneFileComesFromThePipe(t *testing.T) {
	text, err := plan.Encode(plan.Document{})
	if err != nil {
		t.Fatal(err)
	}
	s := session.New("landfall")
	s.In = strings.NewReader(string(text))
	if _, err := s.ReadPlan("-"); err != nil {
		t.Fatal(err)
	}
	_, err = s.FindInventory("-", "-")
	if err == nil || output.AsFailure(err).ExitCode() != output.ExitUsage {
		t.Errorf("got %v, want that the standard input is read", err)
	}
}
