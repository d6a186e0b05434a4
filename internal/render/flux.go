package render

import (
	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/naming"
)

// The objects are those of Flux 2: GitRepository (source.toolkit.fluxcd.io/v1),
// Kustomization (kustomize.toolkit.fluxcd.io/v1) and HelmRelease
// (helm.toolkit.fluxcd.io/v2); only the fields that are written stand here.
type fluxRepository struct {
	Interval string        `json:"interval"`
	URL      string        `json:"url"`
	Ref      fluxReference `json:"ref"`
}

type fluxReference struct {
	Branch string `json:"branch"`
}

type fluxSourceRef struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
}

type fluxKustomization struct {
	Interval  string          `json:"interval"`
	Path      string          `json:"path"`
	Prune     bool            `json:"prune"`
	Wait      bool            `json:"wait,omitempty"`
	Timeout   string          `json:"timeout"`
	SourceRef fluxSourceRef   `json:"sourceRef"`
	DependsOn []fluxDependsOn `json:"dependsOn,omitempty"`
	// HealthChecks are waited for where Wait is not set.
	HealthChecks []fluxHealthCheck `json:"healthChecks,omitempty"`
	// HealthCheckExprs are since version 1.5 of the kustomize-controller.
	HealthCheckExprs []fluxHealthExpr `json:"healthCheckExprs,omitempty"`
	Ignore           []fluxIgnore     `json:"ignore,omitempty"`
}

// fluxHealthExpr says in CEL when objects of a kind are done.
type fluxHealthExpr struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Failed     string `json:"failed,omitempty"`
	Current    string `json:"current"`
}

type fluxHealthCheck struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Namespace  string `json:"namespace"`
}

type fluxDependsOn struct {
	Name string `json:"name"`
}

// fluxIgnore keeps Flux from putting a field back. Kustomizations have it since
// version 1.9 of the kustomize-controller.
type fluxIgnore struct {
	Paths  []string `json:"paths"`
	Target struct {
		Group string `json:"group"`
		Kind  string `json:"kind"`
		Name  string `json:"name"`
	} `json:"target"`
}

// fluxRelease leaves drift alone, as Flux does by default: what an autoscaler
// changes stays.
type fluxRelease struct {
	Interval        string `json:"interval"`
	Timeout         string `json:"timeout"`
	ReleaseName     string `json:"releaseName"`
	TargetNamespace string `json:"targetNamespace"`
	// StorageNamespace is where Helm looks for its releases: beside the models,
	// so that helm list and helm history find them.
	StorageNamespace string       `json:"storageNamespace"`
	Install          fluxStrategy `json:"install"`
	Upgrade          fluxStrategy `json:"upgrade"`
	Chart            fluxChart    `json:"chart"`
}

// fluxStrategy says what becomes of a release that failed. Flux would take a
// failed install away again, and the Endpoint with it, which callers may use; and
// it would give up after one try.
type fluxStrategy struct {
	Strategy struct {
		Name string `json:"name"`
	} `json:"strategy"`
}

func fluxRetry() fluxStrategy {
	var s fluxStrategy
	s.Strategy.Name = "RetryOnFailure"
	return s
}

type fluxChart struct {
	Spec struct {
		Chart       string        `json:"chart"`
		SourceRef   fluxSourceRef `json:"sourceRef"`
		ValuesFiles []string      `json:"valuesFiles"`
		// ReconcileStrategy Revision takes up changed values, whose chart's
		// version stays the same.
		ReconcileStrategy string `json:"reconcileStrategy"`
	} `json:"spec"`
}

const (
	fluxFolder    = deliveryFolder + "/flux"
	fluxNamespace = "flux-system"
	// fluxReleaseVersion is that of HelmReleases.
	fluxReleaseVersion = "helm.toolkit.fluxcd.io/v2"
	fluxSource         = "landfall"
	fluxInterval       = "5m"
	// fluxTimeout covers a model that loads for long.
	fluxTimeout = "30m"
)

