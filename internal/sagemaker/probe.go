package sagemaker

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
)

// absent is the name of a resource that nobody has: a Describe of it tells
// whether it is allowed, and reads nothing.
const absent = "landfall-doctor-absent"

// Probes try, with one cheap call each, the operations of a scan of a whole
// account that can be asked without knowing a resource: every list, for one
// item, the parts of endpoints, for a name that nobody has, and the figures.
func (c *Client) Probes(account inventory.Account) []awsfailure.Probe {
	options := ScanOptions{}
	var all []awsfailure.Probe
	list := func(l lister) {
		all = append(all, awsfailure.Probe{Action: "sagemaker:" + l.operation, Try: func(ctx context.Context) error {
			asked := question{scan: &options, size: 1}
			if len(l.each) > 0 {
				asked.value = l.each[0]
			}
			_, err := l.page(ctx, c.api, asked, "")
			return err
		}})
	}
	for i := range table {
		if table[i].parent == "" {
			list(table[i].list)
		}
		if k := &table[i]; isHosting(k.ResourceKind) {
			name, _, _ := k.fieldNames()
			all = append(all, awsfailure.Probe{Action: "sagemaker:" + k.describe.operation, Try: func(ctx context.Context) error {
				_, _, err := k.describe.read(ctx, c.api, map[string]string{name: absent})
				return err
			}})
		}
	}
	for i := range lineageLists {
		list(lineageLists[i].lister)
	}
	return append(append(all, c.tagProbe(account)), append(c.scalingProbes(), c.metricProbes()...)...)
}

func (c *Client) tagProbe(account inventory.Account) awsfailure.Probe {
	name := fmt.Sprintf("arn:%s:sagemaker:%s:%s:endpoint/%s", account.Partition, account.Region, account.ID, absent)
	return awsfailure.Probe{Action: "sagemaker:ListTags", Try: func(ctx context.Context) error {
		_, err := c.Models.ListTags(ctx, &sagemaker.ListTagsInput{ResourceArn: aws.String(name)})
		return err
	}}
}

func (c *Client) scalingProbes() []awsfailure.Probe {
	of, one := scaling.ServiceNamespaceSagemaker, aws.Int32(1)
	return []awsfailure.Probe{
		{Action: "application-autoscaling:DescribeScalableTargets", Try: func(ctx context.Context) error {
			_, err := c.Scalings.DescribeScalableTargets(ctx, &applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: of, MaxResults: one})
			return err
		}},
		{Action: "application-autoscaling:DescribeScalingPolicies", Try: func(ctx context.Context) error {
			_, err := c.Scalings.DescribeScalingPolicies(ctx, &applicationautoscaling.DescribeScalingPoliciesInput{ServiceNamespace: of, MaxResults: one})
			return err
		}},
		{Action: "application-autoscaling:DescribeScheduledActions", Try: func(ctx context.Context) error {
			_, err := c.Scalings.DescribeScheduledActions(ctx, &applicationautoscaling.DescribeScheduledActionsInput{ServiceNamespace: of, MaxResults: one})
			return err
		}},
	}
}

func (c *Client) metricProbes() []awsfailure.Probe {
	return []awsfailure.Probe{
		{Action: "cloudwatch:GetMetricData", Try: func(ctx context.Context) error {
			end := time.Now().Truncate(hourly)
			of := &subject{
				dimensions: [][2]string{{dimensionEndpoint, absent}, {"VariantName", absent}}, span: window{start: end.Add(-hourly), end: end},
			}
			_, err := c.Metrics.GetMetricData(ctx, batchInput([]query{{of, invocations}}))
			return err
		}},
		{Action: "cloudwatch:ListMetrics", Try: func(ctx context.Context) error {
			_, err := c.Metrics.ListMetrics(ctx, &cloudwatch.ListMetricsInput{
				Namespace: aws.String(namespaceTransform), RecentlyActive: cloudwatchtypes.RecentlyActivePt3h,
			})
			return err
		}},
	}
}
