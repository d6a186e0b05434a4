package router

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkhttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"go.uber.org/goleak"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/awshttp"
	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/router/mirror"
	"landfall.dev/landfall/internal/router/table"
)

// TestMain looks for goroutines that outlive the tests. goleak gives them two
// seconds, which are few on a busy machine, so it looks again.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		leak := goleak.Find()
		for again := 0; leak != nil && again < 10; again++ {
			leak = goleak.Find()
		}
		if leak != nil {
			fmt.Fprintln(os.Stderr, "goroutines outlive the tests:", leak)
			code = 1
		}
	}
	os.Exit(code)
}

// Names that every test uses.
const (
	testNamespace = "shop"
	testEndpoint  = "churn"
	testKey       = "AKIDEXAMPLE"
	testSecret    = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" // AWS's documentation example
)

// harness is a router whose table is given by the test.
type harness struct {
	t      testing.TB
	router *Router
	url    string
	log    *syncBuffer
	// endpoints and slices are applied by apply.
	endpoint *v1alpha1.Endpoint
	slices   []*discoveryv1.EndpointSlice
}

// syncBuffer is a log that can be read while it is written.
type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func testOptions() Options {
	return Options{
		Auth: AuthNone, DefaultNamespace: testNamespace, AccountID: "123456789012", Region: "eu-west-1",
		MaxBodyBytes: 25 << 20, MaxBufferedBytes: 512 << 20, Name: "router-test",
		Mirror: mirror.Bounds{MaxBytes: 64 << 20, Concurrency: 32, Queue: 256},
	}
}

func newHarness(t testing.TB, change ...func(*Options)) *harness {
	t.Helper()
	isolateAWS(t)
	options := testOptions()
	for _, c := range change {
		c(&options)
	}
	h := &harness{t: t, log: &syncBuffer{}, endpoint: testEndpointObject()}
	r, err := New(t.Context(), options, &rest.Config{Host: "http://127.0.0.1:1"}, slog.New(slog.NewJSONHandler(h.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	h.router = r
	front := httptest.NewUnstartedServer(nil)
	front.Config = r.callerServer()
	front.Start()
	h.url = front.URL
	t.Cleanup(func() {
		front.Close()
		r.server.Close()
		r.aws.Close()
	})
	return h
}

// isolateAWS keeps the machine's own AWS settings out of a test.
func isolateAWS(t testing.TB) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDROUTER", "AWS_SECRET_ACCESS_KEY": "router-secret", "AWS_SESSION_TOKEN": "",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_PROFILE": "", "AWS_ENDPOINT_URL": "", "AWS_REGION": "eu-west-1", "AWS_CA_BUNDLE": "",
	} {
		if b, ok := t.(interface{ Setenv(key, value string) }); ok {
			b.Setenv(name, value)
		}
	}
}

func testEndpointObject() *v1alpha1.Endpoint {
	return &v1alpha1.Endpoint{
		ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: testEndpoint, UID: types.UID("uid-1")},
		Spec: v1alpha1.EndpointSpec{
			Live: "blue",
			Variants: []v1alpha1.Variant{
				{Name: "blue", Pods: &v1alpha1.PodsVariant{}},
				{Name: "green", Pods: &v1alpha1.PodsVariant{}},
			},
			Rollout: v1alpha1.RolloutSpec{Gates: v1alpha1.RolloutGates{
				Errors: v1alpha1.ErrorGate{MaxIncreasePercent: v1alpha1.PercentFromString("0.1")},
				Agreement: v1alpha1.AgreementGate{
					MinPercent:        v1alpha1.PercentFromString("99.9"),
					RelativeTolerance: "0.00001", AbsoluteTolerance: "0.00000001",
				},
			}},
		},
		Status: v1alpha1.EndpointStatus{Live: "blue", TrafficRevision: 1, Traffic: shares("blue", 10000)},
	}
}

// shares makes a status.traffic of pairs of names and basis points.
func shares(pairs ...any) []v1alpha1.VariantTraffic {
	var traffic []v1alpha1.VariantTraffic
	for i := 0; i < len(pairs); i += 2 {
		traffic = append(traffic, v1alpha1.VariantTraffic{
			Name: pairs[i].(string), WeightBasisPoints: int32(pairs[i+1].(int)),
		})
	}
	return traffic
}

