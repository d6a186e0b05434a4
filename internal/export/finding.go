package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/inventory"
)

// Finding is an assumption of SageMaker that the cluster does not share.
type Finding struct {
	// Severity says whether the bundle can work regardless.
	Severity Severity `json:"severity"`
	// ID names the kind of finding.
	ID string `json:"id"`
	// Where is the field that shows it, or the place in the model's files.
	Where string `json:"where"`
	// File, Line and Quote are set for findings in the model's files: the path
	// in the archive, the line in it from 1, and what stands there, with secrets
	// masked.
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"`
	Quote string `json:"quote,omitempty"`
	// Message says what was found.
	Message string `json:"message"`
	// Do says what to do about it.
	Do string `json:"do"`
}

// Severity of a finding.
type Severity string

// The severities.
const (
	// SeverityError keeps the bundle from being deployed.
	SeverityError Severity = "Error"
	// SeverityWarning may break something and has to be looked at.
	SeverityWarning Severity = "Warning"
	// SeverityInfo is good to know.
	SeverityInfo Severity = "Info"
)

var severities = []Severity{SeverityError, SeverityWarning, SeverityInfo}

// check looks for findings of one kind.
type check func(s source) []Finding

// checks are all that are made. Their order does not matter.
var checks = []check{
	archiveRefused, imageMissing, imageClosed, containerRecipe, additionalArtifacts, imageUnpinned, imageFromECR, architecture, hardening, environment,
	secrets, artifactUnpinned, artifactGated, artifactReplaced, createdAgain, role, network, scaling, capture, encryption, timeouts, unplaced,
	inspected, isolated, rollbackAlarms,
}

func (s source) findings() []Finding {
	return s.made(checks)
}

// made makes checks, and returns what they find, sorted.
func (s source) made(by []check) []Finding {
	var all []Finding
	for _, look := range by {
		all = append(all, look(s)...)
	}
	return sorted(all)
}

func sorted(all []Finding) []Finding {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)),
			strings.Compare(a.ID, b.ID), strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			strings.Compare(a.Where, b.Where),
		)
	})
	return all
}

func one(severity Severity, id, where, message, do string) []Finding {
	return []Finding{{Severity: severity, ID: id, Where: where, Message: message, Do: do}}
}

// at names a field of the container in the inventory.
func (s source) at(field string) string {
	return fmt.Sprintf("model %s: containers[%d].%s", s.model.Name, s.position, field)
}

func archiveRefused(s source) []Finding {
	if s.Artifact == nil || s.Artifact.Refused == "" {
		return nil
	}
	return one(SeverityError, "UnsafeArchive", s.at("artifact.uri"), s.Artifact.Refused,
		"pack the model again with files and folders only, by relative paths, and export again")
}

func imageClosed(s source) []Finding {
	image, err := inventory.ParseImage(s.Workload.Image)
	if err != nil || image.BuiltIn == nil || image.BuiltIn.Access == inventory.AccessOpen {
		return nil
	}
	return one(SeverityError, "ClosedImage", "plan: image", image.Reference+" does not run outside SageMaker",
		image.BuiltIn.Replacement+"; then set the workload's image in the plan")
}

func additionalArtifacts(s source) []Finding {
	if len(s.container.AdditionalArtifacts) == 0 {
		return nil
	}
	return one(SeverityError, "AdditionalArtifacts", s.at("additionalArtifacts"),
		"the container loads further files on demand, which a Model has no place for",
		"put them into the model's own artifact")
}

func imageUnpinned(s source) []Finding {
	if s.Workload.Image == "" || strings.Contains(s.Workload.Image, "@") {
		return nil
	}
	return one(SeverityWarning, "ImageUnpinned", "plan: image",
		s.Workload.Image+" is named by its tag, which may mean another image tomorrow",
		"name it by digest (…@sha256:…) in the plan")
}

func imageFromECR(s source) []Finding {
	image, err := inventory.ParseImage(s.Workload.Image)
	if err != nil || image.AccountID == "" {
		return nil
	}
	return one(SeverityInfo, "ImageInECR", "plan: image",
		"nodes must be allowed to pull from the registry of account "+image.AccountID,
		"give the nodes ecr:BatchGetImage and ecr:GetDownloadUrlForLayer, or copy the image and map it with --image-map")
}

func architecture(s source) []Finding {
	if s.variant.Instance == nil || s.variant.Instance.Architecture != "arm64" {
		return nil
	}
	return one(SeverityWarning, "Architecture", "variant "+s.variant.Name+": instanceType",
		s.variant.InstanceType+" is arm64, and so is the image", "choose a WorkloadClass whose nodes are arm64")
}

func hardening(source) []Finding {
	return one(SeverityWarning, "HardeningUnproven", "container",
		"SageMaker runs the container as root with a writable root file system; the cluster runs it as an ordinary user, "+
			"read-only but for /tmp and the model's folder; whether it can live with that is not known",
		"try it; if it cannot, name what it needs in spec.container.needs of the Model")
}

func secrets(s source) []Finding {
	if len(s.container.MaskedEnv) == 0 {
		return nil
	}
	secret := SecretName(s.Workload.Names.Model)
	return one(SeverityWarning, "SecretNeeded", s.at("env"),
		fmt.Sprintf("the values of %s look secret and were not read; the Model takes them from the Secret %s",
			strings.Join(s.container.MaskedEnv, ", "), secret),
		"create the Secret "+secret+" with those keys before deploying")
}

func artifactUnpinned(s source) []Finding {
	if s.Artifact == nil || s.Artifact.Compression != v1alpha1.CompressionNone {
		return nil
	}
	return one(SeverityWarning, "ArtifactUnpinned", s.at("artifact.uri"),
		"the model is a prefix of several objects, which has no digest: whoever writes there changes the model",
		"pack it as a model.tar.gz, or deny writes to the prefix")
}

func artifactGated(s source) []Finding {
	a := s.container.Artifact
	if a == nil || !a.EULAAccepted && a.HubContentARN == "" && a.ManifestURI == "" {
		return nil
	}
	return one(SeverityWarning, "ArtifactSpecial", s.at("artifact"),
		fmt.Sprintf("the model's files come with a licence (accepted: %t), from a hub (%s) or by a manifest (%s)",
			a.EULAAccepted, orNone(a.HubContentARN), orNone(a.ManifestURI)),
		"check that the licence allows running them outside SageMaker, and that the export has all files")
}

func orNone(text string) string { return cmp.Or(text, "none") }
