package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
)

//go:embed assets
var assets embed.FS

// scripts in the order in which they stand in the page.
var scripts = []string{"data.js", "format.js", "filter.js", "table.js", "heatmap.js", "graph.js", "detail.js", "main.js"}

// filled is what the template is filled with.
type filled struct {
	Page
	Style  template.CSS
	Script template.JS
	JSON   template.JS
	Policy string
}

// Render draws the page.
func Render(p Page) ([]byte, error) {
	style, err := assets.ReadFile("assets/style.css")
	if err != nil {
		return nil, fmt.Errorf("cannot read the page's style: %w", err)
	}
	script, err := joined()
	if err != nil {
		return nil, err
	}
	// json.Marshal escapes <, > and &, so that no text can end the element.
	text, err := json.Marshal(p.Data)
	if err != nil {
		return nil, fmt.Errorf("cannot write the page's data: %w", err)
	}
	// The marked types keep the template from changing what the policy's
	// digests are of; all three are ours or escaped.
	in := filled{
		Page: p, Style: template.CSS(style), Script: template.JS(script), JSON: template.JS(text), //nolint:gosec // see above
		Policy: fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'",
			digest(style), digest([]byte(script))),
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, in); err != nil {
		return nil, fmt.Errorf("cannot fill the page: %w", err)
	}
	return out.Bytes(), nil
}

var pageTemplate = template.Must(template.ParseFS(assets, "assets/page.html"))

// joined puts the scripts into one, strict and without names that leak out.
func joined() (string, error) {
	var all strings.Builder
	all.WriteString("(() => {\n\"use strict\";\n")
	for _, name := range scripts {
		text, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return "", fmt.Errorf("cannot read the page's script: %w", err)
		}
		all.Write(text)
	}
	all.WriteString("})();\n")
	return all.String(), nil
}

// digest is a source expression of a content security policy.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
