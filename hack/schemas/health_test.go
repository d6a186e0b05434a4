package schemas

import (
	"os"
	"path/filepath"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"sigs.k8s.io/yaml"
)

// Argo CD runs what says when an object is healthy in this interpreter.
func TestHealth(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "internal", "render", "health.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Data map[string]string `json:"data"`
	}
	if err := yaml.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	const (
		application = "resource.customizations.health.argoproj.io_Application"
		endpoint    = "resource.customizations.health.landfall.dev_Endpoint"
		model       = "resource.customizations.health.landfall.dev_Model"
	)
	for name, c := range map[string]struct{ key, object, want string }{
		"an Application without a status": {application, `{}`, "Progressing"},
		"an Application that waits":       {application, `{status = {health = {status = "Progressing"}}}`, "Progressing"},
		"an Application":                  {application, `{status = {health = {status = "Healthy"}}}`, "Healthy"},
		"an Application that failed":      {application, `{status = {health = {status = "Degraded", message = "m"}}}`, "Degraded"},
		"an Endpoint without a status":    {endpoint, `{metadata = {generation = 1}}`, "Progressing"},
		"an Endpoint that loads": {
			endpoint, `{metadata = {generation = 1}, status = {conditions = {{type = "Ready", status = "False", observedGeneration = 1}}}}`, "Progressing",
		},
		"an Endpoint that serves": {
			endpoint, `{metadata = {generation = 1}, status = {conditions = {{type = "Ready", status = "True", observedGeneration = 1}}}}`, "Healthy",
		},
		"an Endpoint that was ready before the change": {
			endpoint, `{metadata = {generation = 2}, status = {conditions = {{type = "Ready", status = "True", observedGeneration = 1}}}}`, "Progressing",
		},
		"a Model without a status": {model, `{metadata = {generation = 1}}`, "Progressing"},
		"a Model": {
			model, `{metadata = {generation = 1}, status = {conditions = {{type = "Ready", status = "True", observedGeneration = 1}}}}`, "Healthy",
		},
		"a Model that nobody approved": {
			model, `{metadata = {generation = 1}, status = {conditions = {{type = "Stalled", status = "True", observedGeneration = 1}}}}`, "Degraded",
		},
		"an Endpoint that needs somebody": {
			endpoint, `{metadata = {generation = 1}, status = {conditions = {
				{type = "Ready", status = "False"}, {type = "Stalled", status = "True", message = "no image"}}}}`, "Degraded",
		},
	} {
		t.Run(name, func(t *testing.T) {
			state := lua.NewState()
			defer state.Close()
			if err := state.DoString("obj = " + c.object); err != nil {
				t.Fatal(err)
			}
			if err := state.DoString(config.Data[c.key]); err != nil {
				t.Fatal(err)
			}
			result, ok := state.Get(-1).(*lua.LTable)
			if !ok {
				t.Fatalf("it returns %v", state.Get(-1))
			}
			if got := result.RawGetString("status").String(); got != c.want {
				t.Errorf("health %s, want %s", got, c.want)
			}
		})
	}
}
