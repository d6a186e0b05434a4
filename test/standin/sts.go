package standin

import (
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const xmlnsSTS = "https://sts.amazonaws.com/doc/2011-06-15/"

// Role is a role of the account that others may assume.
type Role struct {
	// Name is the role's name.
	Name string `json:"name"`
	// TrustedPrincipals may assume it: 12-digit account numbers, ARNs of
	// users or roles, or "*".
	TrustedPrincipals []string `json:"trustedPrincipals"`
	// ExternalID, when set, must come with the call.
	ExternalID string `json:"externalID,omitempty"`
	// MaxSessionSeconds bounds a session; 900 to 43200, default 3600.
	MaxSessionSeconds int `json:"maxSessionSeconds,omitempty"`
}

func (a *Account) completeRoles() error {
	for i := range a.Roles {
		r := &a.Roles[i]
		r.MaxSessionSeconds = orDefault(r.MaxSessionSeconds, 3600)
		switch {
		case r.Name == "":
			return fmt.Errorf("roles[%d].name: must be set", i)
		case len(r.TrustedPrincipals) == 0:
			return fmt.Errorf("roles[%d].trustedPrincipals: must name who may assume the role", i)
		case r.MaxSessionSeconds < minSessionSeconds || r.MaxSessionSeconds > 43200:
			return fmt.Errorf("roles[%d].maxSessionSeconds: %d is not between %d and 43200", i, r.MaxSessionSeconds, minSessionSeconds)
		}
	}
	return nil
}

// minSessionSeconds is STS's own lower bound.
const minSessionSeconds = 900

// trusts tells whether the role may be assumed by a caller.
func (r Role) trusts(who caller, externalID string) bool {
	if r.ExternalID != "" && r.ExternalID != externalID {
		return false
	}
	return slices.ContainsFunc(r.TrustedPrincipals, func(p string) bool {
		return p == "*" || p == who.accountID || p == who.arn || strings.HasSuffix(p, "::"+who.accountID+":root")
	})
}

type callerIdentity struct {
	XMLName   xml.Name `xml:"GetCallerIdentityResponse"`
	XMLNS     string   `xml:"xmlns,attr"`
	ARN       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

type assumedRole struct {
	XMLName       xml.Name `xml:"AssumeRoleResponse"`
	XMLNS         string   `xml:"xmlns,attr"`
	AccessKeyID   string   `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
	SecretKey     string   `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
	SessionToken  string   `xml:"AssumeRoleResult>Credentials>SessionToken"`
	Expiration    string   `xml:"AssumeRoleResult>Credentials>Expiration"`
	AssumedRoleID string   `xml:"AssumeRoleResult>AssumedRoleUser>AssumedRoleId"`
	ARN           string   `xml:"AssumeRoleResult>AssumedRoleUser>Arn"`
	RequestID     string   `xml:"ResponseMetadata>RequestId"`
}

// answerSTS answers GetCallerIdentity and AssumeRole.
func (s *region) answerSTS(form url.Values, who caller, requestID string) (any, *apiError) {
	switch form.Get("Action") {
	case "GetCallerIdentity":
		return callerIdentity{XMLNS: xmlnsSTS, ARN: who.arn, UserID: who.userID, Account: who.accountID, RequestID: requestID}, nil
	case "AssumeRole":
		return s.assumeRole(form, who, requestID)
	}
	return nil, invalidAction(form.Get("Action"))
}

func invalidAction(name string) *apiError {
	return &apiError{Status: 400, Code: "InvalidAction", Message: "The stand-in account does not implement " + name + "."}
}

var (
	roleARNForm     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):role/(?:.*/)?([^/]+)$`)
	sessionNameForm = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

func (s *region) assumeRole(form url.Values, who caller, requestID string) (any, *apiError) {
	arn, session := form.Get("RoleArn"), form.Get("RoleSessionName")
	if !sessionNameForm.MatchString(session) {
		return nil, &apiError{Status: 400, Code: "ValidationError", Message: fmt.Sprintf(
			"1 validation error detected: Value '%s' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*", session)}
	}
	role, accountID := s.role(arn)
	if role == nil || !role.trusts(who, form.Get("ExternalId")) {
		return nil, &apiError{Status: http.StatusForbidden, Code: "AccessDenied", Message: fmt.Sprintf(
			"User: %s is not authorized to perform: sts:AssumeRole on resource: %s", who.arn, arn)}
	}
	seconds := 3600
	if text := form.Get("DurationSeconds"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < minSessionSeconds || n > role.MaxSessionSeconds {
			return nil, &apiError{Status: 400, Code: "ValidationError", Message: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."}
		}
		seconds = n
	}
	made := identity{
		Credential: Credential{AccessKeyID: "ASIA" + rand.Text()[:16], SecretAccessKey: rand.Text() + rand.Text(), SessionToken: rand.Text() + rand.Text()},
		accountID:  accountID, userID: "AROA" + strings.ToUpper(role.Name) + ":" + session,
		arn:     fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", s.account.partition(), accountID, role.Name, session),
		expires: s.now().Add(time.Duration(seconds) * time.Second).Truncate(time.Second),
	}
	s.keys.add(made)
	return assumedRole{
		XMLNS: xmlnsSTS, AccessKeyID: made.AccessKeyID, SecretKey: made.SecretAccessKey, SessionToken: made.SessionToken,
		Expiration: made.expires.UTC().Format(time.RFC3339), AssumedRoleID: made.userID, ARN: made.arn, RequestID: requestID,
	}, nil
}

// role finds a role of any account of the file by its ARN; paths in it do not
// count.
func (s *Server) role(arn string) (*Role, string) {
	parts := roleARNForm.FindStringSubmatch(arn)
	if parts == nil {
		return nil, ""
	}
	for _, place := range s.regions {
		for i, r := range place.account.Roles {
			if place.account.AccountID == parts[1] && r.Name == parts[2] {
				return &place.account.Roles[i], parts[1]
			}
		}
	}
	return nil, ""
}
