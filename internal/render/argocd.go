package render

import (
	"maps"
	"strconv"
)

// The objects are Argo CD's Application (argoproj.io/v1alpha1); only the fields
// that are written stand here.
type argoApplication struct {
	Project     string          `json:"project"`
	Source      argoSource      `json:"source"`
	Destination argoDestination `json:"destination"`
	SyncPolicy  argoSyncPolicy  `json:"syncPolicy"`
}

type argoSource struct {
	RepoURL        string    `json:"repoURL"`
	TargetRevision string    `json:"targetRevision"`
	Path           string    `json:"path"`
	Helm           *argoHelm `json:"helm,omitempty"`
}

type argoHelm struct {
	ReleaseName string   `json:"releaseName"`
	ValueFiles  []string `json:"valueFiles"`
}

type argoDestination struct {
	Server    string `json:"server"`
	Namespace string `json:"namespace,omitempty"`
}

type argoSyncPolicy struct {
	Automated struct {
		Prune    bool `json:"prune"`
		SelfHeal bool `json:"selfHeal"`
	} `json:"automated"`
	SyncOptions []string `json:"syncOptions,omitempty"`
}

const (
	argoNamespace = "argocd"
	inCluster     = "https://kubernetes.default.svc"
	// syncWave orders Applications: Argo CD goes on when those of a wave are
	// healthy.
	syncWave = "argocd.argoproj.io/sync-wave"
)

// argoCD writes an Application for each unit, and one that brings them all.
func (t *tree) argoCD() error {
	folder := deliveryFolder + "/argocd"
	var files []string
	for _, u := range t.units() {
		app := t.argoOf(u)
		files = append(files, u.name+".yaml")
		if err := t.object(folder+"/apps/"+u.name+".yaml", app); err != nil {
			return err
		}
	}
	if err := t.kustomization(folder+"/apps", files); err != nil {
		return err
	}
	root := t.application("landfall", 0, argoSource{Path: t.at(folder + "/apps")})
	if spec, ok := root.Spec.(argoApplication); ok {
		spec.Destination.Namespace = argoNamespace
		root.Spec = spec
	}
	return t.object(folder+"/root.yaml", root)
}

func (t *tree) argoOf(u unit) object {
	source := argoSource{Path: t.at(u.folder)}
	if u.values != "" {
		source.Path = t.at(chartFolder)
		source.Helm = &argoHelm{ReleaseName: u.name, ValueFiles: []string{up(u.values)}}
	}
	return t.application(u.name, u.phase, source)
}

func (t *tree) application(name string, wave int, source argoSource) object {
	source.RepoURL, source.TargetRevision = t.Repository.URL, t.Repository.Revision
	spec := argoApplication{
		Project: "default", Source: source, Destination: argoDestination{Server: inCluster, Namespace: t.Namespace},
	}
	// Nothing is deleted because a file went: that a model stops serving is
	// somebody's decision. What was changed by hand is put back.
	spec.SyncPolicy.Automated.SelfHeal = true
	spec.SyncPolicy.SyncOptions = []string{"ServerSideApply=true"}
	annotations := map[string]string{syncWave: strconv.Itoa(wave)}
	marks := labels()
	if title := t.phaseTitle(wave); title != "" {
		maps.Copy(marks, map[string]string{"landfall.dev/phase": strconv.Itoa(wave)})
	}
	return object{
		APIVersion: "argoproj.io/v1alpha1", Kind: "Application",
		Metadata: meta{Name: name, Namespace: argoNamespace, Labels: marks, Annotations: annotations}, Spec: spec,
	}
}
