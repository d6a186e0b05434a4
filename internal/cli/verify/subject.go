package verify

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/bundle"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/export"
	core "landfall.dev/landfall/internal/verify"
)

// subject is what is verified, and with which requests.
type subject struct {
	workload core.Workload
	model    *v1alpha1.Model
	endpoint *v1alpha1.Endpoint
	variant  string
	pods     *v1alpha1.PodsVariant
	// findings are the export's.
	findings []export.Finding
	requests []core.Request
	// packed are the requests as the probes read them.
	packed []byte
	// peakPerMinute is that of the whole endpoint; 0 means not known.
	peakPerMinute float64
	notes         []string
}

const mostPeakPerMinute = 6e6

func (o *options) load(path string) (*subject, error) {
	manifest, err := bundle.Read(path)
	if err != nil {
		return nil, &output.Failure{What: "cannot verify " + path, Why: err.Error(), Next: "name the folder that export wrote with -o", Cause: err}
	}
	if !manifest.Deployable {
		return nil, &output.Failure{
			What: "cannot verify " + path, Why: "the export found what keeps it from working, and wrote no manifests",
			Next: "look at the errors in " + filepath.Join(path, export.FindingsPath) + ", then export again", Code: output.ExitNo,
		}
	}
	s := &subject{workload: core.Workload{EndpointName: manifest.Endpoint, Region: manifest.Region}}
	if err := errors.Join(s.readManifests(path), s.readFindings(path)); err != nil {
		return nil, &output.Failure{What: "cannot use the bundle " + path, Why: err.Error(), Next: "correct the file, or export again", Cause: err}
	}
	if err := o.readRequests(s); err != nil {
		return nil, err
	}
	return s, o.findPeak(s, path)
}

// readManifests reads the manifests as they are now: people edit them.
func (s *subject) readManifests(dir string) error {
	s.model, s.endpoint = &v1alpha1.Model{}, &v1alpha1.Endpoint{}
	for file, into := range map[string]any{export.ModelPath: s.model, export.EndpointPath: s.endpoint} {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		if err != nil {
			return err
		}
		if err := yaml.UnmarshalStrict(data, into); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	for i := range s.endpoint.Spec.Variants {
		if v := &s.endpoint.Spec.Variants[i]; v.Pods != nil && v.Pods.ModelRef.Name == s.model.Name {
			s.variant, s.pods = v.Name, v.Pods
		}
	}
	if s.pods == nil {
		return fmt.Errorf("%s has no variant with pods of the model %q, which is in %s", export.EndpointPath, s.model.Name, export.ModelPath)
	}
	s.defaults()
	if origin := s.model.Spec.Origin; origin != nil {
		s.workload.AccountID = accountOf(origin.SageMaker.ModelARN)
	}
	return nil
}

// defaults fills in what the API server would, as the CRD has it.
func (s *subject) defaults() {
	const startupSeconds, invocationSeconds = 480, 60
	if s.pods.StartupTimeoutSeconds == 0 {
		s.pods.StartupTimeoutSeconds = startupSeconds
	}
	if s.pods.InvocationTimeoutSeconds == 0 {
		s.pods.InvocationTimeoutSeconds = invocationSeconds
	}
	if a := s.model.Spec.Artifact; a != nil && a.Compression == "" {
		a.Compression = v1alpha1.CompressionGzip
	}
}

// accountOf is the account in an ARN: arn:partition:service:region:account:….
func accountOf(arn string) string {
	const accountField, fields = 4, 6
	if parts := strings.SplitN(arn, ":", fields); len(parts) == fields {
		return parts[accountField]
	}
	return ""
}

// mostPackedBytes bounds what goes into a Secret, which etcd holds to 1 MiB.
const mostPackedBytes = 900 << 10

func (o *options) readRequests(s *subject) error {
	if o.body != "" {
		s.requests = []core.Request{{ContentType: o.contentType, Accept: o.accept, Body: []byte(o.body)}}
	}
	if o.requests != "" {
		data, err := o.session.ReadFile(o.requests, "capture requests with SageMaker's data capture, or write some by hand")
		if err != nil {
			return err
		}
		requests, more, err := core.ReadRequests(bytes.NewReader(data))
		if err != nil {
			return &output.Failure{What: "cannot use the requests in " + o.requests, Why: err.Error(), Next: o.session.Program + " verify --help shows a line", Cause: err}
		}
		if more {
			s.notes = append(s.notes, fmt.Sprintf("only the first %d requests of the file were used", len(requests)))
		}
		s.requests = requests
	}
	return s.pack()
}

// pack compresses the requests, and as many of them as a Secret holds.
func (s *subject) pack() error {
	if len(s.requests) == 0 {
		return nil
	}
	for count := len(s.requests); count > 0; count /= 2 {
		var packed bytes.Buffer
		compressed := gzip.NewWriter(&packed)
		if err := errors.Join(core.WriteRequests(compressed, s.requests[:count]), compressed.Close()); err != nil {
			return err
		}
		if packed.Len() > mostPackedBytes {
			continue
		}
		if count < len(s.requests) {
			s.notes = append(s.notes, fmt.Sprintf("only the first %d of %d requests were used: more do not fit into a Secret", count, len(s.requests)))
		}
		s.requests, s.packed = s.requests[:count], packed.Bytes()
		return nil
	}
	return &output.Failure{
		What: "cannot use the requests", Why: fmt.Sprintf("the first alone has more than the %d KiB, compressed, that a Secret holds", mostPackedBytes>>10),
		Next: "put smaller requests first",
	}
}

// findPeak takes the peak from the flag, or from the inventory.
func (o *options) findPeak(s *subject, path string) error {
	if s.peakPerMinute = o.peakPerMinute; s.peakPerMinute > 0 {
		return nil
	}
	found, err := o.session.FindInventory(o.inventory, path)
	if where, none := session.NoInventory(err); none {
		s.notes = append(s.notes, "the peak is not known: "+where+", or give --peak-requests-per-minute")
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range found.Endpoints {
		if e.Name != s.workload.EndpointName || e.Region != "" && e.Region != s.workload.Region ||
			s.workload.AccountID != "" && e.AccountID != "" && e.AccountID != s.workload.AccountID {
			continue
		}
		for _, v := range e.Variants {
			if v.Traffic != nil {
				s.peakPerMinute += float64(v.Traffic.PeakRequestsPerMinute)
			}
		}
	}
	if s.peakPerMinute == 0 {
		s.notes = append(s.notes, "the inventory has no peak of "+s.workload.EndpointName)
	}
	return nil
}
