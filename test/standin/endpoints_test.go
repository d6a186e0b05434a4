package standin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/sagemaker"
	smtypes "github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/test/standin"
)

func TestTagsAndEmptyPages(t *testing.T) {
	account := start(t, everyKind, standin.Options{})
	client := controlClient(account)
	if err := account.Server.SetKnobs(standin.Knobs{Operations: map[string]standin.OperationKnobs{
		"sagemaker:ListTags": {EmptyFirstPage: true}, "sagemaker:ListEndpoints": {EmptyFirstPage: true},
	}}); err != nil {
		t.Fatal(err)
	}
	tags := map[string]string{}
	var sizes []int
	pages := sm.NewListTagsPaginator(client, &sm.ListTagsInput{ResourceArn: aws.String("arn:aws:sagemaker:us-east-1:123456789012:endpoint/alpha")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.Tags))
		for _, tag := range page.Tags {
			tags[*tag.Key] = *tag.Value
		}
	}
	if diff := cmp.Diff(map[string]string{"team": "growth", "cost": "1"}, tags); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{0, 2}, sizes); diff != "" {
		t.Errorf("page sizes:\n%s", diff)
	}
	endpoints := sm.NewListEndpointsPaginator(client, &sm.ListEndpointsInput{MaxResults: aws.Int32(1)})
	sizes = nil
	for endpoints.HasMorePages() {
		page, err := endpoints.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.Endpoints))
	}
	if diff := cmp.Diff([]int{0, 1, 1}, sizes); diff != "" {
		t.Errorf("page sizes:\n%s", diff)
	}
}

func TestUpdateWeights(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	account := start(t, everyKind+"\nlimits: {updateSeconds: 120}\n", standin.Options{Now: clock})
	client := controlClient(account)
	ctx := context.Background()
	update := func(variant string) error {
		_, err := client.UpdateEndpointWeightsAndCapacities(ctx, &sm.UpdateEndpointWeightsAndCapacitiesInput{
			EndpointName: aws.String("alpha"),
			DesiredWeightsAndCapacities: []smtypes.DesiredWeightAndCapacity{
				{VariantName: aws.String(variant), DesiredWeight: aws.Float32(0.5), DesiredInstanceCount: aws.Int32(4)},
			},
		})
		return err
	}
	if err := update("nobody"); err == nil || !strings.Contains(err.Error(), "Could not find variant") {
		t.Fatalf("an unknown variant gave %v", err)
	}
	if err := update("a"); err != nil {
		t.Fatal(err)
	}
	expect := func(status smtypes.EndpointStatus, current float32, desired float32) {
		t.Helper()
		out, err := client.DescribeEndpoint(ctx, &sm.DescribeEndpointInput{EndpointName: aws.String("alpha")})
		if err != nil {
			t.Fatal(err)
		}
		v := out.ProductionVariants[0]
		if out.EndpointStatus != status || *v.CurrentWeight != current || *v.DesiredWeight != desired {
			t.Fatalf("%s current %v desired %v, want %s %v %v", out.EndpointStatus, *v.CurrentWeight, *v.DesiredWeight, status, current, desired)
		}
	}
	expect(smtypes.EndpointStatusUpdating, 1, 0.5)
	if err := update("a"); err == nil || !strings.Contains(err.Error(), "Updating") {
		t.Fatalf("an update during an update gave %v", err)
	}
	now = now.Add(2 * time.Minute)
	expect(smtypes.EndpointStatusInService, 0.5, 0.5)
}
