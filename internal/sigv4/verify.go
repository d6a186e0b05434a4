package sigv4

import (
	"context"
	"crypto/hmac"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	// DefaultMaxSkew is AWS's own limit on the age of a signature.
	DefaultMaxSkew = 5 * time.Minute
	// EmptyPayloadSHA256 is the digest of a request without a body.
	EmptyPayloadSHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

	serviceS3      = "s3"
	longTime       = "20060102T150405Z"
	mismatchNotice = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)

// Verifier checks signatures for one service. The zero MaxSkew and Region
// have the meanings below; Service and Lookup must be set. It keeps no state
// and may be used from many goroutines when Lookup may.
type Verifier struct {
	// Service is the signing name callers must use, such as "sagemaker".
	Service string
	// Region is the region callers must sign for; empty accepts any.
	Region string
	// MaxSkew is how far the claimed time may be from now, either way.
	// 0 means DefaultMaxSkew.
	MaxSkew time.Duration
	// Lookup finds the secret of an access key.
	Lookup Lookup
	// MustSign lists header names that, when present, must be signed. Nil
	// means X-Amz-Target, which selects the operation of a JSON 1.1 service.
	MustSign []string
}

// Request is what a signature covers, apart from the body and independent of
// any HTTP library.
type Request struct {
	// Method is the HTTP method in capitals.
	Method string
	// EscapedPath is the path as it stood on the request line, still
	// percent-encoded; empty means "/".
	EscapedPath string
	// RawQuery is the part after "?", still encoded.
	RawQuery string
	// Host is the Host header (or :authority) as the client sent it.
	Host string
	// Header gives all values of a header, looked up by lower-case name
	// regardless of the case on the wire; nil when it is absent.
	Header func(name string) []string
	// ContentLength is in bytes; negative when unknown.
	ContentLength int64
}

// FromHTTP views a net/http server request as a Request.
func FromHTTP(r *http.Request) Request {
	path := r.URL.EscapedPath()
	if before, _, _ := strings.Cut(r.RequestURI, "?"); strings.HasPrefix(before, "/") {
		path = before
	}
	return Request{
		Method: r.Method, EscapedPath: path, RawQuery: r.URL.RawQuery, Host: r.Host,
		Header: r.Header.Values, ContentLength: r.ContentLength,
	}
}

// Verify checks that req was signed, with a known key, for this service and
// about now. payloadSHA256 is the lower-case hexadecimal digest of the whole
// body (EmptyPayloadSHA256 without one), computed by the caller because
// SageMaker's clients do not send it; for service "s3" it is the value of
// x-amz-content-sha256. A refusal is always an *Error.
func (v Verifier) Verify(req Request, payloadSHA256 string, now time.Time) (Identity, error) {
	id, refusal := v.verify(req, payloadSHA256, now)
	if refusal != nil {
		return Identity{}, refusal
	}
	return id, nil
}

// Screen checks all that a request's header tells: that it is signed, with a
// known key, for this service and about now, and covers what it must. Whom Screen
// refuses, Verify would refuse likewise whatever the body; whom it lets pass has
// proved nothing yet. It saves reading bodies of strangers.
func (v Verifier) Screen(req Request, now time.Time) error {
	if _, refusal := v.screen(req, now); refusal != nil {
		return refusal
	}
	return nil
}

// claim is what a request says of itself before its signature is checked.
type claim struct {
	auth        authorization
	signedAt    time.Time
	credentials Credentials
}

func (v Verifier) screen(req Request, now time.Time) (claim, *Error) {
	header, refusal := single(req, "authorization", CodeMissingToken)
	if refusal != nil {
		return claim{}, refusal
	}
	auth, refusal := parseAuthorization(header)
	if refusal != nil {
		return claim{}, refusal
	}
	signedAt, refusal := claimedTime(req, auth)
	if refusal != nil {
		return claim{}, refusal
	}
	creds, known := v.Lookup(auth.accessKeyID)
	if !known || creds.SecretAccessKey == "" { // an empty secret is a secret everyone knows
		return claim{}, refuse(CodeUnrecognizedClient, "The security token included in the request is invalid.")
	}
	if refusal := v.checkScope(auth); refusal != nil {
		return claim{}, refusal
	}
	if refusal := v.checkTime(signedAt, now); refusal != nil {
		return claim{}, refusal
	}
	if refusal := v.checkCoverage(req, auth); refusal != nil {
		return claim{}, refusal
	}
	return claim{auth: auth, signedAt: signedAt, credentials: creds}, nil
}

func (v Verifier) verify(req Request, payloadSHA256 string, now time.Time) (Identity, *Error) {
	c, refusal := v.screen(req, now)
	if refusal != nil {
		return Identity{}, refusal
	}
	if refusal := v.checkSignature(req, c, payloadSHA256); refusal != nil {
		return Identity{}, refusal
	}
	// After the signature, so that only a holder of the secret learns
	// whether a token is current.
	if refusal := checkToken(req, c.credentials); refusal != nil {
		return Identity{}, refusal
	}
	return Identity{AccessKeyID: c.auth.accessKeyID, Region: c.auth.region, Service: c.auth.service}, nil
}

// single reads a header that may appear at most once.
func single(req Request, name string, code Code) (string, *Error) {
	switch values := req.Header(name); len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	default:
		return "", refuse(code, fmt.Sprintf("The header %s appears %d times; it must appear once.", name, len(values)))
	}
}

