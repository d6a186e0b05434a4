package standin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"landfall.dev/landfall/internal/sigv4"
)

// maxS3Skew is S3's own limit, wider than that of the other services.
const maxS3Skew = 15 * time.Minute

// newObjectStore makes an S3 in memory with the buckets of all accounts. One
// named twice, such as a bucket for the trails of several, holds the objects
// of both.
func newObjectStore(buckets []Bucket) (http.Handler, error) {
	backend := s3mem.New()
	created := map[string]bool{}
	for _, bucket := range buckets {
		if !created[bucket.Name] {
			if err := backend.CreateBucket(bucket.Name); err != nil {
				return nil, fmt.Errorf("create bucket %s: %w", bucket.Name, err)
			}
		}
		created[bucket.Name] = true
		for _, object := range bucket.Objects {
			_, err := backend.PutObject(bucket.Name, object.Key, map[string]string{},
				bytes.NewReader(object.content), int64(len(object.content)), nil)
			if err != nil {
				return nil, fmt.Errorf("put s3://%s/%s: %w", bucket.Name, object.Key, err)
			}
		}
	}
	// The signature check below watches the clock.
	return gofakes3.New(backend, gofakes3.WithTimeSkewLimit(0)).Server(), nil
}

// serveObjects checks who calls S3 and leaves the rest to gofakes3.
func (s *region) serveObjects(w http.ResponseWriter, r *http.Request) {
	action := "s3:" + r.Method
	if refusal := s.admitObjects(r, action); refusal != nil {
		s.counters.call(s.name, action, true)
		writeS3Error(w, r, refusal)
		return
	}
	recorder := &statusRecorder{ResponseWriter: w}
	s.s3.ServeHTTP(recorder, r)
	s.counters.call(s.name, action, recorder.status >= 400)
}

func (s *region) admitObjects(r *http.Request, action string) *apiError {
	payload := r.Header.Get("X-Amz-Content-Sha256")
	v := s.verifier("s3")
	v.MaxSkew = maxS3Skew
	id, err := v.Verify(sigv4.FromHTTP(r), payload, s.now())
	if err != nil {
		return s3AuthError(err)
	}
	switch {
	case len(payload) == 64:
		r.Body = &checkedBody{ReadCloser: r.Body, want: payload, left: r.ContentLength, hash: sha256.New()}
	case payload != "UNSIGNED-PAYLOAD" && !strings.HasPrefix(payload, "STREAMING-"):
		return &apiError{Status: 400, Code: "InvalidRequest", Message: "x-amz-content-sha256 must be a SHA-256 or a known literal."}
	}
	who, refusal := s.known(r.Context(), id.AccessKeyID)
	if refusal != nil {
		return &apiError{Status: http.StatusBadRequest, Code: "ExpiredToken", Message: refusal.Message}
	}
	switch refusal := s.admit(who, action, "arn:aws:s3:::"+strings.TrimPrefix(r.URL.Path, "/")); {
	case refusal == nil:
		return nil
	case refusal.Code == "ThrottlingException":
		return &apiError{Status: http.StatusServiceUnavailable, Code: "SlowDown", Message: "Please reduce your request rate."}
	case refusal.Code != "AccessDeniedException":
		return refusal
	default:
		return &apiError{Status: http.StatusForbidden, Code: "AccessDenied", Message: refusal.Message}
	}
}

// s3AuthError translates to S3's older names.
func s3AuthError(err error) *apiError {
	e := authError(err, http.StatusForbidden)
	if code, ok := map[string]string{
		string(sigv4.CodeMissingToken):        "AccessDenied",
		string(sigv4.CodeUnrecognizedClient):  "InvalidAccessKeyId",
		string(sigv4.CodeInvalidSignature):    "SignatureDoesNotMatch",
		string(sigv4.CodeExpiredToken):        "ExpiredToken",
		string(sigv4.CodeIncompleteSignature): "AuthorizationHeaderMalformed",
	}[e.Code]; ok {
		e.Code = code
	}
	return e
}

func writeS3Error(w http.ResponseWriter, r *http.Request, e *apiError) {
	type response struct {
		XMLName  xml.Name `xml:"Error"`
		Code     string   `xml:"Code"`
		Message  string   `xml:"Message"`
		Resource string   `xml:"Resource"`
	}
	writeXML(w, e.Status, response{Code: e.Code, Message: e.Message, Resource: r.URL.Path})
}

// checkedBody fails the read that completes a body whose digest is not the
// signed one, so that a damaged upload is not stored.
type checkedBody struct {
	io.ReadCloser
	want string
	left int64
	hash hash.Hash
}

var errContentDigest = errors.New("the content does not match x-amz-content-sha256")

// Read implements io.Reader.
func (b *checkedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.hash.Write(p[:n])
	b.left -= int64(n)
	whole := b.left == 0 || errors.Is(err, io.EOF)
	if whole && hex.EncodeToString(b.hash.Sum(nil)) != b.want {
		return n, errContentDigest
	}
	return n, err
}

// statusRecorder remembers the status for the counters.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController find the connection.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
