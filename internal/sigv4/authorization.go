package sigv4

import (
	"encoding/hex"
	"strings"
)

const (
	algorithm = "AWS4-HMAC-SHA256"
	// terminator ends every SigV4 credential scope.
	terminator = "aws4_request"
	// signatureHexLength is HMAC-SHA256 in hexadecimal.
	signatureHexLength = 64
	// maxSignedHeaders bounds the work one request can ask for. SDKs sign
	// about ten headers; Go's server takes some hundreds at most.
	maxSignedHeaders = 128
)

// authorization is a parsed Authorization header.
type authorization struct {
	accessKeyID, date, region, service string
	// signedHeaders are lower-case, ascending and free of doubles.
	signedHeaders []string
	signature     string
}

func (a *authorization) signs(header string) bool {
	for _, name := range a.signedHeaders {
		if name == header {
			return true
		}
	}
	return false
}

// parseAuthorization reads
// "AWS4-HMAC-SHA256 Credential=K/D/R/S/aws4_request, SignedHeaders=a;b, Signature=hex".
// The commas may come without the space. Grammar:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func parseAuthorization(header string) (authorization, *Error) {
	if header == "" {
		return authorization{}, refuse(CodeMissingToken, "Missing Authentication Token")
	}
	scheme, rest, _ := strings.Cut(header, " ")
	if scheme != algorithm {
		return authorization{}, refuse(CodeMissingToken,
			"Missing Authentication Token: the Authorization header must use "+algorithm)
	}
	fields, err := parseFields(rest)
	if err != nil {
		return authorization{}, err
	}
	a := authorization{signature: fields["Signature"]}
	if err := a.parseCredential(fields["Credential"]); err != nil {
		return authorization{}, err
	}
	if err := a.parseSignedHeaders(fields["SignedHeaders"]); err != nil {
		return authorization{}, err
	}
	if !isLowerHex(a.signature, signatureHexLength) {
		return authorization{}, refuse(CodeIncompleteSignature,
			"Authorization header requires a 'Signature' of 64 lower-case hexadecimal digits.")
	}
	return a, nil
}

// parseFields splits the three parameters; each has to be there once.
func parseFields(text string) (map[string]string, *Error) {
	fields := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.Trim(part, " "), "=")
		if !ok {
			return nil, refuse(CodeIncompleteSignature,
				"Authorization header must hold name=value parameters separated by commas.")
		}
		switch name {
		case "Credential", "SignedHeaders", "Signature":
		default:
			return nil, refuse(CodeIncompleteSignature,
				"Authorization header allows the parameters 'Credential', 'SignedHeaders' and 'Signature' only.")
		}
		if _, twice := fields[name]; twice {
			return nil, refuse(CodeIncompleteSignature, "Authorization header repeats the parameter '"+name+"'.")
		}
		fields[name] = value
	}
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if fields[name] == "" {
			return nil, refuse(CodeIncompleteSignature, "Authorization header requires '"+name+"' parameter.")
		}
	}
	return fields, nil
}

func (a *authorization) parseCredential(credential string) *Error {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[4] != terminator {
		return refuse(CodeIncompleteSignature,
			"Credential must have exactly 5 slash-delimited elements: keyid/date/region/service/"+terminator+".")
	}
	for _, part := range parts {
		if part == "" || strings.ContainsFunc(part, isNotVisible) {
			return refuse(CodeIncompleteSignature, "Credential has an empty or unprintable element.")
		}
	}
	a.accessKeyID, a.date, a.region, a.service = parts[0], parts[1], parts[2], parts[3]
	return nil
}

func (a *authorization) parseSignedHeaders(list string) *Error {
	names := strings.Split(list, ";")
	if len(names) > maxSignedHeaders {
		return refuse(CodeIncompleteSignature, "SignedHeaders lists too many headers.")
	}
	for i, name := range names {
		if name == "" || strings.ContainsFunc(name, isNotHeaderByte) {
			return refuse(CodeIncompleteSignature, "SignedHeaders must list lower-case header names.")
		}
		if i > 0 && names[i-1] >= name {
			return refuse(CodeIncompleteSignature, "SignedHeaders must be in ascending order without doubles.")
		}
	}
	a.signedHeaders = names
	for _, needed := range []string{"host", "x-amz-date"} {
		if !a.signs(needed) {
			return refuse(CodeIncompleteSignature, "SignedHeaders must include '"+needed+"'.")
		}
	}
	return nil
}

func isNotVisible(r rune) bool { return r <= ' ' || r > '~' }

// isNotHeaderByte refuses what RFC 9110 does not allow in a field name, and
// capitals, which canonical form does not know.
func isNotHeaderByte(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		return false
	}
	return !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func isLowerHex(s string, length int) bool {
	if len(s) != length || strings.ToLower(s) != s {
		return false
	}
	_, err := hex.DecodeString(s)
	return err == nil
}
