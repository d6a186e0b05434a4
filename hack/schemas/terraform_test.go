package schemas

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// pluginsVariable names a folder with the programs of Terraform's providers, in
// the layout of a filesystem mirror.
const pluginsVariable = "TERRAFORM_PLUGINS"

// TestTerraformTakesTheModules has Terraform itself look at the modules of node
// pools: at their form, and, where the programs of the providers are there, at
// every argument.
func TestTerraformTakesTheModules(t *testing.T) {
	program, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not installed")
	}
	modules := 0
	for provider, source := range map[string]string{
		"eks": "hashicorp/aws", "gke": "hashicorp/google", "aks": "hashicorp/azurerm",
	} {
		for name, folder := range terraformModules(t, provider) {
			modules++
			t.Run(name+"/"+provider, func(t *testing.T) {
				terraform := func(args ...string) {
					t.Helper()
					command := exec.CommandContext(t.Context(), program, args...)
					command.Dir = folder
					command.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE="+os.DevNull, "TF_IN_AUTOMATION=1")
					if output, err := command.CombinedOutput(); err != nil {
						t.Errorf("terraform %s: %v\n%s", strings.Join(args, " "), err, output)
					}
				}
				terraform("fmt", "-check", "-diff", "-no-color")
				plugins := os.Getenv(pluginsVariable)
				if _, err := os.Stat(filepath.Join(plugins, "registry.terraform.io", source)); plugins == "" || err != nil {
					t.Logf("arguments were not looked at: %s has no %s", pluginsVariable, source)
					return
				}
				terraform("init", "-backend=false", "-input=false", "-no-color", "-plugin-dir="+plugins)
				terraform("validate", "-no-color")
			})
		}
	}
	if modules < 3 {
		t.Errorf("%d modules were looked at, want one of each provider", modules)
	}
}

// terraformModules writes a provider's modules to folders, by the trees' names.
func terraformModules(t *testing.T, provider string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", "internal", "render", "testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]string{}
	for _, file := range paths {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		for _, f := range archive.Files {
			if path.Dir(f.Name) != "nodes/terraform/"+provider {
				continue
			}
			if folders[name] == "" {
				folders[name] = t.TempDir()
			}
			if err := os.WriteFile(filepath.Join(folders[name], path.Base(f.Name)), f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return folders
}
