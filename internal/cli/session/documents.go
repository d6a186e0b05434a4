package session

import (
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// ReadPlan reads the plan that somebody named; - is the standard input.
func (s *Session) ReadPlan(path string) (plan.Document, error) {
	made := path
	if path == "-" {
		made = "plan.yaml"
	}
	data, err := output.ReadFile(path, s.In, s.Program+" plan inventory.yaml -o "+made)
	if err != nil {
		return plan.Document{}, err
	}
	planned, err := plan.Decode(data)
	if err != nil {
		return plan.Document{}, &output.Failure{What: "cannot use the plan " + path, Why: err.Error(), Next: "correct what is named", Cause: err}
	}
	return planned, nil
}

// ReadInventory reads the inventory that somebody named; - is the standard
// input.
func (s *Session) ReadInventory(path string) (inventory.Document, error) {
	data, err := output.ReadFile(path, s.In, s.Program+" scan -o "+path)
	if err != nil {
		return inventory.Document{}, err
	}
	found, err := inventory.Decode(data)
	if err != nil {
		return inventory.Document{}, &output.Failure{
			What: "cannot use the inventory " + path, Why: err.Error(), Next: s.Program + " scan -o inventory.yaml", Cause: err,
		}
	}
	return found, nil
}
