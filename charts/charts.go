// Package charts holds the Helm charts that the program itself hands out.
//
// It owns embedding them. It refuses to render them: Helm does.
package charts

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed all:landfall-model
var files embed.FS

// Model returns the files of the chart landfall-model, by path below its folder.
func Model() (map[string][]byte, error) {
	const folder = "landfall-model"
	chart, err := fs.Sub(files, folder)
	if err != nil {
		return nil, fmt.Errorf("cannot open the chart %s: %w", folder, err)
	}
	all := map[string][]byte{}
	err = fs.WalkDir(chart, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		all[path], err = fs.ReadFile(chart, path)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the chart %s: %w", folder, err)
	}
	return all, nil
}
