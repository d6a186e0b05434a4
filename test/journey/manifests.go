package journey

import (
	"embed"
	"strings"
	"text/template"
)

//go:embed manifests/*.yaml
var manifestFiles embed.FS

var manifests = template.Must(template.New("manifests").
	Option("missingkey=error").
	Funcs(template.FuncMap{"indent": indent}).
	ParseFS(manifestFiles, "manifests/*.yaml"))

// indent moves every line of text to the right.
func indent(text string, spaces int) string {
	pad := strings.Repeat(" ", spaces)
	return pad + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+pad)
}

// render fills in a manifest. The files are part of the program: a mistake in
// one is a mistake of ours.
func render(file string, values map[string]any) string {
	var text strings.Builder
	if err := manifests.ExecuteTemplate(&text, file, values); err != nil {
		panic(err)
	}
	return text.String()
}

func standInManifests(c Config, account string) string {
	return render("standin.yaml", map[string]any{
		"Account": account, "StandInImage": c.StandInImage, "ChurnImage": c.ChurnImage,
		"NodePort": standInNodePort, "AdminNodePort": standInAdminNodePort,
	})
}

func fleetManifest(c Config) string {
	return render("fleet.yaml", map[string]any{
		"LandfallImage": c.LandfallImage, "ChurnImage": c.ChurnImage,
		"Bucket": modelBucket, "Key": modelKey, "Region": region,
		"KeyID": migrationKey.ID, "KeySecret": migrationKey.Secret,
	})
}

func namespaceManifests() string {
	return render("namespaces.yaml", map[string]any{
		"KeyID": migrationKey.ID, "KeySecret": migrationKey.Secret,
		"CallerID": callerKey.ID, "CallerSecret": callerKey.Secret,
	})
}
