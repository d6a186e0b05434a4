package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// Inventory returns the table of what a scan found, an endpoint a row. Where it
// scanned several accounts or regions, each row says which.
func Inventory(d inventory.Document) Table {
	table := Table{Columns: columns("ENDPOINT", "MODE", "STATUS", "INSTANCES", "REQUESTS/DAY", "P99", "MODELS")}
	several := len(d.Accounts) > 1
	if several {
		table.Columns = slices.Insert(table.Columns, 1, columns("ACCOUNT/REGION")...)
	}
	for i := range d.Endpoints {
		endpoint := &d.Endpoints[i]
		row := []Cell{
			Text(endpoint.Name), Text(string(endpoint.Mode)), awsStatus(endpoint),
			Text(instances(endpoint)), Text(requestsPerDay(endpoint)), Text(slowest(endpoint)), Text(modelNames(endpoint)),
		}
		if several {
			row = slices.Insert(row, 1, Text(endpoint.String()))
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// awsStatus judges SageMaker's word for an endpoint's state.
func awsStatus(endpoint *inventory.Endpoint) Cell {
	switch status := orNone(endpoint.Status); {
	case endpoint.Unread != "":
		return Cell{"Unread", Warn}
	case status == "InService":
		return Cell{status, Good}
	case status == "Failed", status == "UpdateRollbackFailed", status == "OutOfService":
		return Cell{status, Bad}
	case strings.HasSuffix(status, "ing"):
		return Cell{status, Busy}
	default:
		return Text(status)
	}
}

// instances says what the variants run on: 2×ml.m5.xlarge.
func instances(endpoint *inventory.Endpoint) string {
	var words []string
	for i := range endpoint.Variants {
		variant := &endpoint.Variants[i]
		switch {
		case variant.Serverless != nil:
			words = append(words, fmt.Sprintf("serverless %d MB", variant.Serverless.MemoryMB))
		case variant.InstanceType != "":
			words = append(words, count(variant.InstanceCount)+variant.InstanceType)
		}
	}
	return orNone(strings.Join(words, ", "))
}

func count(counts inventory.Counts) string {
	for _, known := range []*int32{counts.Current, counts.Desired, counts.Initial} {
		if known != nil {
			return fmt.Sprintf("%d×", *known)
		}
	}
	return ""
}

// requestsPerDay is the mean over the lookback of all variants together.
func requestsPerDay(endpoint *inventory.Endpoint) string {
	known, sum := false, 0.0
	for i := range endpoint.Variants {
		if traffic := endpoint.Variants[i].Traffic; traffic != nil {
			known = true
			sum += traffic.RequestsPerDay
		}
	}
	switch {
	case !known:
		return none
	case sum > 0 && sum < 1:
		return "<1"
	}
	return Count(int64(sum))
}

// slowest is the highest 99th percentile of the variants.
func slowest(endpoint *inventory.Endpoint) string {
	worst := -1.0
	for i := range endpoint.Variants {
		if traffic := endpoint.Variants[i].Traffic; traffic != nil && traffic.LatencyMilliseconds != nil {
			worst = max(worst, traffic.LatencyMilliseconds.P99)
		}
	}
	switch {
	case worst < 0:
		return none
	case worst < 10:
		return fmt.Sprintf("%.1f ms", worst)
	}
	return fmt.Sprintf("%.0f ms", worst)
}

func modelNames(endpoint *inventory.Endpoint) string {
	var names []string
	for i := range endpoint.Models {
		name := endpoint.Models[i].Name
		switch endpoint.Models[i].Presence {
		case inventory.Deleted:
			name += " (deleted)"
		case inventory.NotRead:
			name += " (not read)"
		case inventory.Present:
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return orNone(strings.Join(names, ", "))
}

// Unread returns the table of what a scan could not read, and why.
func Unread(d inventory.Document) Table {
	table := Table{Columns: columns("OPERATION", "CODE", "MISSING-PERMISSION", "RESOURCES")}
	for _, unread := range d.Unread {
		table.Rows = append(table.Rows, []Cell{
			Text(unread.Operation), {unread.Code, Warn}, Text(orNone(unread.Action)), Text(some(unread.Resources)),
		})
	}
	return table
}

// some names the first few of a list.
func some(names []string) string {
	const shown = 3
	if len(names) == 0 {
		return "all"
	}
	if len(names) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}

// WorkloadKinds returns the table of what work a scan found, a kind a row.
func WorkloadKinds(d inventory.Document) Table {
	table := Table{Columns: columns("WORKLOADS", "COUNT", "RESOURCES", "CRITICAL", "USD/MONTH")}
	type sums struct {
		count, resources, critical int
		cost                       *inventory.Cost
	}
	byKind := map[inventory.WorkloadKind]*sums{}
	for i := range d.Workloads {
		w := &d.Workloads[i]
		of := byKind[w.Kind]
		if of == nil {
			of = &sums{}
			byKind[w.Kind] = of
		}
		of.count++
		of.resources += w.ResourceCount
		if w.Criticality.Level == inventory.CriticalityHigh {
			of.critical++
		}
		if w.CostPerMonth != nil {
			if of.cost == nil {
				of.cost = &inventory.Cost{}
			}
			of.cost.USD += w.CostPerMonth.USD
			of.cost.Estimate = of.cost.Estimate || w.CostPerMonth.Estimate
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		of := byKind[kind]
		table.Rows = append(table.Rows, []Cell{
			Text(string(kind)), Text(Count(int64(of.count))), Text(Count(int64(of.resources))),
			Text(Count(int64(of.critical))), Text(amount(of.cost)),
		})
	}
	return table
}
