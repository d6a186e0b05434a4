package inventory

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Instance is what a SageMaker instance type has.
type Instance struct {
	VCPU      int     `json:"vcpu"`
	MemoryGiB float64 `json:"memoryGiB"`
	// Architecture is x86_64 or arm64.
	Architecture string       `json:"architecture,omitempty"`
	Accelerator  *Accelerator `json:"accelerator,omitempty"`
}

// Accelerator is a GPU or another inference chip.
type Accelerator struct {
	Vendor string `json:"vendor"`
	Model  string `json:"model"`
	Count  int    `json:"count"`
	// MemoryMiBEach is 0 when it is not known.
	MemoryMiBEach int `json:"memoryMiBEach,omitempty"`
}

//go:embed data/instances.csv
var instancesCSV string

var instanceTable = sync.OnceValue(func() map[string]Instance {
	table, err := parseInstances(instancesCSV)
	if err != nil {
		panic("inventory: the embedded table of instances is broken: " + err.Error())
	}
	return table
})

// InstanceOf returns what a type such as ml.m5.xlarge has, or nil when the
// type is not known here.
func InstanceOf(instanceType string) *Instance {
	instance, ok := instanceTable()[instanceType]
	if !ok {
		return nil
	}
	return &instance
}

func parseInstances(text string) (map[string]Instance, error) {
	rows, err := readTable(text)
	if err != nil {
		return nil, err
	}
	table := make(map[string]Instance, len(rows))
	for _, row := range rows {
		instance, err := parseInstance(row)
		if err != nil {
			return nil, fmt.Errorf("type %s: %w", row["type"], err)
		}
		table[row["type"]] = instance
	}
	return table, nil
}

func parseInstance(row map[string]string) (Instance, error) {
	vcpu, err := strconv.Atoi(row["vcpu"])
	if err != nil {
		return Instance{}, fmt.Errorf("vcpu: %w", err)
	}
	memory, err := strconv.ParseFloat(row["memoryGiB"], 64)
	if err != nil {
		return Instance{}, fmt.Errorf("memoryGiB: %w", err)
	}
	instance := Instance{VCPU: vcpu, MemoryGiB: memory, Architecture: row["architecture"]}
	if row["acceleratorCount"] == "" {
		return instance, nil
	}
	count, err := strconv.Atoi(row["acceleratorCount"])
	if err != nil {
		return Instance{}, fmt.Errorf("acceleratorCount: %w", err)
	}
	memoryMiB := 0
	if text := row["acceleratorMemoryMiB"]; text != "" {
		if memoryMiB, err = strconv.Atoi(text); err != nil {
			return Instance{}, fmt.Errorf("acceleratorMemoryMiB: %w", err)
		}
	}
	instance.Accelerator = &Accelerator{
		Vendor: row["acceleratorVendor"], Model: row["acceleratorModel"], Count: count, MemoryMiBEach: memoryMiB,
	}
	return instance, nil
}

// readTable reads CSV with a header line and comments, by column name.
func readTable(text string) ([]map[string]string, error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comment = '#'
	lines, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("cannot read the table: %w", err)
	}
	if len(lines) == 0 {
		return nil, errors.New("the table is empty")
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := make(map[string]string, len(line))
		for i, cell := range line {
			row[lines[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows, nil
}
