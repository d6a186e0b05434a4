package sigv4

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/awshttp"
)

var (
	signedAt = time.Date(2026, 10, 4, 12, 30, 15, 0, time.UTC)
	longLife = Credentials{AccessKeyID: "AKIDLONGLIFE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG"}
	shortOne = Credentials{AccessKeyID: "ASIASHORT", SecretAccessKey: "another/secret", SessionToken: "token=="}
)

func lookup(id string) (Credentials, bool) {
	switch id {
	case longLife.AccessKeyID:
		return longLife, true
	case shortOne.AccessKeyID:
		return shortOne, true
	case "AKIDNOSECRET":
		return Credentials{AccessKeyID: id}, true
	}
	return Credentials{}, false
}

func verifier() Verifier { return Verifier{Service: "sagemaker", Region: "us-east-1", Lookup: lookup} }

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// signed makes a request signed by the SDK's signer, as a server sees it.
func signed(t interface{ Fatalf(string, ...any) }, c Credentials, method, target string, body []byte, headers map[string]string) *http.Request {
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+target, bytes.NewReader(body))
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	r.RequestURI = target // httptest writes the absolute form, clients do not
	key := aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
	if err := v4.NewSigner().SignHTTP(context.Background(), key, r, digest(body), "sagemaker", "us-east-1", signedAt); err != nil {
		t.Fatalf("sign: %v", err)
	}
	return r
}

// checkScreen holds Screen against Verify: it refuses in the same words or not at
// all, and who has shown no known key does not get past it.
func checkScreen(t *testing.T, screened, verified error) {
	t.Helper()
	if screened != nil && (verified == nil || screened.Error() != verified.Error()) {
		t.Errorf("Screen says %v, Verify %v; want the same", screened, verified)
	}
	refusal, ok := errors.AsType[*Error](verified)
	if ok && refusal.Code != CodeInvalidSignature && refusal.Code != CodeExpiredToken && screened == nil {
		t.Errorf("Screen lets pass what Verify refuses for its header alone: %v", verified)
	}
}

