package render

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"text/template"

	"landfall.dev/landfall/internal/placement"
	"landfall.dev/landfall/internal/plan"
)

// clustersFolder holds a tree for each cluster, where there are several.
const clustersFolder = "clusters"

//go:embed clusters.md.tmpl
var clustersText string

var clustersTemplate = template.Must(template.New("clusters.md").Funcs(template.FuncMap{"cell": cell}).Parse(clustersText))

// severalTrees writes a whole tree for each cluster of the plan below clusters/:
// what one cluster's tools read holds nothing of another's.
func severalTrees(in Input, names []string) ([]File, error) {
	if slices.Contains(in.Nodes, NodesKarpenter) && !slices.ContainsFunc(names, func(name string) bool { return onEKS(in.Plan.TargetOf(name)) }) {
		return nil, errors.New("node pools for Karpenter are written for eks only, and no cluster of the plan is one; ask for terraform")
	}
	var files []File
	var rows []clusterRow
	for _, name := range names {
		folder := clustersFolder + "/" + cmp.Or(name, plan.DefaultCluster)
		own, err := in.of(name, folder)
		if err != nil {
			return nil, err
		}
		tree, err := oneTree(own)
		if err != nil {
			return nil, fmt.Errorf("cluster %s: %w", cmp.Or(name, plan.DefaultCluster), err)
		}
		for _, f := range tree {
			files = append(files, File{Path: folder + "/" + f.Path, Data: f.Data})
		}
		rows = append(rows, rowOf(name, folder, own.Plan))
	}
	var text strings.Builder
	if err := clustersTemplate.Execute(&text, rows); err != nil {
		return nil, fmt.Errorf("cannot write README.md: %w", err)
	}
	files = append(files, File{Path: "README.md", Data: []byte(text.String())})
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// of is the input for one of several clusters. Nodes of EKS clusters are
// Karpenter's where that was asked for, and the clusters of the plan have the
// names of the EKS clusters.
func (in Input) of(name, folder string) (Input, error) {
	if name != "" && !slices.ContainsFunc(in.Plan.Clusters, func(c plan.Cluster) bool { return c.Name == name }) {
		return Input{}, fmt.Errorf("workloads are sent to the cluster %s, which the plan does not have; make the plan again", name)
	}
	in.Plan = in.Plan.ForCluster(name)
	in.ClusterName = cmp.Or(name, in.ClusterName)
	in.Repository.Path = path.Join(strings.Trim(in.Repository.Path, "/"), folder)
	if !onEKS(in.Plan.Target) {
		in.Nodes = slices.DeleteFunc(slices.Clone(in.Nodes), func(n NodesForm) bool { return n == NodesKarpenter })
	}
	return in, nil
}

func onEKS(t placement.Target) bool { return t.Provider == "" || t.Provider == placement.ProviderEKS }

// clusterRow is a line of the table of clusters.
type clusterRow struct {
	Name, Folder, Where string
	Workloads           int
	Nodes               string
}

func rowOf(name, folder string, p plan.Document) clusterRow {
	row := clusterRow{
		Name: cmp.Or(name, plan.DefaultCluster), Folder: folder,
		Where: strings.TrimSpace(string(cmp.Or(p.Target.Provider, placement.ProviderEKS)) + " " + p.Target.Region),
	}
	for _, phase := range p.Phases {
		row.Workloads += len(phase.Workloads)
	}
	var least, most int32
	for _, pool := range p.NodePools {
		least, most = least+pool.MinNodes, most+pool.Nodes
	}
	row.Nodes = fmt.Sprintf("%d to %d in %d pools", least, most, len(p.NodePools))
	return row
}