// rollout puts the endpoint into a rollout from blue to green.
func (h *harness) rollout(greenBasisPoints int, mirrorBasisPoints int32) {
	h.endpoint.Status.Traffic = shares("blue", 10000-greenBasisPoints, "green", greenBasisPoints)
	h.endpoint.Status.Traffic[1].MirrorBasisPoints = mirrorBasisPoints
	h.endpoint.Status.Rollout = &v1alpha1.RolloutStatus{From: "blue", To: "green", Stage: v1alpha1.StageShifting}
	h.endpoint.Status.TrafficRevision++
}

// pods gives a variant the pods at the addresses, as ready ones.
func (h *harness) pods(variant string, addresses ...string) {
	h.t.Helper()
	var others []*discoveryv1.EndpointSlice
	for _, s := range h.slices {
		if s.Labels[naming.LabelVariant] != variant {
			others = append(others, s)
		}
	}
	h.slices = others
	for _, address := range addresses {
		h.slices = append(h.slices, podSlice(h.t, variant, address, true))
	}
}

// podSlice is an EndpointSlice of one pod.
func podSlice(t testing.TB, variant, address string, ready bool) *discoveryv1.EndpointSlice {
	t.Helper()
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		t.Fatal(err)
	}
	service := naming.ChildName(testEndpoint, variant)
	labels := naming.ChildLabels(testEndpoint, variant)
	labels[naming.LabelServiceName] = service
	return &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: testNamespace, Name: service + "-" + portText, Labels: labels},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: ptr.To(naming.PortHTTP), Port: ptr.To(int32(port))}},
		Endpoints: []discoveryv1.Endpoint{{
			Addresses: []string{host}, Conditions: discoveryv1.EndpointConditions{Ready: ptr.To(ready)},
		}},
	}
}

// apply makes the router follow the harness's objects.
func (h *harness) apply() {
	h.router.server.Apply(table.Compile([]*v1alpha1.Endpoint{h.endpoint}, h.slices))
}

// sdk is the AWS SDK's own client, pointed at the router.
func (h *harness) sdk(change ...func(*sagemakerruntime.Options)) *sagemakerruntime.Client {
	options := sagemakerruntime.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(h.url),
		Credentials:      credentials.NewStaticCredentialsProvider(testKey, testSecret, ""),
		RetryMaxAttempts: 1,
		HTTPClient: awshttp.KeepEarlyAnswers(sdkhttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			h.t.Cleanup(t.CloseIdleConnections)
		})),
	}
	return sagemakerruntime.New(options, change...)
}

func input(body string) *sagemakerruntime.InvokeEndpointInput {
	return &sagemakerruntime.InvokeEndpointInput{
		EndpointName: aws.String(testEndpoint), Body: []byte(body), ContentType: aws.String("application/json"),
	}
}

// post sends a plain request and reads all of the answer.
func (h *harness) post(ctx context.Context, path, body string, header http.Header) (*http.Response, string) {
	h.t.Helper()
	response, text, err := h.tryPost(ctx, path, body, header)
	if err != nil {
		h.t.Fatal(err)
	}
	return response, text
}

func (h *harness) tryPost(ctx context.Context, path, body string, header http.Header) (*http.Response, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url+path, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	if header != nil {
		request.Header = header
	}
	response, err := testClient(h.t).Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

var clients sync.Map

// testClient is one HTTP client per test, whose connections end with it.
func testClient(t testing.TB) *http.Client {
	client, known := clients.LoadOrStore(t, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}})
	if !known {
		t.Cleanup(func() {
			client.(*http.Client).CloseIdleConnections()
			clients.Delete(t)
		})
	}
	return client.(*http.Client)
}

const invocations = "/endpoints/" + testEndpoint + "/invocations"

// backend starts a model container.
func backend(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// says is a container that always answers text.
func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, text)
	}
}

// hangs is a container that never answers. It reads the body, since only then
// does net/http notice that the router has hung up.
func hangs(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func addressOf(server *httptest.Server) string { return server.Listener.Addr().String() }

// patience is how long a test waits for what must come: far longer than it
// takes, so that only a real hang ends the wait.
const patience = time.Minute

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s in vain for: %s", patience, what)
		}
		time.Sleep(time.Millisecond)
	}
}
