package session

import (
	"errors"
	"path/filepath"

	"github.com/spf13/cobra"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
)

// DefaultInventory is the name under which an inventory is looked for when
// nobody names one.
const DefaultInventory = "inventory.yaml"

// errNoInventory is that nobody named an inventory and none was found.
var errNoInventory = errors.New("there is no inventory")

// AddInventoryFlag adds --inventory to a command that reads a plan or a bundle
// and wants to know what the scan saw.
func AddInventoryFlag(command *cobra.Command, into *string) {
	command.Flags().StringVar(into, "inventory", "",
		"the inventory's `FILE`, - for the standard input; unset looks for "+DefaultInventory+" beside what is read, then here")
}

// FindInventory reads the inventory that --inventory names. Where it is not
// given, that is inventory.yaml in the folder where a plan or a bundle lies, else
// in the current one. Without either the error says where it was looked for;
// NoInventory tells that error from others.
func (s *Session) FindInventory(named, beside string) (*inventory.Document, error) {
	near := filepath.Join(filepath.Dir(filepath.Clean(beside)), DefaultInventory)
	path := named
	switch {
	case named != "":
	case exists(near):
		path = near
	case exists(DefaultInventory):
		path = DefaultInventory
	default:
		return nil, s.noInventory(near)
	}
	found, err := s.readInventory(path, "name the inventory that was scanned with --inventory, or make it: "+s.Program+" scan -o "+DefaultInventory)
	if err != nil {
		return nil, err
	}
	return &found, nil
}

func (s *Session) noInventory(near string) error {
	failure := &output.Failure{
		What: "cannot find the inventory", Why: "there is no " + near + ", and none in the current folder",
		Next: "name it with --inventory, or make it: " + s.Program + " scan -o " + DefaultInventory, Cause: errNoInventory,
	}
	if near == DefaultInventory {
		failure.Why = "there is no " + DefaultInventory + " in the current folder"
	}
	return failure
}

// FindInventoryOf is FindInventory for a plan, and refuses an inventory of
// accounts and regions that the plan is not of.
func (s *Session) FindInventoryOf(planned plan.Document, named, planPath string) (*inventory.Document, error) {
	found, err := s.FindInventory(named, planPath)
	if err != nil {
		return nil, err
	}
	if err := plan.SamePlaces(planned.Accounts, found.Accounts); err != nil {
		return nil, &output.Failure{
			What: "cannot use the inventory with the plan " + shown(planPath), Why: err.Error(),
			Next: "name the inventory that the plan was made from with --inventory", Cause: err,
		}
	}
	return found, nil
}

// NoInventory says that an error is only that no inventory was found, for
// commands that can do without, and where it was looked for.
func NoInventory(err error) (where string, none bool) {
	if !errors.Is(err, errNoInventory) {
		return "", false
	}
	failure := output.AsFailure(err)
	return failure.Why + "; " + failure.Next, true
}
