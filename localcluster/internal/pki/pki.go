// Package pki makes a cluster's certificate authorities, certificates and
// kubeconfigs.
//
// It keeps what is still good and replaces what is missing, damaged, about to
// expire or made for other names, so that a cluster keeps its identity from one
// start to the next. Keys are ECDSA P-256 and readable by their owner only.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"landfall.dev/landfall/localcluster/internal/state"
)

const (
	authorityLifetime = 10 * 365 * 24 * time.Hour
	leafLifetime      = 365 * 24 * time.Hour
	// renewBefore is how much of a lifetime must be left to keep a certificate.
	renewBefore = 30 * 24 * time.Hour
	// skew allows for clocks that are a little behind.
	skew = 5 * time.Minute
)

// Identity is a certificate to issue; it serves and authenticates alike.
type Identity struct {
	// Name is the base of the file names.
	Name string
	// Authority names the issuing authority: Cluster or FrontProxy.
	Authority string
	// User and Groups are how the API server knows the holder.
	User   string
	Groups []string
	// DNSNames and Addresses are what it may serve as.
	DNSNames  []string
	Addresses []net.IP
	// Server, if set, asks for a kubeconfig with this API server URL.
	Server string
}

// Names of the authorities.
const (
	Cluster    = "ca"
	FrontProxy = "front-proxy-ca"
	// ServiceAccount is the key pair that signs service account tokens.
	ServiceAccount = "sa"
)

// Ensure makes everything that identities need under dir. now is the time that
// lifetimes count from.
func Ensure(dir string, identities []Identity, now time.Time) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create the PKI directory: %w", err)
	}
	s := store{dir: dir, now: now}
	authorities := map[string]authority{}
	for _, name := range []string{Cluster, FrontProxy} {
		a, err := s.ensureAuthority(name)
		if err != nil {
			return fmt.Errorf("prepare the authority %s: %w", name, err)
		}
		authorities[name] = a
	}
	if err := s.ensureSigningKey(ServiceAccount); err != nil {
		return fmt.Errorf("prepare the service account key: %w", err)
	}
	for _, identity := range identities {
		issuer, ok := authorities[identity.Authority]
		if !ok {
			return fmt.Errorf("certificate %s names the unknown authority %q", identity.Name, identity.Authority)
		}
		if err := s.ensureIdentity(identity, issuer); err != nil {
			return fmt.Errorf("prepare the certificate %s: %w", identity.Name, err)
		}
	}
	return nil
}

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

type store struct {
	dir string
	now time.Time
}

// CertificatePath and KeyPath are where the files of a name lie.
func CertificatePath(dir, name string) string { return filepath.Join(dir, name+".crt") }

// KeyPath is where the private key of a name lies.
func KeyPath(dir, name string) string { return filepath.Join(dir, name+".key") }

// PublicKeyPath is where the public key of a signing pair lies.
func PublicKeyPath(dir, name string) string { return filepath.Join(dir, name+".pub") }

func (s store) fresh(c *x509.Certificate) bool { return s.now.Add(renewBefore).Before(c.NotAfter) }

func (s store) ensureAuthority(name string) (authority, error) {
	if certificate, key, err := s.load(name); err == nil && s.fresh(certificate) && certificate.IsCA {
		return authority{certificate: certificate, key: key}, nil
	}
	template, err := s.template(pkix.Name{CommonName: "localcluster-" + name}, authorityLifetime)
	if err != nil {
		return authority{}, err
	}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	key, err := newKey()
	if err != nil {
		return authority{}, err
	}
	certificate, err := s.issue(name, template, template, key, key)
	return authority{certificate: certificate, key: key}, err
}

func (s store) ensureIdentity(identity Identity, issuer authority) error {
	certificate, key, err := s.load(identity.Name)
	if err != nil || !s.fresh(certificate) || !matches(certificate, identity) || certificate.CheckSignatureFrom(issuer.certificate) != nil {
		template, err := s.template(pkix.Name{CommonName: identity.User, Organization: identity.Groups}, leafLifetime)
		if err != nil {
			return err
		}
		template.KeyUsage = x509.KeyUsageDigitalSignature
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
		template.DNSNames, template.IPAddresses = identity.DNSNames, identity.Addresses
		if key, err = newKey(); err != nil {
			return err
		}
		if certificate, err = s.issue(identity.Name, template, issuer.certificate, key, issuer.key); err != nil {
			return err
		}
	}
	if identity.Server == "" {
		return nil
	}
	return s.writeKubeconfig(identity, issuer.certificate, certificate, key)
}

// matches tells whether a certificate was made for just this identity.
func matches(c *x509.Certificate, i Identity) bool {
	return c.Subject.CommonName == i.User &&
		slices.Equal(slices.Sorted(slices.Values(c.Subject.Organization)), slices.Sorted(slices.Values(i.Groups))) &&
		slices.Equal(c.DNSNames, i.DNSNames) &&
		slices.EqualFunc(c.IPAddresses, i.Addresses, net.IP.Equal)
}

func (s store) template(subject pkix.Name, lifetime time.Duration) (*x509.Certificate, error) {
	// RFC 5280 section 4.1.2.2 allows 20 octets; 127 random bits stay positive.
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("draw a serial number: %w", err)
	}
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    s.now.Add(-skew),
		NotAfter:     s.now.Add(lifetime),
	}, nil
}

func (s store) issue(name string, template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	if err := s.saveKey(name, key); err != nil {
		return nil, err
	}
	if err := state.WriteFile(CertificatePath(s.dir, name), encodePEM("CERTIFICATE", der), 0o644); err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func (s store) ensureSigningKey(name string) error {
	key, err := s.loadKey(name)
	if err != nil {
		if key, err = newKey(); err != nil {
			return err
		}
		if err := s.saveKey(name, key); err != nil {
			return err
		}
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("encode the public key: %w", err)
	}
	return state.WriteFile(PublicKeyPath(s.dir, name), encodePEM("PUBLIC KEY", der), 0o644)
}

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate a key: %w", err)
	}
	return key, nil
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode the key: %w", err)
	}
	return encodePEM("EC PRIVATE KEY", der), nil
}

func (s store) saveKey(name string, key *ecdsa.PrivateKey) error {
	content, err := encodeKey(key)
	if err != nil {
		return err
	}
	return state.WriteFile(KeyPath(s.dir, name), content, 0o600)
}

func (s store) load(name string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	block, err := readPEM(CertificatePath(s.dir, name))
	if err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(block)
	if err != nil {
		return nil, nil, fmt.Errorf("parse the certificate %s: %w", name, err)
	}
	key, err := s.loadKey(name)
	if err != nil {
		return nil, nil, err
	}
	if !key.PublicKey.Equal(certificate.PublicKey) {
		return nil, nil, fmt.Errorf("the key of %s does not belong to its certificate", name)
	}
	return certificate, key, nil
}

func (s store) loadKey(name string) (*ecdsa.PrivateKey, error) {
	block, err := readPEM(KeyPath(s.dir, name))
	if err != nil {
		return nil, err
	}
	key, err := x509.ParseECPrivateKey(block)
	if err != nil {
		return nil, fmt.Errorf("parse the key %s: %w", name, err)
	}
	return key, nil
}

func encodePEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func readPEM(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, errors.New(path + " holds no PEM block")
	}
	return block.Bytes, nil
}
