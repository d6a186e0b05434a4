package controller_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"landfall.dev/landfall/internal/controller"
)

// freePort is a port that nobody listens on. It is below those that the system
// gives to outgoing connections, one of which could take it before the operator
// does.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20_000 + rand.IntN(10_000)
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("of 100 ports none is free")
	return 0
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
