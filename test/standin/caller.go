package standin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"landfall.dev/landfall/internal/sigv4"
)

// identity is who holds a key pair.
type identity struct {
	Credential
	accountID string
	// arn and userID are what GetCallerIdentity answers.
	arn, userID string
	// expires is zero for keys that do not.
	expires time.Time
}

// caller is who sent a request.
type caller struct {
	identity
	// ctx ends when the request does.
	ctx context.Context //nolint:containedctx // a caller is one request
}

// keyring knows every key pair, of all accounts.
type keyring struct {
	mu   sync.RWMutex
	keys map[string]identity
}

func (k *keyring) add(id identity) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil {
		k.keys = map[string]identity{}
	}
	k.keys[id.AccessKeyID] = id
}

// addAll adds an account's own key pairs.
func (k *keyring) addAll(a *Account) {
	for _, c := range a.Credentials {
		k.add(identity{
			Credential: c, accountID: a.AccountID, userID: c.AccessKeyID,
			arn: fmt.Sprintf("arn:%s:iam::%s:user/%s", a.partition(), a.AccountID, c.UserName),
		})
	}
}

// find gives the holder of a key; the zero value when there is none.
func (k *keyring) find(accessKeyID string) identity {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.keys[accessKeyID]
}

// scope reads access key, region and service off an Authorization header. What
// it says is proved by the signature only.
func scope(r *http.Request) (accessKeyID, regionName, service string) {
	_, after, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	credential, _, _ := strings.Cut(after, ",")
	parts := strings.Split(strings.TrimSpace(credential), "/")
	if len(parts) != 5 {
		return "", "", ""
	}
	return parts[0], parts[2], parts[3]
}

// globalServices answer for all regions of an account, whichever a caller
// signs for.
var globalServices = []string{"iam", "sts", "s3"}

// regionOf picks the account and region a request is signed for: the region
// of that name in the key's account, else the account's first one, which
// refuses the signature.
func (s *Server) regionOf(r *http.Request) *region {
	key, name, _ := scope(r)
	accountID := s.keys.find(key).accountID
	chosen := s.regions[0]
	for _, candidate := range slices.Backward(s.regions) {
		if candidate.account.AccountID != accountID {
			continue
		}
		chosen = candidate
		if candidate.account.Region == name {
			return candidate
		}
	}
	return chosen
}

func (s *region) verifier(service string) sigv4.Verifier {
	v := sigv4.Verifier{
		Service: service, Region: s.account.Region,
		Lookup: func(id string) (sigv4.Credentials, bool) {
			c := s.keys.find(id)
			return sigv4.Credentials{
				AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
			}, c.AccessKeyID != ""
		},
	}
	if slices.Contains(globalServices, service) && len(s.regions) > 1 {
		v.Region = ""
	}
	if service == "iam" {
		v.Region = ""
	}
	return v
}

// known turns a proved key into its holder, unless the key has expired.
func (s *region) known(ctx context.Context, accessKeyID string) (caller, *apiError) {
	id := s.keys.find(accessKeyID)
	if !id.expires.IsZero() && !s.now().Before(id.expires) {
		return caller{}, &apiError{
			Status: http.StatusForbidden, Code: string(sigv4.CodeExpiredToken),
			Message: "The security token included in the request is expired",
		}
	}
	return caller{identity: id, ctx: ctx}, nil
}

// authenticate reads the whole body, which the signature covers, and checks
// who signed. It gives the body and the caller.
func (s *region) authenticate(r *http.Request, service string, maxBytes int64) ([]byte, caller, *apiError) {
	if r.ContentLength > maxBytes {
		return nil, caller{}, tooLarge(maxBytes)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBytes+1))
	if err != nil {
		return nil, caller{}, &apiError{Status: http.StatusBadRequest, Code: "ValidationException", Message: "The body could not be read."}
	}
	if int64(len(body)) > maxBytes {
		return nil, caller{}, tooLarge(maxBytes)
	}
	sum := sha256.Sum256(body)
	id, err := s.verifier(service).Verify(sigv4.FromHTTP(r), hex.EncodeToString(sum[:]), s.now())
	if err != nil {
		s.logger.Warn("request refused", "service", service, "path", r.URL.Path, "reason", err)
		return nil, caller{}, authError(err, sigv4.StatusCode)
	}
	who, refusal := s.known(r.Context(), id.AccessKeyID)
	return body, who, refusal
}

// codeTooLarge marks an oversize body, which has no AWS error type: a 413 with
// plain text, as third parties report it.
const codeTooLarge = "RequestEntityTooLarge"

func tooLarge(maxBytes int64) *apiError {
	return &apiError{
		Status: http.StatusRequestEntityTooLarge, Code: codeTooLarge,
		Message: fmt.Sprintf("HTTP content length exceeded %d bytes.", maxBytes),
	}
}

// withStatus keeps 413 and server errors, and gives every other refusal the
// status a protocol uses for all its errors.
func (e *apiError) withStatus(status int) *apiError {
	if e.Code == codeTooLarge || e.Status >= http.StatusInternalServerError {
		return e
	}
	changed := *e
	changed.Status = status
	return &changed
}