func claimedTime(req Request, auth authorization) (time.Time, *Error) {
	text, refusal := single(req, "x-amz-date", CodeIncompleteSignature)
	if refusal != nil {
		return time.Time{}, refusal
	}
	signedAt, err := time.Parse(longTime, text)
	// time.Parse also takes fractions of a second, which the form excludes.
	if err != nil || signedAt.Format(longTime) != text {
		return time.Time{}, refuse(CodeIncompleteSignature,
			"Date must be in ISO-8601 'basic format', such as 20260131T235959Z, in the header X-Amz-Date.")
	}
	if day := text[:len("20060102")]; day != auth.date {
		return time.Time{}, refuse(CodeInvalidSignature, fmt.Sprintf(
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s'.",
			auth.date, day))
	}
	return signedAt, nil
}

func (v Verifier) checkScope(auth authorization) *Error {
	if auth.service != v.Service {
		return refuse(CodeInvalidSignature, "Credential should be scoped to correct service: '"+v.Service+"'.")
	}
	if v.Region != "" && auth.region != v.Region {
		return refuse(CodeInvalidSignature,
			"Credential should be scoped to a valid region, not '"+auth.region+"'; this is '"+v.Region+"'.")
	}
	return nil
}

func (v Verifier) checkTime(signedAt, now time.Time) *Error {
	skew := v.MaxSkew
	if skew == 0 {
		skew = DefaultMaxSkew
	}
	now = now.UTC()
	minutes := fmt.Sprintf("%g min.", skew.Minutes())
	if earliest := now.Add(-skew); signedAt.Before(earliest) {
		return refuse(CodeInvalidSignature, fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %s)",
			signedAt.Format(longTime), earliest.Format(longTime), now.Format(longTime), minutes))
	}
	if latest := now.Add(skew); signedAt.After(latest) {
		return refuse(CodeInvalidSignature, fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %s)",
			signedAt.Format(longTime), latest.Format(longTime), now.Format(longTime), minutes))
	}
	return nil
}

func checkToken(req Request, creds Credentials) *Error {
	sent, refusal := single(req, "x-amz-security-token", CodeExpiredToken)
	if refusal != nil {
		return refusal
	}
	if !hmac.Equal([]byte(sent), []byte(creds.SessionToken)) {
		return refuse(CodeExpiredToken, "The security token included in the request is expired")
	}
	return nil
}

// checkSignature signs the covered parts again and compares.
func (v Verifier) checkSignature(req Request, c claim, payloadSHA256 string) *Error {
	covered, refusal := coveredRequest(req, c.auth)
	if refusal != nil {
		return refusal
	}
	// A fresh signer each time: the signer caches the derived key by access
	// key, region and service, so a kept one would go on accepting a rotated
	// secret and would grow with every region a stranger makes up.
	signer := v4.NewSigner(func(o *v4.SignerOptions) {
		o.DisableSessionToken = true // the token is an ordinary header here
		o.DisableURIPathEscaping = v.Service == serviceS3
	})
	key := aws.Credentials{AccessKeyID: c.credentials.AccessKeyID, SecretAccessKey: c.credentials.SecretAccessKey}
	if err := signer.SignHTTP(context.Background(), key, covered, payloadSHA256,
		c.auth.service, c.auth.region, c.signedAt); err != nil {
		return refuse(CodeInvalidSignature, mismatchNotice)
	}
	want, refusal := parseAuthorization(covered.Header.Get("Authorization"))
	if refusal != nil || !hmac.Equal([]byte(want.signature), []byte(c.auth.signature)) {
		return refuse(CodeInvalidSignature, mismatchNotice)
	}
	return nil
}

func (v Verifier) checkCoverage(req Request, auth authorization) *Error {
	must := v.MustSign
	if must == nil {
		must = []string{"x-amz-target"}
	}
	for _, name := range must {
		name = strings.ToLower(name)
		if req.Header(name) != nil && !auth.signs(name) {
			return refuse(CodeInvalidSignature, "'"+name+"' is present in the request but missing from SignedHeaders.")
		}
	}
	return nil
}

// coveredRequest holds exactly what the signature covers.
func coveredRequest(req Request, auth authorization) (*http.Request, *Error) {
	// The signer drops query parts that do not parse, so they would pass
	// unsigned: refuse them here.
	if _, err := url.ParseQuery(req.RawQuery); err != nil {
		return nil, refuse(CodeInvalidSignature, "The query string is not well-formed.")
	}
	path := req.EscapedPath
	if path == "" {
		path = "/"
	}
	// The signer looks for the first "/" and stops at "?", so that anything
	// around them would pass unsigned.
	if path[0] != '/' || strings.Contains(path, "?") {
		return nil, refuse(CodeInvalidSignature, "The path must start with '/' and hold no '?'.")
	}
	covered := &http.Request{
		Method: req.Method, Host: req.Host, Header: http.Header{},
		// Opaque keeps the path's own encoding; a scheme would make the
		// signer strip default ports, which the client may have signed.
		URL: &url.URL{Opaque: "//host" + path, RawQuery: req.RawQuery},
	}
	for _, name := range auth.signedHeaders {
		switch name {
		case "host", "x-amz-date":
			continue // the signer puts them in
		case "content-length":
			covered.ContentLength = req.ContentLength
			continue
		}
		values := req.Header(name)
		if values == nil {
			return nil, refuse(CodeInvalidSignature, "'"+name+"' is a signed header but is missing from the request.")
		}
		// Under its lower-case name, because the signer skips some headers,
		// such as User-Agent, by their canonical names; other signers do not.
		covered.Header[name] = append([]string(nil), values...)
	}
	return covered, nil
}
