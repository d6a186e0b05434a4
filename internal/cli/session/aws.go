package session

import (
	"strings"

	"landfall.dev/landfall/internal/cli/output"
)

// awsAnswers are AWS's refusals of a whole account, in plain words. The first
// whose sign is in the error's text is taken.
var awsAnswers = []struct {
	signs     []string
	why, next string
}{
	{
		signs: []string{"no AWS region is known"},
		why:   "no AWS region is known",
		next:  "give --region, or set AWS_REGION",
	},
	{
		signs: []string{"ExpiredToken", "token has expired", "token is expired"},
		why:   "the AWS session has expired",
		next:  "sign in again (aws sso login, or as your company does it), then repeat the command",
	},
	{
		signs: []string{"not authorized to perform: sts:AssumeRole"},
		why:   "AWS does not let you assume the role",
		next:  "check that the role's trust policy names you, that you may call sts:AssumeRole on it, and --external-id",
	},
	{
		signs: []string{"no AWS credentials were found", "get credentials: ", "failed to refresh cached credentials"},
		why:   "no AWS credentials were found",
		next:  "sign in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID; aws sts get-caller-identity shows who you are",
	},
	{
		signs: []string{"failed to get shared config profile"},
		next:  "aws configure list-profiles",
	},
	{
		signs: []string{"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch", "InvalidAccessKeyId"},
		why:   "AWS does not accept these credentials",
		next:  "check AWS_PROFILE and AWS_ACCESS_KEY_ID, and the clock of this machine; aws sts get-caller-identity shows who you are",
	},
	{
		signs: []string{"AccessDenied", "UnauthorizedOperation", "is not authorized to perform"},
		next:  "ask for that permission, then repeat the command",
	},
	{
		signs: []string{"no such host", "connection refused", "i/o timeout", "network is unreachable"},
		why:   "AWS cannot be reached from here",
		next:  "check the network, the region's name and AWS_ENDPOINT_URL",
	},
}

// ExplainAWS puts what AWS answered into plain words. What is the attempted act.
func (s *Session) ExplainAWS(what string, err error) error {
	if err == nil {
		return nil
	}
	failure := &output.Failure{What: what, Why: err.Error(), Cause: err}
	if s.explainInterrupt(failure, err) {
		return failure
	}
	for _, answer := range awsAnswers {
		for _, sign := range answer.signs {
			if !strings.Contains(err.Error(), sign) {
				continue
			}
			failure.Next = answer.next
			if answer.why != "" {
				failure.Why = answer.why
			}
			return failure
		}
	}
	return failure
}
