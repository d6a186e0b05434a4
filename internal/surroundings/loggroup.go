package surroundings

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/leaf"
)

// logGroupPrefix begins the names of all groups that SageMaker writes to.
const logGroupPrefix = "/aws/sagemaker"

// logGroupPage is the most that DescribeLogGroups gives at once.
const logGroupPage = 50

func (c *Client) readLogGroups(ctx context.Context, place inventory.Place, failures *awsfailure.Log) ([]inventory.LogGroup, error) {
	var groups []inventory.LogGroup
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(c.Logs, &cloudwatchlogs.DescribeLogGroupsInput{
		LogGroupNamePrefix: aws.String(logGroupPrefix), Limit: aws.Int32(logGroupPage),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return groups, failures.Record(ctx, "logs:DescribeLogGroups", "", err)
		}
		for _, group := range page.LogGroups {
			converted := convertLogGroup(group)
			converted.Place = place
			groups = append(groups, converted)
		}
	}
	return groups, nil
}

var logGroupPlaces = leaf.Places(`Arn CreationTime KmsKeyId LogGroupArn LogGroupClass LogGroupName MetricFilterCount
RetentionInDays StoredBytes`)

func convertLogGroup(from types.LogGroup) inventory.LogGroup {
	group := inventory.LogGroup{
		Name: aws.ToString(from.LogGroupName), RetentionDays: aws.ToInt32(from.RetentionInDays),
		// The older of the two ARNs ends with a wildcard for the streams.
		ARN:         cmp.Or(aws.ToString(from.LogGroupArn), strings.TrimSuffix(aws.ToString(from.Arn), ":*")),
		StoredBytes: aws.ToInt64(from.StoredBytes), KMSKeyID: aws.ToString(from.KmsKeyId), Class: string(from.LogGroupClass),
		MetricFilters: aws.ToInt32(from.MetricFilterCount), Ignored: leaf.Ignored("logGroup", from, logGroupPlaces),
	}
	if from.CreationTime != nil {
		group.CreatedAt = time.UnixMilli(*from.CreationTime).UTC().Format(time.RFC3339)
	}
	return group
}
