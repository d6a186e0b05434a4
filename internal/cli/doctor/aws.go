package doctor

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/sagemaker"
)

// Names of the checks of AWS. Those of a role have the role's behind them.
const (
	checkIdentity    = "aws-identity"
	checkPermissions = "aws-scan-permissions"
)

// awsAccess is the way to AWS, as one identity.
type awsAccess struct {
	client *sagemaker.Client
	// principal is who it is; account and partition belong to it.
	principal, account, partition string
}

// place is the account and region that are looked at.
func (a *awsAccess) place() inventory.Account {
	return inventory.Account{ID: a.account, Partition: a.partition, Region: a.client.Region()}
}

// awsChecks look at every role that is named, or at the own identity.
func (o *options) awsChecks() ([]check, error) {
	roles := o.roleARNs
	if len(roles) == 0 {
		roles = []string{""}
	}
	var checks []check
	for _, role := range roles {
		of := ""
		if role != "" {
			parsed, err := arn.Parse(role)
			name, isRole := strings.CutPrefix(parsed.Resource, "role/")
			if err != nil || parsed.Service != "iam" || !isRole {
				return nil, output.Usage("give a role such as arn:aws:iam::111122223333:role/landfall-scan", "--role-arn %q is not the ARN of a role", role)
			}
			of = ":" + parsed.AccountID + "/" + name
		}
		checks = append(checks,
			check{name: checkIdentity + of, run: func(ctx context.Context, e *examination) Result { return o.identity(ctx, e, role) }},
			check{name: checkPermissions + of, needs: checkIdentity + of, timeout: permissionsTimeout, run: permissions},
		)
	}
	return checks, nil
}

// identity asks who the credentials belong to, which needs no permission.
func (o *options) identity(ctx context.Context, e *examination, role string) Result {
	client, err := sagemaker.New(ctx, sagemaker.Options{
		Region: o.region, RoleARN: role, ExternalID: o.externalID, RequestsPerSecond: requestsPerSecond,
	})
	if err == nil {
		err = client.SignIn(ctx)
	}
	if err != nil {
		return e.awsFailed(err)
	}
	answer, err := client.Identity.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return e.awsFailed(err)
	}
	e.aws = &awsAccess{client: client, principal: aws.ToString(answer.Arn), account: aws.ToString(answer.Account), partition: "aws"}
	if parsed, err := arn.Parse(e.aws.principal); err == nil {
		e.aws.partition = parsed.Partition
	}
	return pass("%s, region %s", e.aws.principal, client.Region())
}

// answered says that AWS understood the call, whatever it said: one that a
// region does not offer needs no permission there.
func answered(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api)
}

func (e *examination) awsFailed(err error) Result {
	failure := output.AsFailure(e.session.ExplainAWS("cannot look", err))
	return fail(failure.Why, failure.Next)
}
