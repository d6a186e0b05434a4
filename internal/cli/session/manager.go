package session

import (
	"fmt"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/internal/naming"
)

// Manager is a tool that owns an object, and puts back what is changed beside
// it.
type Manager struct {
	// Tool is what people call it; empty where no tool owns the object.
	Tool string
	// Pause is how it is told to leave the object alone for a while; empty
	// where it only comes when somebody calls it.
	Pause string
}

// flux are Flux's kinds that own objects, by the group in their labels.
// Source: fluxcd.io, kustomize-controller and helm-controller, "origin labels".
var flux = []struct{ group, kind string }{
	{"kustomize.toolkit.fluxcd.io", "kustomization"},
	{"helm.toolkit.fluxcd.io", "helmrelease"},
}

// ManagerOf finds the tool that owns an object by the marks that it leaves on
// it.
func ManagerOf(object client.Object) Manager {
	mark := func(key string) string {
		if value := object.GetLabels()[key]; value != "" {
			return value
		}
		return object.GetAnnotations()[key]
	}
	for _, f := range flux {
		if name := mark(f.group + "/name"); name != "" {
			pause := fmt.Sprintf("flux suspend %s %s", f.kind, name)
			if namespace := mark(f.group + "/namespace"); namespace != "" {
				pause += " -n " + namespace
			}
			return Manager{Tool: "Flux", Pause: pause}
		}
	}
	// A tracking ID is APPLICATION:GROUP/KIND:NAMESPACE/NAME.
	application, _, _ := strings.Cut(mark("argocd.argoproj.io/tracking-id"), ":")
	if application == "" {
		application = mark("argocd.argoproj.io/instance")
	}
	if application != "" {
		return Manager{Tool: "Argo CD", Pause: "argocd app set " + application + " --sync-policy none, after that of the Application that made it, if one did"}
	}
	if object.GetLabels()[naming.LabelManagedBy] == "Helm" {
		return Manager{Tool: "Helm"}
	}
	return Manager{}
}

// WarnOfManager says that a change of an object may not last, and what to do.
func (s *Session) WarnOfManager(name string, object client.Object) {
	switch m := ManagerOf(object); {
	case m.Tool == "":
	case m.Pause == "":
		s.Warnf("%s is managed by %s, which may put back what is changed here: change it at its source too", name, m.Tool)
	default:
		s.Warnf("%s is managed by %s, which puts back what is changed here: change it at its source too, or stop it first: %s", name, m.Tool, m.Pause)
	}
}
