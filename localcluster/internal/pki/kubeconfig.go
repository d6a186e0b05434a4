package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"path/filepath"
	"text/template"

	"landfall.dev/landfall/localcluster/internal/state"
)

// kubeconfig carries its credentials inline so that it can be copied about.
var kubeconfig = template.Must(template.New("kubeconfig").Parse(`apiVersion: v1
kind: Config
current-context: localcluster
contexts:
- name: localcluster
  context: {cluster: localcluster, user: {{.User}}}
clusters:
- name: localcluster
  cluster:
    server: {{.Server}}
    certificate-authority-data: {{.Authority}}
users:
- name: {{.User}}
  user:
    client-certificate-data: {{.Certificate}}
    client-key-data: {{.Key}}
`))

func (s store) writeKubeconfig(identity Identity, issuer, certificate *x509.Certificate, key *ecdsa.PrivateKey) error {
	keyPEM, err := encodeKey(key)
	if err != nil {
		return err
	}
	encode := base64.StdEncoding.EncodeToString
	var content bytes.Buffer
	if err := kubeconfig.Execute(&content, map[string]string{
		"User":        identity.Name,
		"Server":      identity.Server,
		"Authority":   encode(encodePEM("CERTIFICATE", issuer.Raw)),
		"Certificate": encode(encodePEM("CERTIFICATE", certificate.Raw)),
		"Key":         encode(keyPEM),
	}); err != nil {
		return err
	}
	return state.WriteFile(filepath.Join(s.dir, identity.Name+".kubeconfig"), content.Bytes(), 0o600)
}
