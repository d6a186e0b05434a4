package render

import (
	_ "embed"
	"strconv"

	"landfall.dev/landfall/internal/naming"
)

// The objects are Argo CD's Application (argoproj.io/v1alpha1); only the fields
// that are written stand here.
type argoApplication struct {
	Project           string           `json:"project"`
	Source            argoSource       `json:"source"`
	Destination       argoDestination  `json:"destination"`
	SyncPolicy        argoSyncPolicy   `json:"syncPolicy"`
	IgnoreDifferences []argoDifference `json:"ignoreDifferences,omitempty"`
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
	SyncOptions []string  `json:"syncOptions,omitempty"`
	Retry       argoRetry `json:"retry"`
}

type argoRetry struct {
	Limit   int `json:"limit"`
	Backoff struct {
		Duration    string `json:"duration"`
		Factor      int    `json:"factor"`
		MaxDuration string `json:"maxDuration"`
	} `json:"backoff"`
}

type argoDifference struct {
	Group        string   `json:"group"`
	Kind         string   `json:"kind"`
	Name         string   `json:"name"`
	JSONPointers []string `json:"jsonPointers"`
}

const (
	argoNamespace = "argocd"
	inCluster     = "https://kubernetes.default.svc"
	// syncWave orders Applications: Argo CD goes on when those of a wave are
	// healthy.
	syncWave = "argocd.argoproj.io/sync-wave"
	// compareOptions with ServerSideDiff has the API server itself say what a
	// sync would change, so that defaults are no differences.
	compareOptions = "argocd.argoproj.io/compare-options"
	// syncRetries cover some forty minutes: a failed sync is not tried again by
	// itself, and a definition may come later than the objects of its kind.
	syncRetries = 10
	// replicasPath is what an autoscaler changes in an Endpoint.
	replicasPath = "/spec/replicas"
)

// Argo CD knows the health of neither Applications nor Landfall's kinds by
// itself, and takes them for healthy at once: phases would not wait for one
// another.
//
//go:embed health.yaml
var health []byte

// argoCD writes an Application for each unit, one that brings them all, and what
// teaches Argo CD when a phase is done.
func (t *tree) argoCD() error {
	folder := deliveryFolder + "/argocd"
	units := t.shared()
	for _, p := range t.phases {
		units = append(units, t.ofPhase(p)...)
	}
	var files []string
	for _, u := range units {
		files = append(files, u.name+".yaml")
		if err := t.object(folder+"/apps/"+u.name+".yaml", t.argoOf(u)); err != nil {
			return err
		}
	}
	if err := t.kustomization(folder+"/apps", files); err != nil {
		return err
	}
	t.add(folder+"/health.yaml", health)
	root := t.application("landfall", 0, argoSource{Path: t.at(folder + "/apps")})
	root.spec.Destination.Namespace = argoNamespace
	return t.object(folder+"/root.yaml", root.object())
}

func (t *tree) argoOf(u unit) object {
	source := argoSource{Path: t.at(u.folder)}
	if u.values != "" {
		source.Path = t.at(chartFolder)
		source.Helm = &argoHelm{ReleaseName: u.name, ValueFiles: []string{up(u.values)}}
	}
	app := t.application(u.name, u.phase, source)
	for _, name := range u.scaled {
		app.spec.IgnoreDifferences = append(app.spec.IgnoreDifferences, argoDifference{
			Group: naming.Group, Kind: "Endpoint", Name: name, JSONPointers: []string{replicasPath},
		})
	}
	if len(u.scaled) > 0 {
		app.spec.SyncPolicy.SyncOptions = append(app.spec.SyncPolicy.SyncOptions, "RespectIgnoreDifferences=true")
	}
	return app.object()
}

// application is an Application that is being put together.
type application struct {
	meta meta
	spec argoApplication
}

func (a application) object() object {
	return object{APIVersion: "argoproj.io/v1alpha1", Kind: "Application", Metadata: a.meta, Spec: a.spec}
}

func (t *tree) application(name string, wave int, source argoSource) application {
	source.RepoURL, source.TargetRevision = t.Repository.URL, t.Repository.Revision
	spec := argoApplication{
		Project: "default", Source: source, Destination: argoDestination{Server: inCluster, Namespace: t.Namespace},
	}
	// Nothing is deleted because a file went: that a model stops serving is
	// somebody's decision. What was changed by hand is put back.
	spec.SyncPolicy.Automated.SelfHeal = true
	spec.SyncPolicy.SyncOptions = []string{"ServerSideApply=true"}
	spec.SyncPolicy.Retry.Limit = syncRetries
	backoff := &spec.SyncPolicy.Retry.Backoff
	backoff.Duration, backoff.Factor, backoff.MaxDuration = "30s", 2, "5m"
	marks := labels()
	if wave > 0 {
		marks["landfall.dev/phase"] = strconv.Itoa(wave)
	}
	return application{
		meta: meta{Name: name, Namespace: argoNamespace, Labels: marks, Annotations: map[string]string{
			syncWave: strconv.Itoa(wave), compareOptions: "ServerSideDiff=true",
		}},
		spec: spec,
	}
}
