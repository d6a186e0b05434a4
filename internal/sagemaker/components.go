package sagemaker

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"golang.org/x/sync/errgroup"

	"landfall.dev/landfall/internal/inventory"
)

// foundComponent is an inference component and the endpoint it is on.
type foundComponent struct {
	endpoint  string
	component inventory.Component
	ignored   []string
}

// readComponents reads every inference component of the account.
func (s *scan) readComponents(ctx context.Context) ([]foundComponent, error) {
	var summaries []types.InferenceComponentSummary
	pages := sagemaker.NewListInferenceComponentsPaginator(s.Components, &sagemaker.ListInferenceComponentsInput{
		MaxResults: aws.Int32(pageSize),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.failures.record(ctx, "sagemaker:ListInferenceComponents", "", err)
		}
		summaries = append(summaries, page.InferenceComponents...)
	}
	found := make([]foundComponent, len(summaries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.concurrency)
	for i, summary := range summaries {
		group.Go(func() (err error) {
			found[i], err = s.readComponent(ctx, summary)
			return err
		})
	}
	return found, group.Wait()
}

func (s *scan) readComponent(ctx context.Context, summary types.InferenceComponentSummary) (foundComponent, error) {
	name, endpoint := aws.ToString(summary.InferenceComponentName), aws.ToString(summary.EndpointName)
	out, err := s.Components.DescribeInferenceComponent(ctx, &sagemaker.DescribeInferenceComponentInput{
		InferenceComponentName: summary.InferenceComponentName,
	})
	if err != nil {
		reason, _ := inventory.MaskText(shortReason(err))
		left := inventory.Component{
			Name: name, ARN: aws.ToString(summary.InferenceComponentArn), VariantName: aws.ToString(summary.VariantName),
			Status: string(summary.InferenceComponentStatus), Unread: reason,
		}
		return foundComponent{endpoint: endpoint, component: left},
			s.failures.record(ctx, "sagemaker:DescribeInferenceComponent", name, err)
	}
	return foundComponent{
		endpoint: endpoint, component: convertComponent(out), ignored: ignoredLeaves("component "+name, out),
	}, nil
}
