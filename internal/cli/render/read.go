package render

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

func (o *options) inventoryPath(planPath string) string {
	if o.inventory != "" {
		return o.inventory
	}
	return filepath.Join(filepath.Dir(planPath), "inventory.yaml")
}

// readInventory returns nil where none was named and none lies beside the plan.
func (o *options) readInventory(planPath string, planned plan.Document) (*inventory.Document, error) {
	path := o.inventoryPath(planPath)
	next := "name the inventory that the plan was made from with --inventory"
	if o.inventory == "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, nil //nolint:nilnil // there is none
		}
	}
	data, err := output.ReadFile(path, nil, next)
	if err != nil {
		return nil, err
	}
	found, err := inventory.Decode(data)
	if err == nil {
		err = plan.SamePlaces(planned.Accounts, found.Accounts)
	}
	if err != nil {
		return nil, &output.Failure{What: "cannot use the inventory " + path, Why: err.Error(), Next: next, Cause: err}
	}
	return &found, nil
}
