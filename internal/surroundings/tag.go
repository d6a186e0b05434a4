package surroundings

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
)

// Tags are those of SageMaker's resources.
type Tags struct {
	// Read is false where the tags could not be read in one go. They are to be
	// asked for one resource at a time then (sagemaker:ListTags).
	Read bool `json:"read"`
	// Of holds the tags by the resource's ARN. A resource that is missing has
	// none. Values that may be secret read "***".
	Of map[string][]inventory.Tag `json:"of,omitempty"`
}

// tagPage is the most that GetResources gives at once.
const tagPage = 100

func (c *Client) readTags(ctx context.Context, failures *awsfailure.Log) (Tags, error) {
	tags := Tags{Read: true, Of: map[string][]inventory.Tag{}}
	pages := resourcegroupstaggingapi.NewGetResourcesPaginator(c.Tags, &resourcegroupstaggingapi.GetResourcesInput{
		ResourceTypeFilters: []string{"sagemaker"}, ResourcesPerPage: aws.Int32(tagPage),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return Tags{}, failures.Record(ctx, "tag:GetResources", "", err)
		}
		for _, resource := range page.ResourceTagMappingList {
			arn := aws.ToString(resource.ResourceARN)
			for _, tag := range resource.Tags {
				key := aws.ToString(tag.Key)
				masked, _ := inventory.MaskEnv(map[string]string{key: aws.ToString(tag.Value)})
				tags.Of[arn] = append(tags.Of[arn], inventory.Tag{Key: key, Value: masked[key]})
			}
		}
	}
	return tags, nil
}