func TestVerifyAndTamper(t *testing.T) {
	const wholeBody = `{"x":[1.5,2]}`
	headers := map[string]string{"Content-Type": "application/json", "X-Amzn-Sagemaker-Custom-Attributes": "a  b"}
	cases := map[string]struct {
		reason string
		creds  Credentials
		change func(r *http.Request)
		body   string
		v      func(*Verifier)
		now    time.Time
		want   Code
		text   string
	}{
		"Untouched":        {reason: "a signed request passes"},
		"SessionToken":     {reason: "temporary credentials pass with their token", creds: shortOne},
		"AnyRegion":        {reason: "an empty region accepts all", v: func(v *Verifier) { v.Region = "" }},
		"UnsignedExtra":    {reason: "headers added on the way are not covered", change: set("X-Forwarded-For", "10.0.0.1")},
		"Body":             {reason: "the body is covered", body: `{"x":[1.5,3]}`, want: CodeInvalidSignature, text: "does not match"},
		"Method":           {reason: "the method is covered", change: func(r *http.Request) { r.Method = "PUT" }, want: CodeInvalidSignature},
		"Path":             {reason: "the path is covered", change: func(r *http.Request) { r.RequestURI = "/endpoints/b/invocations" }, want: CodeInvalidSignature},
		"Query":            {reason: "the query is covered", change: func(r *http.Request) { r.URL.RawQuery = "a=1" }, want: CodeInvalidSignature},
		"BrokenQuery":      {reason: "a part the signer drops must not slip through", change: func(r *http.Request) { r.URL.RawQuery = "a;b" }, want: CodeInvalidSignature},
		"Host":             {reason: "the host is covered", change: func(r *http.Request) { r.Host = "other:8080" }, want: CodeInvalidSignature},
		"Header":           {reason: "signed headers are covered", change: set("Content-Type", "text/csv"), want: CodeInvalidSignature},
		"SecondValue":      {reason: "a doubled header is covered", change: func(r *http.Request) { r.Header.Add("Content-Type", "text/csv") }, want: CodeInvalidSignature},
		"HeaderGone":       {reason: "a signed header may not vanish", change: func(r *http.Request) { r.Header.Del("Content-Type") }, want: CodeInvalidSignature, text: "content-type"},
		"Length":           {reason: "a signed length is covered", change: func(r *http.Request) { r.ContentLength = 5 }, want: CodeInvalidSignature},
		"UnsignedTarget":   {reason: "X-Amz-Target selects the operation", change: set("X-Amz-Target", "SageMaker.DeleteEndpoint"), want: CodeInvalidSignature, text: "x-amz-target"},
		"NoAuth":           {reason: "unsigned", change: func(r *http.Request) { r.Header.Del("Authorization") }, want: CodeMissingToken},
		"Bearer":           {reason: "another scheme", change: set("Authorization", "Bearer x"), want: CodeMissingToken},
		"TwoAuths":         {reason: "two headers are ambiguous", change: func(r *http.Request) { r.Header.Add("Authorization", "x") }, want: CodeMissingToken},
		"NoDate":           {reason: "the date is needed", change: func(r *http.Request) { r.Header.Del("X-Amz-Date") }, want: CodeIncompleteSignature},
		"OddDate":          {reason: "fractions are not of the form", change: set("X-Amz-Date", "20261004T123015.5Z"), want: CodeIncompleteSignature},
		"OtherSecond":      {reason: "the time is covered", change: set("X-Amz-Date", "20261004T123016Z"), want: CodeInvalidSignature},
		"OtherDay":         {reason: "scope and date agree", change: set("X-Amz-Date", "20261005T123015Z"), want: CodeInvalidSignature, text: "Credential scope"},
		"UnknownKey":       {reason: "the key must exist", creds: Credentials{AccessKeyID: "AKIDNOBODY", SecretAccessKey: "x"}, want: CodeUnrecognizedClient},
		"EmptySecret":      {reason: "a key without a secret opens nothing", creds: Credentials{AccessKeyID: "AKIDNOSECRET"}, want: CodeUnrecognizedClient},
		"WrongSecret":      {reason: "the secret must match", creds: Credentials{AccessKeyID: longLife.AccessKeyID, SecretAccessKey: "x"}, want: CodeInvalidSignature},
		"StaleToken":       {reason: "an old token is told apart", creds: Credentials{AccessKeyID: shortOne.AccessKeyID, SecretAccessKey: shortOne.SecretAccessKey, SessionToken: "old"}, want: CodeExpiredToken},
		"NoToken":          {reason: "temporary credentials need their token", creds: Credentials{AccessKeyID: shortOne.AccessKeyID, SecretAccessKey: shortOne.SecretAccessKey}, want: CodeExpiredToken},
		"SurplusToken":     {reason: "long-lived keys have none", creds: Credentials{AccessKeyID: longLife.AccessKeyID, SecretAccessKey: longLife.SecretAccessKey, SessionToken: "x"}, want: CodeExpiredToken},
		"WrongService":     {reason: "signed for another service", v: func(v *Verifier) { v.Service = "s3" }, want: CodeInvalidSignature, text: "correct service: 's3'"},
		"WrongRegion":      {reason: "signed for another region", v: func(v *Verifier) { v.Region = "eu-west-1" }, want: CodeInvalidSignature, text: "valid region, not 'us-east-1'"},
		"AtTheLimit":       {reason: "five minutes are allowed", now: signedAt.Add(5 * time.Minute)},
		"Expired":          {reason: "past the limit", now: signedAt.Add(5*time.Minute + time.Second), want: CodeInvalidSignature, text: "Signature expired: 20261004T123015Z is now earlier than 20261004T123016Z (20261004T123516Z - 5 min.)"},
		"NotYet":           {reason: "from the future", now: signedAt.Add(-6 * time.Minute), want: CodeInvalidSignature, text: "Signature not yet current"},
		"NarrowSkew":       {reason: "the limit can be set", now: signedAt.Add(time.Minute), v: func(v *Verifier) { v.MaxSkew = time.Second }, want: CodeInvalidSignature},
		"PathWithoutSlash": {reason: "the signer would cut it", change: func(r *http.Request) { r.RequestURI = ""; r.URL.Opaque = "x/endpoints/a/invocations" }, want: CodeInvalidSignature},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			creds := tc.creds
			if creds.AccessKeyID == "" {
				creds = longLife
			}
			r := signed(t, creds, "POST", "/endpoints/a/invocations", []byte(wholeBody), headers)
			if tc.change != nil {
				tc.change(r)
			}
			body, now, v := wholeBody, signedAt, verifier()
			if tc.body != "" {
				body = tc.body
			}
			if !tc.now.IsZero() {
				now = tc.now
			}
			if tc.v != nil {
				tc.v(&v)
			}
			req := FromHTTP(r)
			if r.URL.Opaque != "" {
				req.EscapedPath = r.URL.Opaque
			}
			id, err := v.Verify(req, digest([]byte(body)), now)
			checkScreen(t, v.Screen(req, now), err)
			if tc.want == "" {
				want := Identity{AccessKeyID: creds.AccessKeyID, Region: "us-east-1", Service: "sagemaker"}
				if diff := cmp.Diff(want, id); err != nil || diff != "" {
					t.Fatalf("%s: err %v, identity (-want +got):\n%s", tc.reason, err, diff)
				}
				return
			}
			var refusal *Error
			if !errors.As(err, &refusal) || refusal.Code != tc.want || !strings.Contains(refusal.Message, tc.text) {
				t.Fatalf("%s: got %v, want %s with %q", tc.reason, err, tc.want, tc.text)
			}
			if id != (Identity{}) {
				t.Errorf("%s: a refused request must have no identity, got %v", tc.reason, id)
			}
		})
	}
}

