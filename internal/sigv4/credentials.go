package sigv4

import "log/slog"

// Credentials is one key pair that callers may sign with. It never prints its
// secret parts: String, GoString and LogValue show the access key ID alone.
type Credentials struct {
	// AccessKeyID names the pair; it is public and appears in every request.
	AccessKeyID string
	// SecretAccessKey derives the signing key.
	SecretAccessKey string
	// SessionToken is set for temporary credentials. A request signed with
	// them has to carry exactly this token; empty means a long-lived pair.
	SessionToken string
}

// String shows the access key ID and hides the rest.
func (c Credentials) String() string { return "Credentials(" + c.AccessKeyID + ")" }

// GoString keeps %#v from printing the secret fields.
func (c Credentials) GoString() string { return c.String() }

// LogValue shows the access key ID and hides the rest.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("accessKeyID", c.AccessKeyID))
}

// Lookup finds the credentials of an access key ID; false means unknown.
// It is called with text from the network and must not trust its shape.
type Lookup func(accessKeyID string) (Credentials, bool)

// Identity is who signed a verified request, and for what.
type Identity struct {
	// AccessKeyID is the key that signed.
	AccessKeyID string
	// Region and Service are the credential scope the caller signed for.
	Region, Service string
}
