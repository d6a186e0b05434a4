package deploy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/bundle"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/export"
)

// maxManifestBytes bounds one file: API servers refuse objects of more than
// about 1.5 MiB (etcd's limit), so a larger file is not a manifest.
const maxManifestBytes = 16 << 20

// manifest is one object with the file it came from.
type manifest struct {
	file   string
	object *unstructured.Unstructured
}

// load reads the manifests of a bundle, of a folder, or of one file.
func load(path string) ([]manifest, error) {
	files, err := manifestFiles(path)
	if err != nil {
		return nil, err
	}
	var manifests []manifest
	for _, file := range files {
		data, err := readFile(file)
		if err != nil {
			return nil, cannotRead(file, err)
		}
		objects, err := decode(data)
		if err != nil {
			return nil, &output.Failure{
				What: "cannot use " + file, Why: err.Error(), Next: "correct the file; nothing was sent", Cause: err,
			}
		}
		for _, object := range objects {
			manifests = append(manifests, manifest{file: file, object: object})
		}
	}
	if len(manifests) == 0 {
		if exported, err := bundle.Read(path); err == nil && !exported.Deployable {
			return nil, &output.Failure{
				What: "cannot deploy " + path, Why: "the export found what keeps it from working, and wrote no manifests",
				Next: "look at the errors in " + filepath.Join(path, export.FindingsPath) + ", then export again", Code: output.ExitNo,
			}
		}
		return nil, &output.Failure{What: "there is nothing to deploy in " + path, Why: "no YAML or JSON file in it holds an object", Next: "name the folder that export wrote with -o"}
	}
	slices.SortStableFunc(manifests, func(a, b manifest) int {
		return rank(a.object.GetKind()) - rank(b.object.GetKind())
	})
	return manifests, nil
}

func manifestFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, cannotRead(path, err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	// A bundle keeps what goes to the cluster apart from what is for people.
	if inner, err := os.Stat(filepath.Join(path, export.ManifestsFolder)); err == nil && inner.IsDir() {
		path = filepath.Join(path, export.ManifestsFolder)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, cannotRead(path, err)
	}
	var files []string
	for _, entry := range entries {
		extension := strings.ToLower(filepath.Ext(entry.Name()))
		isKustomization := strings.TrimSuffix(entry.Name(), filepath.Ext(entry.Name())) == "kustomization"
		if !entry.IsDir() && !isKustomization && slices.Contains([]string{".yaml", ".yml", ".json"}, extension) {
			files = append(files, filepath.Join(path, entry.Name()))
		}
	}
	return files, nil
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxManifestBytes+1))
	if err == nil && len(data) > maxManifestBytes {
		err = fmt.Errorf("it is larger than %d MiB", maxManifestBytes>>20)
	}
	return data, err
}

func cannotRead(path string, err error) error {
	return output.CannotRead(path, err, "name the folder that export wrote with -o")
}

// decode reads the objects of a file: YAML documents, or one JSON object.
func decode(data []byte) ([]*unstructured.Unstructured, error) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	var objects []*unstructured.Unstructured
	for number := 1; ; number++ {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", number, err)
		}
		object, err := decodeOne(document)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", number, err)
		}
		if object != nil {
			objects = append(objects, object)
		}
	}
}

func decodeOne(document []byte) (*unstructured.Unstructured, error) {
	data, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return nil, fmt.Errorf("not YAML: %w", err)
	}
	if bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		return nil, nil
	}
	content := map[string]any{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, &content); err != nil {
		return nil, errors.New("not an object: want apiVersion, kind and metadata")
	}
	object := &unstructured.Unstructured{Object: content}
	switch {
	case strings.Contains(object.GetAPIVersion(), "."+v1alpha1.GroupVersion.Group+"/"):
		return nil, fmt.Errorf("a file of Landfall itself (kind %s) and no object of a cluster; want the folder that export writes with -o", object.GetKind())
	case object.GetAPIVersion() == "" || object.GetKind() == "":
		return nil, errors.New("apiVersion or kind is missing")
	case object.IsList():
		return nil, errors.New("a List cannot be deployed: give each object by itself")
	case object.GetName() == "":
		return nil, errors.New("metadata.name is missing")
	}
	if err := checkFields(object, data); err != nil {
		return nil, err
	}
	// An export carries neither; a person's copy of a live object may.
	unstructured.RemoveNestedField(object.Object, "status")
	for _, field := range []string{"creationTimestamp", "managedFields", "resourceVersion", "uid", "generation", "selfLink"} {
		unstructured.RemoveNestedField(object.Object, "metadata", field)
	}
	return object, nil
}

// checkFields names the fields of Landfall's kinds that do not exist. The API
// server would say so too, but only once it is asked.
func checkFields(object *unstructured.Unstructured, data []byte) error {
	if !strings.HasPrefix(object.GetAPIVersion(), v1alpha1.GroupVersion.Group+"/") {
		return nil
	}
	if object.GetAPIVersion() != v1alpha1.GroupVersion.String() {
		return fmt.Errorf("apiVersion %q is unknown: this program speaks %s", object.GetAPIVersion(), v1alpha1.GroupVersion)
	}
	var typed any
	switch object.GetKind() {
	case "Endpoint":
		typed = &v1alpha1.Endpoint{}
	case "Model":
		typed = &v1alpha1.Model{}
	case "WorkloadClass":
		typed = &v1alpha1.WorkloadClass{}
	default:
		return fmt.Errorf("kind %q is unknown in %s: want Endpoint, Model or WorkloadClass", object.GetKind(), v1alpha1.GroupVersion)
	}
	strict, err := kjson.UnmarshalStrict(data, typed)
	if err != nil {
		return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
	}
	if len(strict) > 0 {
		return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), errors.Join(strict...))
	}
	return nil
}

// rank orders kinds: what others refer to comes first.
func rank(kind string) int {
	order := []string{
		"Namespace", "CustomResourceDefinition", "PriorityClass", "WorkloadClass", "ServiceAccount", "Secret", "ConfigMap", "Model", "Endpoint",
	}
	if index := slices.Index(order, kind); index >= 0 {
		return index
	}
	return len(order)
}
