package inventory

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Image is a container image reference, taken apart.
type Image struct {
	// Reference is the whole as SageMaker has it.
	Reference string `json:"reference"`
	// Registry is the host, empty for Docker Hub's short names.
	Registry string `json:"registry,omitempty"`
	// AccountID and Region are those of an Amazon ECR registry.
	AccountID  string `json:"accountID,omitempty"`
	Region     string `json:"region,omitempty"`
	Repository string `json:"repository"`
	Tag        string `json:"tag,omitempty"`
	// Digest is such as sha256:6d1e…
	Digest string `json:"digest,omitempty"`
	// BuiltIn is set for images that SageMaker offers.
	BuiltIn *BuiltIn `json:"builtIn,omitempty"`
}

// BuiltIn is what is known of an image that SageMaker offers.
type BuiltIn struct {
	Framework string `json:"framework"`
	// Access says whether the image runs outside SageMaker.
	Access ImageAccess `json:"access"`
	// Replacement is the way out for an image that does not. It is our own
	// judgment, not AWS's word.
	Replacement string `json:"replacement,omitempty"`
}

// ImageAccess says whether an image runs outside SageMaker.
type ImageAccess string

// The values of ImageAccess.
const (
	// AccessOpen images can be pulled with AWS credentials, or built from
	// public sources.
	AccessOpen ImageAccess = "Open"
	// AccessClosed images are refused by their registry outside SageMaker.
	AccessClosed ImageAccess = "Closed"
	// AccessHardware images serve models that were compiled for chips or
	// services that only AWS has.
	AccessHardware ImageAccess = "HardwareBound"
)

var (
	// The grammar is that of the OCI distribution specification.
	repositoryForm = regexp.MustCompile(`^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$`)
	tagForm        = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
	digestForm     = regexp.MustCompile(`^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}$`)
	hostForm       = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?$`)
	ecrForm        = regexp.MustCompile(`^([0-9]{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$`)
)

// ParseImage takes an image reference apart.
func ParseImage(reference string) (Image, error) {
	image := Image{Reference: reference}
	rest := reference
	if len(reference) > 512 {
		return Image{}, fmt.Errorf("image reference has %d characters; want at most 512", len(reference))
	}
	if name, digest, found := strings.Cut(rest, "@"); found {
		if !digestForm.MatchString(digest) {
			return Image{}, fmt.Errorf("image %q has the digest %q; want one such as sha256:…", reference, digest)
		}
		rest, image.Digest = name, digest
	}
	if colon := strings.LastIndexByte(rest, ':'); colon > strings.LastIndexByte(rest, '/') {
		image.Tag, rest = rest[colon+1:], rest[:colon]
		if !tagForm.MatchString(image.Tag) {
			return Image{}, fmt.Errorf("image %q has the tag %q, which is not a tag", reference, image.Tag)
		}
	}
	image.Registry, image.Repository = cutRegistry(rest)
	if image.Registry != "" && !hostForm.MatchString(image.Registry) {
		return Image{}, fmt.Errorf("image %q has the registry %q, which is not a host", reference, image.Registry)
	}
	if !repositoryForm.MatchString(image.Repository) {
		return Image{}, fmt.Errorf("image %q has the repository %q, which is not lower-case names with '/' between", reference, image.Repository)
	}
	if ecr := ecrForm.FindStringSubmatch(image.Registry); ecr != nil {
		image.AccountID, image.Region = ecr[1], ecr[2]
	}
	image.BuiltIn = builtIn(image.AccountID, image.Repository)
	return image, nil
}

// cutRegistry tells a host from the first part of a path, as every client of
// registries does: a host holds a dot or a port, or is localhost.
func cutRegistry(name string) (registry, repository string) {
	first, rest, found := strings.Cut(name, "/")
	if found && (strings.ContainsAny(first, ".:") || first == "localhost") {
		return first, rest
	}
	return "", name
}

//go:embed data/images.csv
var imagesCSV string

//go:embed data/accounts.txt
var accountsText string

// offered is an image that SageMaker offers, by repository.
var offeredTable = sync.OnceValue(func() map[string]BuiltIn {
	rows, err := readTable(imagesCSV)
	if err != nil {
		panic("inventory: the embedded table of images is broken: " + err.Error())
	}
	access := map[string]ImageAccess{"open": AccessOpen, "closed": AccessClosed, "hardware": AccessHardware}
	table := make(map[string]BuiltIn, len(rows))
	for _, row := range rows {
		table[row["repository"]] = BuiltIn{
			Framework: row["framework"], Access: access[row["access"]], Replacement: waysOut[row["way"]],
		}
	}
	return table
})

var offeringAccounts = sync.OnceValue(func() map[string]bool {
	accounts := map[string]bool{}
	for line := range strings.Lines(accountsText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for account := range strings.FieldsSeq(line) {
			accounts[account] = true
		}
	}
	return accounts
})

func builtIn(accountID, repository string) *BuiltIn {
	if !offeringAccounts()[accountID] {
		return nil
	}
	if known, ok := offeredTable()[repository]; ok {
		return &known
	}
	return nil
}

// waysOut are what we would do about an image that cannot leave.
var waysOut = map[string]string{
	"extract":     "read the weights out of the MXNet artifact where that is possible, or train again with scikit-learn or PyTorch",
	"retrain":     "train again with scikit-learn or PyTorch: the image is closed and its artifacts have a private format",
	"rcf":         "train again with the open Random Cut Forest library",
	"deepar":      "train again with GluonTS",
	"blazingtext": "serve the word vectors or the .bin file with fastText",
	"seq2seq":     "train again with a Hugging Face model",
	"vision":      "run the network with MXNet or ONNX under a server of your own, and check its pre- and post-processing",
	"xgboost":     "use the open sagemaker-xgboost container with the same model file",
	"processing":  "use open tools for the same analysis: the image is closed",
	"neo":         "go back to the model before compilation (the CompilationJob's InputConfig.S3Uri) and serve that, or compile it with TensorRT or ONNX Runtime",
	"neuron":      "keep it on AWS nodes with Neuron devices, or serve the model before compilation on CPU or GPU",
	"eia":         "serve on CPU or on a small or partitioned GPU: Elastic Inference is retired",
}
