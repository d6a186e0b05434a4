// Package kubeapi asks a cluster's API server the few questions the driver has:
// is it ready, are its nodes, can pods be made. It never changes anything; for
// that there is kubectl.
package kubeapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"landfall.dev/landfall/localcluster/internal/pki"
)

const (
	// attemptTimeout bounds one request; a server that is starting may accept a
	// connection and then say nothing.
	attemptTimeout = 2 * time.Second
	// maxAnswerBytes bounds what is read: a list of 20 nodes has some 200 KiB.
	maxAnswerBytes = 8 << 20
)

// Client talks to one API server as the administrator.
type Client struct {
	server string
	http   *http.Client
}

// New reads the administrator's certificate from the PKI directory.
func New(server, pkiDirectory string) (*Client, error) {
	certificate, err := tls.LoadX509KeyPair(pki.CertificatePath(pkiDirectory, "admin"), pki.KeyPath(pkiDirectory, "admin"))
	if err != nil {
		return nil, fmt.Errorf("load the administrator's certificate: %w", err)
	}
	authority, err := os.ReadFile(pki.CertificatePath(pkiDirectory, pki.Cluster))
	if err != nil {
		return nil, fmt.Errorf("load the cluster's authority: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, errors.New("load the cluster's authority: the file holds no certificate")
	}
	return &Client{server: server, http: &http.Client{
		Timeout: attemptTimeout,
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13},
			TLSHandshakeTimeout: attemptTimeout,
		},
	}}, nil
}

func (c *Client) get(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server+path, nil)
	if err != nil {
		return nil, fmt.Errorf("ask the API server for %s: %w", path, err)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the API server for %s: %w", path, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswerBytes))
	if err != nil {
		return nil, fmt.Errorf("read the API server's answer to %s: %w", path, err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the API server answers %s with %s", path, answer.Status)
	}
	return body, nil
}

// Ready is nil once the API server has started all of its parts.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.get(ctx, "/readyz")
	return err
}

// DefaultAccount is nil once pods can be created in the default namespace.
func (c *Client) DefaultAccount(ctx context.Context) error {
	_, err := c.get(ctx, "/api/v1/namespaces/default/serviceaccounts/default")
	return err
}

// Node is a node as the API server knows it.
type Node struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
	// Reason says why the node is not ready, in the kubelet's words.
	Reason string `json:"reason,omitempty"`
	// Heartbeat is when the kubelet last said so. The state of a node outlives
	// its kubelet, so right after a start it may speak of the run before.
	Heartbeat time.Time `json:"heartbeat"`
}

// Nodes lists the nodes in the order of their names.
func (c *Client) Nodes(ctx context.Context) ([]Node, error) {
	body, err := c.get(ctx, "/api/v1/nodes")
	if err != nil {
		return nil, err
	}
	return ParseNodes(body)
}

// ParseNodes decodes a NodeList as the API server sends it.
func ParseNodes(body []byte) ([]Node, error) {
	var list struct {
		Items []struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
			Status struct {
				Conditions []struct {
					Type              string    `json:"type"`
					Status            string    `json:"status"`
					Message           string    `json:"message"`
					LastHeartbeatTime time.Time `json:"lastHeartbeatTime"`
				} `json:"conditions"`
			} `json:"status"`
		} `json:"items"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("decode the list of nodes: %w", err)
	}
	nodes := make([]Node, 0, len(list.Items))
	for _, item := range list.Items {
		node := Node{Name: item.Metadata.Name, Reason: "the kubelet has not reported yet"}
		for _, condition := range item.Status.Conditions {
			if condition.Type != "Ready" {
				continue
			}
			node.Heartbeat = condition.LastHeartbeatTime
			node.Ready, node.Reason = condition.Status == "True", condition.Message
			if node.Ready {
				node.Reason = ""
			}
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}
