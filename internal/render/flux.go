package render

import "fmt"

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
	Wait      bool            `json:"wait"`
	Timeout   string          `json:"timeout"`
	SourceRef fluxSourceRef   `json:"sourceRef"`
	DependsOn []fluxDependsOn `json:"dependsOn,omitempty"`
}

type fluxDependsOn struct {
	Name string `json:"name"`
}

type fluxRelease struct {
	Interval        string          `json:"interval"`
	ReleaseName     string          `json:"releaseName"`
	TargetNamespace string          `json:"targetNamespace"`
	DependsOn       []fluxDependsOn `json:"dependsOn,omitempty"`
	Chart           fluxChart       `json:"chart"`
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
	fluxNamespace = "flux-system"
	fluxSource    = "landfall"
	fluxInterval  = "5m"
	// fluxTimeout covers a model that loads for long.
	fluxTimeout = "30m"
)

// flux writes the source, and a Kustomization or HelmRelease for each unit that
// waits for those of the phase before.
func (t *tree) flux() error {
	folder := deliveryFolder + "/flux"
	files := []string{"source.yaml"}
	if err := t.object(folder+"/source.yaml", object{
		APIVersion: "source.toolkit.fluxcd.io/v1", Kind: "GitRepository", Metadata: fluxMeta(fluxSource),
		Spec: fluxRepository{Interval: fluxInterval, URL: t.Repository.URL, Ref: fluxReference{Branch: t.Repository.Revision}},
	}); err != nil {
		return err
	}
	all := t.units()
	for _, u := range all {
		o := t.fluxKustomization(u, before(all, u))
		if u.values != "" {
			o = t.fluxRelease(u, before(all, u))
		}
		files = append(files, u.name+".yaml")
		if err := t.object(folder+"/"+u.name+".yaml", o); err != nil {
			return err
		}
	}
	return t.kustomization(folder, files)
}

func fluxMeta(name string) meta { return meta{Name: name, Namespace: fluxNamespace, Labels: labels()} }

func (t *tree) fluxKustomization(u unit, after []string) object {
	return object{
		APIVersion: "kustomize.toolkit.fluxcd.io/v1", Kind: "Kustomization", Metadata: fluxMeta(u.name),
		Spec: fluxKustomization{
			Interval: fluxInterval, Path: "./" + t.at(u.folder), Wait: true, Timeout: fluxTimeout,
			SourceRef: fluxSourceRef{Kind: "GitRepository", Name: fluxSource}, DependsOn: dependsOn(after),
		},
	}
}

func (t *tree) fluxRelease(u unit, after []string) object {
	release := fluxRelease{Interval: fluxInterval, ReleaseName: u.name, TargetNamespace: t.Namespace}
	// A HelmRelease waits for HelmReleases only; the first phase does not wait
	// for the Kustomization before it, but is tried until its namespace exists.
	for _, name := range after {
		if name != "landfall-cluster" {
			release.DependsOn = append(release.DependsOn, fluxDependsOn{Name: name})
		}
	}
	release.Chart.Spec.Chart = "./" + t.at(chartFolder)
	release.Chart.Spec.SourceRef = fluxSourceRef{Kind: "GitRepository", Name: fluxSource}
	release.Chart.Spec.ValuesFiles = []string{fmt.Sprintf("./%s", t.at(u.values))}
	release.Chart.Spec.ReconcileStrategy = "Revision"
	return object{APIVersion: "helm.toolkit.fluxcd.io/v2", Kind: "HelmRelease", Metadata: fluxMeta(u.name), Spec: release}
}

func dependsOn(names []string) []fluxDependsOn {
	var all []fluxDependsOn
	for _, name := range names {
		all = append(all, fluxDependsOn{Name: name})
	}
	return all
}
