package render

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/document"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/plan"
)

// Input is everything that a tree is made of.
type Input struct {
	Plan plan.Document
	// Bundles are the exported workloads. Workloads that move and have none
	// are named in the tree's README, and have no files.
	Bundles []Bundle
	// Inventory is what the plan was made from. Without it there are neither
	// alerts nor workflows.
	Inventory *inventory.Document
	Options
}

// Bundle is one exported workload.
type Bundle struct {
	Key      inventory.WorkloadKey
	Model    *v1alpha1.Model
	Endpoint *v1alpha1.Endpoint
}

// Manifest is an object of any kind with the name of its file.
type Manifest struct {
	// Name is that of the file without its ending.
	Name   string
	Object any
}

// Options say what the tree is for.
type Options struct {
	// Namespace of the models. Empty means "default".
	Namespace string
	Form      Form
	Delivery  Delivery
	// Repository is where the tree will lie; needed for a delivery.
	Repository Repository
	// Nodes says in which forms the node pools are written.
	Nodes []NodesForm
	// ClusterName is that of the EKS cluster, and of several that of the default
	// one: the others have the plan's names. Karpenter finds subnets and
	// security groups by it.
	ClusterName string
	// Chart is the model chart, by path below its folder; needed for FormHelm.
	Chart map[string][]byte
	// PrometheusOperator adds alerts (PrometheusRule) and what has the routers
	// scraped (PodMonitor); KEDA adds ScaledObjects; ArgoWorkflows adds the
	// pipelines. The cluster has to know their kinds.
	PrometheusOperator, KEDA, ArgoWorkflows bool
	// RouterNamespace is where Landfall's routers run. Empty means
	// landfall-system.
	RouterNamespace string
}

// Form says what a model's files are.
type Form string

// The forms.
const (
	FormManifests Form = "manifests"
	FormHelm      Form = "helm"
)

// Delivery is the tool that brings the tree into the cluster.
type Delivery string

// The deliveries.
const (
	DeliveryNone   Delivery = "none"
	DeliveryArgoCD Delivery = "argocd"
	DeliveryFlux   Delivery = "flux"
)

// NodesForm is a form in which node pools are written.
type NodesForm string

// The forms of node pools.
const (
	NodesKarpenter NodesForm = "karpenter"
	NodesTerraform NodesForm = "terraform"
)

// Repository is a place in a Git repository.
type Repository struct {
	URL string
	// Revision is a branch; empty means main.
	Revision string
	// Path is the tree's folder in the repository; empty means its root.
	Path string
}

// File is a file of the tree.
type File struct {
	// Path is relative to the tree, with slashes.
	Path string
	Data []byte
}

// Tree writes the files, sorted by path. Of a plan for several clusters, each
// has a tree of its own.
func Tree(in Input) ([]File, error) {
	if names := in.Plan.ClusterNames(); len(names) > 0 {
		return severalTrees(in, names)
	}
	return oneTree(in)
}

// oneTree writes the files for one cluster.
func oneTree(in Input) ([]File, error) {
	in.Namespace = cmp.Or(in.Namespace, "default")
	in.Form, in.Delivery = cmp.Or(in.Form, FormManifests), cmp.Or(in.Delivery, DeliveryNone)
	in.Repository.Revision = cmp.Or(in.Repository.Revision, "main")
	in.Repository.Path = strings.Trim(in.Repository.Path, "/")
	in.RouterNamespace = cmp.Or(in.RouterNamespace, naming.SystemNamespace)
	if err := in.check(); err != nil {
		return nil, err
	}
	t := &tree{Input: in, labels: in.Plan.Labels()}
	for _, write := range []func(*tree) error{
		(*tree).arrange, (*tree).translatePipelines, (*tree).cluster, (*tree).workloads, (*tree).workflows, (*tree).chart, (*tree).delivery, (*tree).karpenter, (*tree).terraform, (*tree).readme,
	} {
		if err := write(t); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(t.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for i := 1; i < len(t.files); i++ {
		if t.files[i].Path == t.files[i-1].Path {
			return nil, fmt.Errorf("two things would be written to %s; give the workloads different names in the plan", t.files[i].Path)
		}
	}
	return t.files, nil
}

func (in Input) check() error {
	switch {
	case in.Delivery != DeliveryNone && in.Repository.URL == "":
		return fmt.Errorf("a tree for %s needs the address of its repository", in.Delivery)
	case in.Form == FormHelm && len(in.Chart) == 0:
		return errors.New("the form helm needs the model chart")
	case slices.Contains(in.Nodes, NodesKarpenter) && in.provider() != "eks":
		return fmt.Errorf("node pools for Karpenter are written for eks only, and the plan's target is %s; ask for terraform", in.provider())
	case slices.Contains(in.Nodes, NodesKarpenter) && in.ClusterName == "":
		return errors.New("node pools for Karpenter need the name of the cluster")
	}
	return nil
}

func (in Input) provider() string { return cmp.Or(string(in.Plan.Target.Provider), "eks") }

// tree collects the files.
type tree struct {
	Input

	// labels are the keys that people read, by full keys.
	labels    map[string]string
	phases    []phase
	pipelines []*workflow
	files     []File
}

func (t *tree) add(path string, data []byte) { t.files = append(t.files, File{Path: path, Data: data}) }

// object adds a manifest.
func (t *tree) object(path string, value any) error {
	data, err := document.Encode(value)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	t.add(path, data)
	return nil
}

// kustomization lists the files of a folder for kubectl apply -k and for GitOps
// tools.
func (t *tree) kustomization(folder string, resources []string) error {
	slices.Sort(resources)
	return t.object(folder+"/kustomization.yaml", kustomization{
		APIVersion: "kustomize.config.k8s.io/v1beta1", Kind: "Kustomization", Resources: resources,
	})
}

type kustomization struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Resources  []string `json:"resources"`
}

// meta is the part of an object's metadata that the tree sets.
type meta struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// object is any object of Kubernetes.
type object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   meta   `json:"metadata"`
	Spec       any    `json:"spec,omitempty"`
}

// labels of everything in the tree.
func labels() map[string]string {
	return map[string]string{"app.kubernetes.io/part-of": "landfall", "app.kubernetes.io/managed-by": "landfall-render"}
}

// slug makes a name for files and objects from words.
func slug(words string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, words)
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '-' })
	return strings.Join(parts, "-")
}
