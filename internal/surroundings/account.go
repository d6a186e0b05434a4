package surroundings

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"landfall.dev/landfall/internal/access"
	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
)

// Account is what was read of an account as a whole. It can be stored as JSON:
// of the policies, only statements on calling endpoints are kept.
type Account struct {
	// Identities are the users and roles with a policy that speaks of calling
	// endpoints.
	Identities []access.Identity  `json:"identities,omitempty"`
	Coverage   inventory.Coverage `json:"coverage"`
	// Unread lists what could not be read.
	Unread []inventory.Unread `json:"unread,omitempty"`
}

// iamOperation reads all of IAM that matters here.
const iamOperation = "iam:GetAccountAuthorizationDetails"

// iamPage is the most that GetAccountAuthorizationDetails gives at once.
const iamPage = 1000

// limitsOfIAM is what IAM's policies never show.
const limitsOfIAM = "shows who may call, not who does; the root user, callers of other accounts, " +
	"organization policies and session policies are not in it"

// ReadAccount reads IAM, once for all regions of an account. The place is where
// failures are said to have happened. What was read in an earlier run is taken
// from memory, if there is one.
func (c *Client) ReadAccount(ctx context.Context, place inventory.Place, memory Memory) (account Account, err error) {
	// Policies that are no policies stay so.
	whole := func() bool { return account.Coverage.Read }
	return remember(memory, place.AccountID+"|"+iamOperation, whole, func() (Account, error) {
		account, err = c.readIAM(ctx, place)
		return account, err
	})
}

func (c *Client) readIAM(ctx context.Context, place inventory.Place) (Account, error) {
	var failures awsfailure.Log
	var found entities
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(c.Policies, &iam.GetAccountAuthorizationDetailsInput{
		MaxItems: aws.Int32(iamPage),
		Filter: []types.EntityType{
			types.EntityTypeUser, types.EntityTypeRole, types.EntityTypeGroup,
			types.EntityTypeLocalManagedPolicy, types.EntityTypeAWSManagedPolicy,
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			reason := awsfailure.Reason(err)
			if err := failures.Record(ctx, iamOperation, "", err); err != nil {
				return Account{}, err
			}
			reason, _ = inventory.MaskText(reason)
			return Account{Coverage: inventory.Coverage{Why: "IAM could not be read: " + reason}, Unread: failures.List(place)}, nil
		}
		found.add(page)
	}
	account := Account{Identities: found.identities(), Coverage: inventory.Coverage{Read: true, Why: limitsOfIAM}}
	if len(found.broken) > 0 {
		account.Coverage.Why += fmt.Sprintf("; %d policies could not be read", len(found.broken))
	}
	for name, reason := range found.broken {
		err := &smithy.GenericAPIError{Code: "MalformedPolicyDocument", Message: reason}
		if err := failures.Record(ctx, iamOperation, name, err); err != nil {
			return Account{}, err
		}
	}
	account.Unread = failures.List(place)
	return account, nil
}

// entities collects the pages: a role may come before the policy that is
// attached to it.
type entities struct {
	users   []types.UserDetail
	roles   []types.RoleDetail
	groups  map[string]types.GroupDetail
	managed map[string]access.Policy
	// broken are policies that cannot be read, with the reason.
	broken map[string]string
}

func (e *entities) add(page *iam.GetAccountAuthorizationDetailsOutput) {
	if e.groups == nil {
		e.groups, e.managed, e.broken = map[string]types.GroupDetail{}, map[string]access.Policy{}, map[string]string{}
	}
	e.users = append(e.users, page.UserDetailList...)
	e.roles = append(e.roles, page.RoleDetailList...)
	for _, group := range page.GroupDetailList {
		e.groups[aws.ToString(group.GroupName)] = group
	}
	for _, policy := range page.Policies {
		arn := aws.ToString(policy.Arn)
		for _, version := range policy.PolicyVersionList {
			if version.IsDefaultVersion || aws.ToString(version.VersionId) == aws.ToString(policy.DefaultVersionId) {
				e.managed[arn] = e.parse("managed policy "+managedName(arn), version.Document)
			}
		}
	}
}

// managedName is short for the policies of the account, and tells AWS's apart.
func managedName(arn string) string {
	if _, name, found := strings.Cut(arn, ":aws:policy/"); found {
		return name + " of AWS"
	}
	if _, name, found := strings.Cut(arn, ":policy/"); found {
		return name
	}
	return arn
}

// parse keeps of a policy what matters, so that the thousands of other
// statements of an account do not stay in memory.
func (e *entities) parse(name string, document *string) access.Policy {
	policy, err := access.Parse(name, aws.ToString(document))
	if err != nil {
		e.broken[name] = policy.Broken
	}
	return policy.About(access.Actions)
}

func (e *entities) identities() []access.Identity {
	var all []access.Identity
	keep := func(identity access.Identity) {
		if identity = identity.About(access.Actions); len(identity.Policies) > 0 {
			all = append(all, identity)
		}
	}
	for _, user := range e.users {
		identity := access.Identity{ARN: aws.ToString(user.Arn), Boundary: e.boundary(user.PermissionsBoundary)}
		identity.Policies = slices.Concat(e.inline(user.UserPolicyList, ""), e.attached(user.AttachedManagedPolicies, ""))
		for _, name := range user.GroupList {
			group := e.groups[name]
			through := " of group " + name
			identity.Policies = slices.Concat(identity.Policies, e.inline(group.GroupPolicyList, through), e.attached(group.AttachedManagedPolicies, through))
		}
		keep(identity)
	}
	for _, role := range e.roles {
		keep(access.Identity{
			ARN: aws.ToString(role.Arn), Boundary: e.boundary(role.PermissionsBoundary),
			Policies:      slices.Concat(e.inline(role.RolePolicyList, ""), e.attached(role.AttachedManagedPolicies, "")),
			ServiceLinked: strings.HasPrefix(aws.ToString(role.Path), "/aws-service-role/"),
			Services:      access.ServicesOf(aws.ToString(role.AssumeRolePolicyDocument)),
		})
	}
	slices.SortFunc(all, func(a, b access.Identity) int { return strings.Compare(a.ARN, b.ARN) })
	return all
}

func (e *entities) inline(list []types.PolicyDetail, through string) []access.Policy {
	var policies []access.Policy
	for _, policy := range list {
		policies = append(policies, e.parse("inline policy "+aws.ToString(policy.PolicyName)+through, policy.PolicyDocument))
	}
	return policies
}

func (e *entities) attached(list []types.AttachedPolicy, through string) []access.Policy {
	var policies []access.Policy
	for _, attached := range list {
		policy := e.byARN(aws.ToString(attached.PolicyArn))
		policy.Name += through
		policies = append(policies, policy)
	}
	return policies
}

func (e *entities) boundary(from *types.AttachedPermissionsBoundary) *access.Policy {
	if from == nil {
		return nil
	}
	policy := e.byARN(aws.ToString(from.PermissionsBoundaryArn))
	return &policy
}

// byARN returns a managed policy. One that IAM named and did not give may say
// anything.
func (e *entities) byARN(arn string) access.Policy {
	policy, found := e.managed[arn]
	if !found {
		name := "managed policy " + managedName(arn)
		policy = access.Policy{Name: name, Broken: "IAM did not give its document"}
		if e.broken == nil {
			e.broken = map[string]string{}
		}
		e.broken[name] = policy.Broken
	}
	return policy
}
