package placement

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"landfall.dev/landfall/internal/inventory"
)

// NodeType is a machine type of a provider.
type NodeType struct {
	Provider Provider
	// Name is the provider's, such as m5.xlarge.
	Name      string
	VCPU      int
	MemoryGiB float64
	// Architecture is x86_64 or arm64.
	Architecture string
	// MaxPods is how many pods a node runs at most, those of the system
	// included.
	MaxPods int64
	// Accelerator is nil on nodes without.
	Accelerator *inventory.Accelerator
}

//go:embed data/nodetypes.csv
var nodeTypesCSV string

var nodeTypeTable = sync.OnceValue(func() []NodeType {
	table, err := parseNodeTypes(nodeTypesCSV)
	if err != nil {
		panic("placement: the embedded table of node types is broken: " + err.Error())
	}
	return table
})

// NodeTypes are the types that pools of a provider may be made of, sorted by
// name. ProviderOther takes those of AWS.
func NodeTypes(provider Provider) []NodeType {
	switch provider {
	case ProviderGKE, ProviderAKS:
	case ProviderEKS, ProviderOther:
		provider = ProviderEKS
	default:
		provider = ProviderEKS
	}
	var types []NodeType
	for _, t := range nodeTypeTable() {
		if t.Provider == provider {
			types = append(types, t)
		}
	}
	return types
}

// Allocatable is what pods get of a node of this type.
func (t NodeType) Allocatable() Amounts {
	amounts := allocatable(t.Provider, t.VCPU, t.MemoryGiB, t.MaxPods)
	if t.Accelerator != nil {
		amounts.GPUs = int64(t.Accelerator.Count)
	}
	return amounts
}

const nodeTypeColumns = 10

func parseNodeTypes(text string) ([]NodeType, error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comment = '#'
	reader.FieldsPerRecord = nodeTypeColumns
	lines, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("cannot read the table of node types: %w", err)
	}
	if len(lines) == 0 {
		return nil, errors.New("the table of node types is empty")
	}
	types := make([]NodeType, 0, len(lines)-1)
	for _, line := range lines[1:] {
		t, err := parseNodeType(line)
		if err != nil {
			return nil, fmt.Errorf("node type %q: %w", line[1], err)
		}
		types = append(types, t)
	}
	slices.SortFunc(types, func(a, b NodeType) int {
		return strings.Compare(string(a.Provider)+"/"+a.Name, string(b.Provider)+"/"+b.Name)
	})
	return types, nil
}

func parseNodeType(cells []string) (NodeType, error) {
	t := NodeType{Provider: Provider(cells[0]), Name: cells[1], Architecture: cells[4]}
	var err error
	if t.VCPU, err = positive("vcpu", cells[2]); err != nil {
		return t, err
	}
	if t.MemoryGiB, err = strconv.ParseFloat(cells[3], 64); err != nil || !(t.MemoryGiB > 0) {
		return t, fmt.Errorf("memoryGiB is %q; want a number above 0", cells[3])
	}
	if t.Architecture != architectureX86 && t.Architecture != architectureARM {
		return t, fmt.Errorf("architecture is %q; want %s or %s", t.Architecture, architectureX86, architectureARM)
	}
	maxPods, err := positive("maxPods", cells[5])
	if err != nil {
		return t, err
	}
	t.MaxPods = int64(maxPods)
	if cells[6] == "" {
		return t, nil
	}
	accelerator := inventory.Accelerator{Vendor: cells[6], Model: cells[7]}
	if accelerator.Count, err = positive("acceleratorCount", cells[8]); err != nil {
		return t, err
	}
	if accelerator.MemoryMiBEach, err = positive("acceleratorMemoryMiB", cells[9]); err != nil {
		return t, err
	}
	t.Accelerator = &accelerator
	return t, nil
}

func positive(column, text string) (int, error) {
	value, err := strconv.Atoi(text)
	if err != nil || value <= 0 {
		return 0, fmt.Errorf("%s is %q; want a whole number above 0", column, text)
	}
	return value, nil
}
