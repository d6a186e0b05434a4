package surroundings

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"

	"landfall.dev/landfall/internal/awsfailure"
)

// Probes try, with one cheap call each, what reading the surroundings needs
// and what can be asked without knowing a trail or a store.
func (c *Client) Probes() []awsfailure.Probe {
	one := aws.Int32(1)
	return []awsfailure.Probe{
		{Action: "cloudwatch:DescribeAlarms", Try: func(ctx context.Context) error {
			_, err := c.Alarms.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{MaxRecords: one})
			return err
		}},
		{Action: "logs:DescribeLogGroups", Try: func(ctx context.Context) error {
			_, err := c.Logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{Limit: one})
			return err
		}},
		{Action: "tag:GetResources", Try: func(ctx context.Context) error {
			_, err := c.Tags.GetResources(ctx, &resourcegroupstaggingapi.GetResourcesInput{ResourceTypeFilters: []string{"sagemaker"}, ResourcesPerPage: one})
			return err
		}},
		{Action: iamOperation, Try: func(ctx context.Context) error {
			_, err := c.Policies.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{
				MaxItems: one, Filter: []types.EntityType{types.EntityTypeUser},
			})
			return err
		}},
		{Action: "cloudtrail:DescribeTrails", Try: func(ctx context.Context) error {
			_, err := c.Trails.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
			return err
		}},
		{Action: "cloudtrail:ListEventDataStores", Try: func(ctx context.Context) error {
			_, err := c.Trails.ListEventDataStores(ctx, &cloudtrail.ListEventDataStoresInput{MaxResults: one})
			return err
		}},
	}
}

// simulated is how many actions one question names: IAM bounds its length.
const simulated = 50

// Simulate asks IAM which actions the policies of a user or role do not allow,
// without taking any. Session policies are not looked at. It fails for whom IAM
// does not simulate (the root user), and where that is not allowed
// (iam:SimulatePrincipalPolicy).
func (c *Client) Simulate(ctx context.Context, principal string, actions []string) (denied []string, err error) {
	source, err := policySource(principal)
	if err != nil {
		return nil, err
	}
	for chunk := range slices.Chunk(actions, simulated) {
		pages := iam.NewSimulatePrincipalPolicyPaginator(c.Simulation, &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String(source), ActionNames: chunk,
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, result := range page.EvaluationResults {
				if result.EvalDecision != types.PolicyEvaluationDecisionTypeAllowed {
					denied = append(denied, aws.ToString(result.EvalActionName))
				}
			}
		}
	}
	slices.Sort(denied)
	return slices.Compact(denied), nil
}

// policySource is whose policies count for a caller: those of a session are the
// role's. The path of a role does not stand in its sessions' names, so that a
// role with one is not found.
func policySource(principal string) (string, error) {
	parsed, err := arn.Parse(principal)
	if err != nil {
		return "", fmt.Errorf("cannot ask for the policies of %q: %w", principal, err)
	}
	kind, name, _ := strings.Cut(parsed.Resource, "/")
	switch {
	case parsed.Service == "iam" && (kind == "user" || kind == "role"):
		return principal, nil
	case parsed.Service == "sts" && kind == "assumed-role":
		role, _, _ := strings.Cut(name, "/")
		return fmt.Sprintf("arn:%s:iam::%s:role/%s", parsed.Partition, parsed.AccountID, role), nil
	}
	return "", fmt.Errorf("cannot ask for the policies of %s: it is neither a user nor a role", principal)
}
