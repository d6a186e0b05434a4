package controller_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/controller"
)

// freePort is a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func TestMetricsAreOpenOnlyWithinThePod(t *testing.T) {
	insecure := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // the certificate is the operator's own
	}}
	cases := map[string]struct {
		reason  string
		address string
		url     string
		status  int
		says    string
	}{
		"Loopback": {"Only the pod itself gets there.", "127.0.0.1:%d", "http://127.0.0.1:%d/metrics", http.StatusOK, "controller_runtime_max_concurrent_reconciles"},
		"Outside":  {"Others show a token, over TLS.", ":%d", "https://127.0.0.1:%d/metrics", http.StatusUnauthorized, "Unauthorized"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			port := freePort(t)
			stop := w.startOperator(func(o *controller.Options) {
				o.MetricsBindAddress = fmt.Sprintf(tc.address, port)
			})
			defer stop()
			w.eventually("the metrics", func() (bool, string) {
				response, err := insecure.Get(fmt.Sprintf(tc.url, port))
				if err != nil {
					return false, err.Error()
				}
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				return err == nil && response.StatusCode == tc.status && strings.Contains(string(body), tc.says), response.Status
			})
		})
	}
}
