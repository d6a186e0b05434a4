package journey

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
)

// badModel is a model that cannot be fetched, and what its variant must say.
type badModel struct {
	name, what string
	// archive is put into the store; nil leaves the object missing.
	archive []byte
	edit    func(*v1alpha1.ModelArtifact)
	// says is what the variant's one line must hold.
	says string
}

// unpackedLimit is what the models of this stage may unpack to.
const unpackedLimit = 1 << 20

func badModels() []badModel {
	fine := archiveOf(entry{name: "model.json", size: 10})
	return []badModel{
		{name: "badsum", what: "a checksum that does not match", archive: fine, says: "sha256", edit: func(a *v1alpha1.ModelArtifact) { a.Digest = "sha256:" + strings.Repeat("0", 64) }},
		{name: "badpath", what: "an archive with ../", archive: archiveOf(entry{name: "../escape", size: 10}), says: "../escape"},
		{name: "badabs", what: "an archive with an absolute path", archive: archiveOf(entry{name: "/etc/escape", size: 10}), says: "/etc/escape"},
		{name: "badlink", what: "an archive with a link", archive: archiveOf(entry{name: "link", link: "/etc/passwd"}), says: "link"},
		{name: "bomb", what: "an archive that unpacks to more than its volume", archive: archiveOf(entry{name: "zeros", size: 64 << 20}), says: "1048576"},
		{name: "nostore", what: "a store that cannot be reached", archive: fine, says: "127.0.0.1", edit: func(a *v1alpha1.ModelArtifact) { a.EndpointURL = "http://127.0.0.1:1" }},
		{name: "noobject", what: "an object that is not there", says: "noobject"},
	}
}

// modelsPerEndpoint is how many bad variants fit beside the good one.
const modelsPerEndpoint = 4

// wrongModels deploys models whose files are wrong, one variant each, and reads
// what the status says of them.
func (j *Journey) wrongModels(ctx context.Context) error {
	good, err := j.endpoint(ctx)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(badModels(), modelsPerEndpoint) {
		if err := j.tryBadModels(ctx, good, chunk); err != nil {
			return err
		}
	}
	return nil
}

// tryBadModels deploys a few bad models beside each other, reads what becomes
// of them, and takes them away again.
func (j *Journey) tryBadModels(ctx context.Context, good *v1alpha1.Endpoint, models []badModel) error {
	e := &v1alpha1.Endpoint{ObjectMeta: metav1.ObjectMeta{Namespace: modelsNamespace, Name: "bad-" + models[0].name}}
	e.Spec.Variants = []v1alpha1.Variant{*good.Spec.FindVariant(managedVariant).DeepCopy()}
	e.Spec.Live = managedVariant
	for _, bad := range models {
		if err := j.registerBadModel(ctx, good, bad); err != nil {
			return err
		}
		variant := good.Spec.FindVariant(clusterVariant).DeepCopy()
		variant.Name = bad.name
		variant.Pods.ModelRef.Name = modelName(bad.name)
		variant.Pods.Replicas = v1alpha1.ReplicaRange{Min: 1}
		variant.Pods.Resources.Requests["cpu"] = resource.MustParse("5m")
		e.Spec.Variants = append(e.Spec.Variants, *variant)
	}
	if err := j.client.Create(ctx, e); err != nil {
		return err
	}
	for _, bad := range models {
		message, err := j.variantMessage(ctx, e.Name, bad)
		j.report.Checkf("refused: "+bad.what, err == nil, "%s", oneLine(message))
	}
	if err := j.client.Delete(ctx, e); err != nil {
		return err
	}
	for _, bad := range models {
		model := &v1alpha1.Model{ObjectMeta: metav1.ObjectMeta{Namespace: modelsNamespace, Name: modelName(bad.name)}}
		if err := j.client.Delete(ctx, model); err != nil {
			return err
		}
	}
	return nil
}

// registerBadModel puts the archive into the store and a Model beside it.
func (j *Journey) registerBadModel(ctx context.Context, good *v1alpha1.Endpoint, bad badModel) error {
	objectKey := "bad/" + bad.name + ".tar.gz"
	if bad.archive != nil {
		if err := j.putObject(ctx, objectKey, bad.archive); err != nil {
			return err
		}
	}
	var model v1alpha1.Model
	if err := j.client.Get(ctx, client.ObjectKey{Namespace: modelsNamespace, Name: good.Spec.FindVariant(clusterVariant).Pods.ModelRef.Name}, &model); err != nil {
		return err
	}
	spec := model.Spec.DeepCopy()
	spec.Artifact.URI = "s3://" + modelBucket + "/" + objectKey
	sum := sha256.Sum256(bad.archive)
	spec.Artifact.Digest = "sha256:" + hex.EncodeToString(sum[:])
	spec.Artifact.SizeBytes = nil
	spec.Artifact.MaxUnpacked = resource.NewQuantity(unpackedLimit, resource.BinarySI)
	if bad.edit != nil {
		bad.edit(spec.Artifact)
	}
	return j.client.Create(ctx, &v1alpha1.Model{
		ObjectMeta: metav1.ObjectMeta{Namespace: modelsNamespace, Name: modelName(bad.name)}, Spec: *spec,
	})
}

// variantMessage waits until a variant says what it must, and returns its line.
func (j *Journey) variantMessage(ctx context.Context, object string, bad badModel) (string, error) {
	message := "no status"
	err := waitFor(ctx, "the status of "+bad.name, func(ctx context.Context) (bool, error) {
		var e v1alpha1.Endpoint
		if err := j.client.Get(ctx, client.ObjectKey{Namespace: modelsNamespace, Name: object}, &e); err != nil {
			return false, err
		}
		for _, v := range e.Status.Variants {
			if v.Name == bad.name {
				message = v.Message
				return !v.Ready && strings.Contains(v.Message, bad.says), nil
			}
		}
		return false, nil
	})
	return message, err
}

// entry is a file or a link of an archive.
type entry struct {
	name string
	size int64
	link string
}

// archiveOf packs entries as a hostile or careless user might.
func archiveOf(entries ...entry) []byte {
	var packed bytes.Buffer
	zipper := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipper)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Size: e.size, Mode: 0o644, Typeflag: tar.TypeReg}
		if e.link != "" {
			header.Typeflag, header.Linkname = tar.TypeSymlink, e.link
		}
		must(archive.WriteHeader(header))
		_, err := io.CopyN(archive, zeros{}, e.size)
		must(err)
	}
	must(archive.Close())
	must(zipper.Close())
	return packed.Bytes()
}

// zeros reads as endless zero bytes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// must stops at what cannot happen: writing to memory does not fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
