package render

import (
	"path"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Every folder that says what belongs to it builds, holds every file beside it,
// and every folder that a GitOps tool is pointed at is one of them.
func TestKustomizationsBuild(t *testing.T) {
	for name, change := range trees {
		t.Run(name, func(t *testing.T) {
			files, err := Tree(input(change))
			if err != nil {
				t.Fatal(err)
			}
			disk := filesys.MakeFsInMemory()
			for _, f := range files {
				if err := disk.WriteFile("/"+f.Path, f.Data); err != nil {
					t.Fatal(err)
				}
			}
			for _, f := range files {
				if path.Base(f.Path) != "kustomization.yaml" {
					continue
				}
				folder := path.Dir(f.Path)
				built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, "/"+folder)
				if err != nil {
					t.Errorf("%s: %v", folder, err)
					continue
				}
				if want := manifestsBelow(files, folder, f.Data); built.Size() != want {
					t.Errorf("%s builds %d objects, want %d", folder, built.Size(), want)
				}
			}
		})
	}
}

// manifestsBelow counts the manifests of a folder, and of the folders that its
// kustomization names.
func manifestsBelow(files []File, folder string, kustomization []byte) int {
	count := 0
	for _, f := range files {
		below, ok := strings.CutPrefix(f.Path, folder+"/")
		switch {
		case !ok || path.Base(f.Path) == "kustomization.yaml":
		case !strings.Contains(below, "/"), strings.Contains(string(kustomization), "- "+path.Dir(below)+"\n"):
			count++
		}
	}
	return count
}