func set(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// TestSageMakerRuntimeClient captures what the real client sends over a real
// connection, in both protocols' shapes: with a body and without.
func TestSageMakerRuntimeClient(t *testing.T) {
	var verdicts []error
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = verifier().Verify(FromHTTP(r), digest(body), time.Now())
		}
		verdicts = append(verdicts, err)
		fmt.Fprint(w, "{}")
	}))
	defer server.Close()
	client := sagemakerruntime.New(sagemakerruntime.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		HTTPClient:  awshttp.KeepEarlyAnswers(http.DefaultClient),
		Credentials: credentials.NewStaticCredentialsProvider(shortOne.AccessKeyID, shortOne.SecretAccessKey, shortOne.SessionToken),
	})
	ctx := context.Background()
	for _, body := range [][]byte{[]byte("1,2"), {}, bytes.Repeat([]byte("a"), 1<<20)} {
		if _, err := client.InvokeEndpoint(ctx, &sagemakerruntime.InvokeEndpointInput{
			EndpointName: aws.String("Churn-Prod"), Body: body, ContentType: aws.String("text/csv"),
			TargetVariant: aws.String("B"), CustomAttributes: aws.String(" spaced   out "),
		}); err != nil {
			t.Fatalf("InvokeEndpoint: %v", err)
		}
	}
	if len(verdicts) != 3 || errors.Join(verdicts...) != nil {
		t.Fatalf("want 3 verified requests, got %v", verdicts)
	}
}

func TestS3Form(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/bucket/a%20b%2Bc/d", nil)
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	key := aws.Credentials{AccessKeyID: longLife.AccessKeyID, SecretAccessKey: longLife.SecretAccessKey}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err := signer.SignHTTP(context.Background(), key, r, "UNSIGNED-PAYLOAD", "s3", "us-east-1", signedAt); err != nil {
		t.Fatal(err)
	}
	v := verifier()
	v.Service = "s3"
	if _, err := v.Verify(FromHTTP(r), "UNSIGNED-PAYLOAD", signedAt); err != nil {
		t.Fatalf("S3 does not escape the path twice: %v", err)
	}
}

// TestRoundTrip: whatever is signed verifies, and one changed part does not.
func TestRoundTrip(t *testing.T) {
	segment := rapid.StringMatching(`[A-Za-z0-9%._~-]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		path := "/" + strings.ReplaceAll(segment.Draw(t, "path"), "%", "%2F") + "/" + strings.ReplaceAll(segment.Draw(t, "path2"), "%", "%20")
		query := ""
		if rapid.Bool().Draw(t, "withQuery") {
			query = "?k=" + strings.ReplaceAll(segment.Draw(t, "query"), "%", "%26")
		}
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		value := rapid.StringMatching(`[!-~]([ -~]{0,20}[!-~])?`).Draw(t, "value")
		r := signed(t, longLife, "POST", path+query, body, map[string]string{"X-Amzn-Sagemaker-Custom-Attributes": value})
		if _, err := verifier().Verify(FromHTTP(r), digest(body), signedAt); err != nil {
			t.Fatalf("signed request refused: %v", err)
		}
		tamper(t, r, &body)
		if _, err := verifier().Verify(FromHTTP(r), digest(body), signedAt); err == nil {
			t.Fatalf("tampered request accepted: %s %s %v", r.Method, r.RequestURI, r.Header)
		}
	})
}

func tamper(t *rapid.T, r *http.Request, body *[]byte) {
	auth := r.Header.Get("Authorization")
	switch rapid.IntRange(0, 6).Draw(t, "tamper") {
	case 0:
		*body = append(*body, rapid.Byte().Draw(t, "byte"))
	case 1:
		r.RequestURI = strings.Replace(r.RequestURI, "/", "/x", 1)
	case 2:
		r.Header.Add("X-Amzn-Sagemaker-Custom-Attributes", "x")
	case 3:
		r.Host = "x" + r.Host
	case 4:
		r.URL.RawQuery += "&z=1"
	case 5: // one digit of the signature
		i := len(auth) - 1 - rapid.IntRange(0, 63).Draw(t, "digit")
		digit := "0"
		if auth[i] == '0' {
			digit = "1"
		}
		r.Header.Set("Authorization", auth[:i]+digit+auth[i+1:])
	case 6:
		r.Method = "GET"
	}
}

func TestCredentialsNeverPrint(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	logger.Info("x", "c", shortOne, "p", &shortOne)
	fmt.Fprintf(&out, "%v %+v %#v %s %v", shortOne, shortOne, shortOne, shortOne, &shortOne)
	for _, secret := range []string{shortOne.SecretAccessKey, shortOne.SessionToken} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q was printed in %s", secret, out.String())
		}
	}
	if !strings.Contains(out.String(), shortOne.AccessKeyID) {
		t.Errorf("the access key ID should be shown, got %s", out.String())
	}
}
