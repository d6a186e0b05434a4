package view

import (
	"time"

	"landfall.dev/landfall/api/v1alpha1"
)

// Models returns the table of Models. Its first column is NAMESPACE when they
// come from more than one.
func Models(items []v1alpha1.Model, namespaced bool, now time.Time) Table {
	table := Table{Columns: columns("NAME", "READY", "STATUS", "FRAMEWORK", "APPROVAL")}
	table.Columns = append(table.Columns, wide("SIZE", "IMAGE", "MESSAGE")...)
	table.Columns = append(table.Columns, columns("AGE")...)
	for i := range items {
		model := &items[i]
		state := judge(model.ObjectMeta, model.Status.ObservedGeneration, model.Status.Conditions)
		table.Rows = append(table.Rows, []Cell{
			Text(model.Name), Text(state.ready), state.state,
			Text(framework(model.Spec.Framework)), approval(model.Spec.Approval),
			Text(orNone(model.Status.Size)), Text(model.Spec.Container.Image), Text(orNone(state.message)),
			Text(Age(model.CreationTimestamp, now)),
		})
	}
	return withNamespace(table, namespaced, func(row int) string { return items[row].Namespace })
}

func framework(f *v1alpha1.ModelFramework) string {
	switch {
	case f == nil:
		return none
	case f.Version == "":
		return f.Name
	default:
		return f.Name + " " + f.Version
	}
}

func approval(a v1alpha1.ModelApproval) Cell {
	switch a {
	case v1alpha1.ModelApproved:
		return Cell{string(a), Good}
	case v1alpha1.ModelRejected:
		return Cell{string(a), Bad}
	case v1alpha1.ModelPendingApproval:
		return Cell{string(a), Warn}
	}
	return Text(orNone(string(a)))
}

// WorkloadClasses returns the table of WorkloadClasses.
func WorkloadClasses(items []v1alpha1.WorkloadClass, now time.Time) Table {
	table := Table{Columns: columns("NAME", "PURPOSE", "PRIORITY")}
	table.Columns = append(table.Columns, wide("NODE-SELECTOR", "TOLERATIONS")...)
	table.Columns = append(table.Columns, columns("AGE")...)
	for i := range items {
		class := &items[i]
		table.Rows = append(table.Rows, []Cell{
			Text(class.Name), Text(string(class.Spec.Purpose)), Text(orNone(class.Spec.PriorityClassName)),
			Text(labels(class.Spec.NodeSelector)), Text(tolerations(class.Spec.Tolerations)),
			Text(Age(class.CreationTimestamp, now)),
		})
	}
	return table
}

// withNamespace puts the namespace of each row in front of it.
func withNamespace(table Table, namespaced bool, of func(row int) string) Table {
	if !namespaced {
		return table
	}
	table.Columns = append(columns("NAMESPACE"), table.Columns...)
	for i, row := range table.Rows {
		table.Rows[i] = append([]Cell{Text(of(i))}, row...)
	}
	return table
}
