package router

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"github.com/aws/smithy-go"

	"landfall.dev/landfall/internal/router/exchange"
)

func credentialsFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credentials.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const twoKeys = `
- {accessKeyID: ` + testKey + `, secretAccessKey: ` + testSecret + `, namespace: ` + testNamespace + `}
- {accessKeyID: AKIDOTHER, secretAccessKey: other-secret, namespace: other}
`

// In sigv4 mode the key selects the namespace, and whoever cannot sign is told
// why in AWS's terms.
func TestSigV4(t *testing.T) {
	h := newHarness(t, func(o *Options) { o.Auth, o.CredentialsFile = AuthSigV4, credentialsFile(t, twoKeys) })
	h.pods("blue", addressOf(backend(t, says(`"ok"`))))
	h.apply()
	signedBy := func(key, secret string) func(*sagemakerruntime.Options) {
		return func(o *sagemakerruntime.Options) {
			o.Credentials = credentials.NewStaticCredentialsProvider(key, secret, "")
		}
	}
	cases := map[string]struct {
		reason string
		change func(*sagemakerruntime.Options)
		code   string
	}{
		"Good":         {"A good signature is let in.", func(*sagemakerruntime.Options) {}, ""},
		"OwnNamespace": {"A key may name its own namespace.", baseURL(h.url + "/ns/" + testNamespace), ""},
		"OtherNamespace": {
			"A key may not name another namespace.", baseURL(h.url + "/ns/other"), "AccessDeniedException",
		},
		"OtherKey":    {"Another namespace's key does not see this endpoint.", signedBy("AKIDOTHER", "other-secret"), "ValidationError"},
		"WrongSecret": {"A wrong secret is refused.", signedBy(testKey, "wrong"), "InvalidSignatureException"},
		"UnknownKey":  {"An unknown key is refused.", signedBy("AKIDNOBODY", "x"), "UnrecognizedClientException"},
		"Unsigned": {"A request without a signature is refused.", func(o *sagemakerruntime.Options) {
			o.Credentials = aws.AnonymousCredentials{}
		}, "MissingAuthenticationTokenException"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := h.sdk(tc.change).InvokeEndpoint(t.Context(), input(`{"secret":"payload"}`))
			code := ""
			if apiErr, ok := errors.AsType[smithy.APIError](err); ok {
				code = apiErr.ErrorCode()
			}
			if code != tc.code || (err != nil) != (tc.code != "") {
				t.Errorf("%s\nerror is %v; want code %q", tc.reason, err, tc.code)
			}
		})
	}
	if log := h.log.String(); strings.Contains(log, testSecret) || strings.Contains(log, "payload") {
		t.Errorf("the log holds a secret:\n%s", log)
	}
}

func baseURL(url string) func(*sagemakerruntime.Options) {
	return func(o *sagemakerruntime.Options) { o.BaseEndpoint = aws.String(url) }
}

// A signature of long ago is refused as expired, whatever it signs.
func TestExpiredSignature(t *testing.T) {
	h := newHarness(t, func(o *Options) { o.Auth, o.CredentialsFile = AuthSigV4, credentialsFile(t, twoKeys) })
	h.pods("blue", addressOf(backend(t, says(`"ok"`))))
	h.apply()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+invocations, strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	signAt(t, request, `{}`, time.Now().Add(-10*time.Minute))
	response, err := testClient(t).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusForbidden || response.Header.Get("X-Amzn-Errortype") != "InvalidSignatureException" ||
		!strings.Contains(string(body), "Signature expired") {
		t.Errorf("an old signature answers %d %s %s; want 403 InvalidSignatureException, Signature expired",
			response.StatusCode, response.Header.Get("X-Amzn-Errortype"), body)
	}
}

// What selects who answers must be signed: whoever sits on the wire must not be
// able to steer a signed request elsewhere.
func TestSteeringHeadersMustBeSigned(t *testing.T) {
	h := newHarness(t, func(o *Options) { o.Auth, o.CredentialsFile = AuthSigV4, credentialsFile(t, twoKeys) })
	h.twoColours()
	h.apply()
	for field := range exchange.FieldCount {
		name := field.Name()
		want := http.StatusForbidden
		if !strings.HasPrefix(name, "X-Amzn-Sagemaker-") {
			want = http.StatusOK // HTTP libraries add these after signing
		}
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+invocations, strings.NewReader(`{}`))
			if err != nil {
				t.Fatal(err)
			}
			signAt(t, request, `{}`, time.Now())
			request.Header.Set(name, "green")
			response, err := testClient(t).Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != want {
				t.Errorf("an unsigned %s answers %d from %q; want %d", name, response.StatusCode,
					response.Header.Get("X-Amzn-Invoked-Production-Variant"), want)
			}
		})
	}
}

// Strangers take no memory: who cannot have signed is turned away before a body
// is read, and still hears why when it sends all of it first.
func TestStrangersTakeNoMemory(t *testing.T) {
	h := newHarness(t, func(o *Options) {
		o.Auth, o.CredentialsFile = AuthSigV4, credentialsFile(t, twoKeys)
		o.MaxBodyBytes, o.MaxBufferedBytes = 1<<20, 8<<20
	})
	h.pods("blue", addressOf(backend(t, says(`"ok"`))))
	h.apply()
	address := strings.TrimPrefix(h.url, "http://")
	body := strings.Repeat("x", 1<<20)
	strangers := make([]net.Conn, 0, 32)
	for range cap(strangers) {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		strangers = append(strangers, conn)
		// All but the last byte: the router waits for it.
		_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: router\r\nContent-Length: %d\r\n\r\n%s", invocations, len(body), body[1:])
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.sdk().InvokeEndpoint(t.Context(), input(`{}`)); err != nil {
		t.Errorf("beside %d strangers a caller with a key gets %v", len(strangers), err)
	}
	for _, conn := range strangers {
		if _, err := io.WriteString(conn, "x"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusForbidden || response.Header.Get("X-Amzn-Errortype") != "MissingAuthenticationTokenException" {
			t.Fatalf("a stranger is answered %d %s; want 403 MissingAuthenticationTokenException",
				response.StatusCode, response.Header.Get("X-Amzn-Errortype"))
		}
	}
}
