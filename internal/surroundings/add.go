package surroundings

import (
	"slices"
	"strings"

	"landfall.dev/landfall/internal/access"
	"landfall.dev/landfall/internal/inventory"
)

// AddTo puts what was found at a place into the inventory of that place, with
// the callers that IAM allows. Tags are filled in where the inventory has none.
// What of the account could not be read is left to the caller: it is the same
// for all places.
func (f Found) AddTo(d *inventory.Document, account Account) {
	callers, coverage := f.Callers(account, EndpointsOf(*d))
	d.Callers = append(d.Callers, callers...)
	d.CallerCoverage = append(d.CallerCoverage, coverage)
	d.Alarms = append(d.Alarms, f.Alarms...)
	d.LogGroups = append(d.LogGroups, f.LogGroups...)
	d.Unread = append(d.Unread, f.Unread...)
	for i := range d.Endpoints {
		d.MaskedValues += f.tag(d.Endpoints[i].ARN, &d.Endpoints[i].Tags)
	}
	for i := range d.Resources {
		d.MaskedValues += f.tag(d.Resources[i].ARN, &d.Resources[i].Tags)
	}
	for _, alarm := range f.Alarms {
		d.MaskedValues += strings.Count(alarm.Description+alarm.StateReason+alarm.LogQuery, inventory.Masked)
	}
}

// tag fills in the tags of a resource that has none, and says how many of their
// values are masked.
func (f Found) tag(arn string, tags *[]inventory.Tag) int {
	if len(*tags) > 0 || arn == "" {
		return 0
	}
	*tags = f.Tags.Of[arn]
	count := 0
	for _, tag := range *tags {
		if tag.Value == inventory.Masked {
			count++
		}
	}
	return count
}

// EndpointsOf are the endpoints of an inventory, as Options wants them.
func EndpointsOf(d inventory.Document) []access.Endpoint {
	endpoints := make([]access.Endpoint, 0, len(d.Endpoints))
	for i := range d.Endpoints {
		e := &d.Endpoints[i]
		endpoints = append(endpoints, access.Endpoint{Name: e.Name, ARN: e.ARN, Place: e.Place})
	}
	return endpoints
}

// AlarmNamesOf are the names of the alarms that scaling policies and
// deployments of an inventory refer to, sorted.
func AlarmNamesOf(d inventory.Document) []string {
	var names []string
	for i := range d.Endpoints {
		names = append(names, d.Endpoints[i].RollbackAlarms...)
		for _, scaling := range d.Endpoints[i].Scaling {
			for _, policy := range scaling.Policies {
				names = append(names, policy.Alarms...)
			}
		}
	}
	for i := range d.Resources {
		names = append(names, alarmsOf(d.Resources[i].Spec.Fields())...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// alarmsOf finds AlarmName wherever it stands in a description: components,
// clusters and experiments have it in different places.
func alarmsOf(value any) []string {
	var names []string
	switch value := value.(type) {
	case map[string]any:
		for field, inner := range value {
			if name, ok := inner.(string); ok && field == "AlarmName" {
				names = append(names, name)
			}
			names = append(names, alarmsOf(inner)...)
		}
	case []any:
		for _, inner := range value {
			names = append(names, alarmsOf(inner)...)
		}
	}
	return names
}