// flux writes the source, and a Kustomization for each unit and phase. A phase
// waits for the Endpoints of the one before.
func (t *tree) flux() error {
	files := []string{"source.yaml"}
	if err := t.object(fluxFolder+"/source.yaml", object{
		APIVersion: "source.toolkit.fluxcd.io/v1", Kind: "GitRepository", Metadata: fluxMeta(fluxSource),
		Spec: fluxRepository{Interval: fluxInterval, URL: t.Repository.URL, Ref: fluxReference{Branch: t.Repository.Revision}},
	}); err != nil {
		return err
	}
	units := t.shared()
	for _, p := range t.phases {
		if t.Form != FormHelm {
			units = append(units, t.ofPhase(p)...)
			continue
		}
		u := unit{name: phaseUnit(p), phase: p.Number, folder: fluxFolder + "/" + phaseName(p.Phase), releases: t.ofPhase(p)}
		if err := t.fluxReleases(u.folder, u.releases); err != nil {
			return err
		}
		units = append(units, u)
	}
	after := ""
	for _, u := range units {
		files = append(files, u.name+".yaml")
		if err := t.object(fluxFolder+"/"+u.name+".yaml", t.fluxKustomization(u, after)); err != nil {
			return err
		}
		if u.phase > 0 || after == "" {
			after = u.name
		}
	}
	return t.kustomization(fluxFolder, files)
}

func (t *tree) fluxReleases(folder string, releases []unit) error {
	var files []string
	for _, u := range releases {
		files = append(files, u.name+".yaml")
		if err := t.object(folder+"/"+u.name+".yaml", t.fluxRelease(u)); err != nil {
			return err
		}
	}
	return t.kustomization(folder, files)
}

func fluxMeta(name string) meta { return meta{Name: name, Namespace: fluxNamespace, Labels: labels()} }

// fluxKustomization brings a folder once another unit is there; empty means at
// once.
func (t *tree) fluxKustomization(u unit, after string) object {
	spec := fluxKustomization{
		Interval: fluxInterval, Path: "./" + t.at(u.folder), Wait: true, Timeout: fluxTimeout,
		SourceRef: fluxSourceRef{Kind: "GitRepository", Name: fluxSource},
	}
	if after != "" {
		spec.DependsOn = []fluxDependsOn{{Name: after}}
	}
	if u.phase > 0 {
		spec.HealthCheckExprs = fluxHealth()
	}
	for _, release := range u.releases {
		// Helm does not wait for Endpoints, so the phase does.
		spec.Wait = false
		spec.HealthChecks = append(spec.HealthChecks,
			fluxHealthCheck{fluxReleaseVersion, "HelmRelease", release.name, fluxNamespace},
			fluxHealthCheck{v1alpha1.GroupVersion.String(), "Endpoint", release.name, t.Namespace})
	}
	for _, name := range u.scaled {
		ignore := fluxIgnore{Paths: []string{replicasPath}}
		ignore.Target.Group, ignore.Target.Kind, ignore.Target.Name = naming.Group, "Endpoint", name
		spec.Ignore = append(spec.Ignore, ignore)
	}
	return object{APIVersion: "kustomize.toolkit.fluxcd.io/v1", Kind: "Kustomization", Metadata: fluxMeta(u.name), Spec: spec}
}

// fluxHealth says when Endpoints and Models are done. Flux takes an object of a
// kind that it does not know for done while it has no status: a phase could begin
// before the operator saw the one before.
func fluxHealth() []fluxHealthExpr {
	var all []fluxHealthExpr
	for _, kind := range []string{"Endpoint", "Model"} {
		all = append(all, fluxHealthExpr{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: kind,
			Failed:  "status.conditions.exists(c, c.type == 'Stalled' && c.status == 'True' && c.observedGeneration == metadata.generation)",
			Current: "status.conditions.exists(c, c.type == 'Ready' && c.status == 'True' && c.observedGeneration == metadata.generation)",
		})
	}
	return all
}

func (t *tree) fluxRelease(u unit) object {
	release := fluxRelease{
		Interval: fluxInterval, Timeout: fluxTimeout, ReleaseName: u.name, TargetNamespace: t.Namespace, StorageNamespace: t.Namespace,
		Install: fluxRetry(), Upgrade: fluxRetry(),
	}
	release.Chart.Spec.Chart = "./" + t.at(chartFolder)
	release.Chart.Spec.SourceRef = fluxSourceRef{Kind: "GitRepository", Name: fluxSource}
	release.Chart.Spec.ValuesFiles = []string{"./" + t.at(u.values)}
	release.Chart.Spec.ReconcileStrategy = "Revision"
	return object{APIVersion: fluxReleaseVersion, Kind: "HelmRelease", Metadata: fluxMeta(u.name), Spec: release}
}
