package plan

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"

	"landfall.dev/landfall/internal/inventory"
)

// versionForm takes a name apart that ends in a version: ranking-v7.
var versionForm = regexp.MustCompile(`^(.+)[-_.][vV]([0-9]{1,4})$`)

// laterVersion says that another workload is a later version of the same work:
// of the same name but for a higher number, in the same place, with the same
// images and the same role. It is empty where there is none, or where the
// descriptions do not agree.
//
// Versions stay workloads of their own (membership.Family says why). What a
// person wants to know of an old one is that there is a newer.
func laterVersion(t task) string {
	stem, own, ok := versionOf(t.Name)
	if !ok || t.newest == nil || len(t.images) == 0 {
		return ""
	}
	var latest *inventory.Workload
	highest := own
	for i := range t.scene.inventory.Workloads {
		w := &t.scene.inventory.Workloads[i]
		other, number, versioned := versionOf(w.Name)
		if !versioned || w.Kind != t.Kind || w.Place != t.Place || other != stem || number <= highest {
			continue
		}
		if next := t.scene.task(*w); next.sameWork(t) {
			latest, highest = w, number
		}
	}
	if latest == nil {
		return ""
	}
	return fmt.Sprintf("%s is a later version of the same work: the same image and role", latest.WorkloadKey)
}

func versionOf(name string) (stem string, number int, ok bool) {
	found := versionForm.FindStringSubmatch(name)
	if found == nil {
		return "", 0, false
	}
	number, err := strconv.Atoi(found[2])
	return found[1], number, err == nil
}

// sameWork says that two runs have the same images and role, both known.
func (t task) sameWork(other task) bool {
	if t.newest == nil || other.newest == nil || len(t.images) != len(other.images) {
		return false
	}
	for i := range t.images {
		if t.images[i].Reference != other.images[i].Reference {
			return false
		}
	}
	role := t.newest.Spec.Fields()["RoleArn"]
	return role != nil && reflect.DeepEqual(role, other.newest.Spec.Fields()["RoleArn"])
}
