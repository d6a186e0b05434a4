package standin_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	aas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/test/standin"
	"landfall.dev/landfall/test/standin/standintest"
)

func TestIdentity(t *testing.T) {
	account := start(t, head, standin.Options{})
	out, err := sts.NewFromConfig(account.Config()).GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
	if err != nil || *out.Account != "123456789012" || *out.Arn != "arn:aws:iam::123456789012:user/tester" {
		t.Fatalf("%v %v", out, err)
	}
	_, err = sts.NewFromConfig(standintest.WithoutRetries(account.ConfigFor("AKIDTEST", "wrong", ""))).
		GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "InvalidSignatureException" {
		t.Fatalf("got %v", err)
	}
	_, err = sts.NewFromConfig(account.Config()).GetSessionToken(context.Background(), &sts.GetSessionTokenInput{})
	if !errors.As(err, &api) || api.ErrorCode() != "InvalidAction" {
		t.Fatalf("got %v", err)
	}
}

const scaled = head + `
scaling:
  scalableTargets:
    - {ServiceNamespace: sagemaker, ResourceId: endpoint/a/variant/v, ScalableDimension: "sagemaker:variant:DesiredInstanceCount", MinCapacity: 1, MaxCapacity: 4, RoleARN: r, CreationTime: 2026-01-01T00:00:00Z}
    - {ServiceNamespace: sagemaker, ResourceId: endpoint/b/variant/v, ScalableDimension: "sagemaker:variant:DesiredInstanceCount", MinCapacity: 1, MaxCapacity: 4, RoleARN: r, CreationTime: 2026-01-01T00:00:00Z}
    - {ServiceNamespace: ecs, ResourceId: service/x, ScalableDimension: "ecs:service:DesiredCount", MinCapacity: 1, MaxCapacity: 4, RoleARN: r, CreationTime: 2026-01-01T00:00:00Z}
  scalingPolicies:
    - {PolicyName: p1, PolicyARN: x, PolicyType: TargetTrackingScaling, ServiceNamespace: sagemaker, ResourceId: endpoint/a/variant/v, ScalableDimension: "sagemaker:variant:DesiredInstanceCount", CreationTime: 2026-01-01T00:00:00Z, TargetTrackingScalingPolicyConfiguration: {TargetValue: 70.5}}
  scheduledActions:
    - {ScheduledActionName: night, ScheduledActionARN: x, ServiceNamespace: sagemaker, ResourceId: endpoint/a/variant/v, Schedule: "cron(0 1 * * ? *)", CreationTime: 2026-01-01T00:00:00Z}
`

func TestScaling(t *testing.T) {
	account := start(t, scaled, standin.Options{})
	client := aas.NewFromConfig(standintest.WithoutRetries(account.Config()))
	ctx := context.Background()
	pages := aas.NewDescribeScalableTargetsPaginator(client, &aas.DescribeScalableTargetsInput{
		ServiceNamespace: aastypes.ServiceNamespaceSagemaker, MaxResults: aws.Int32(1),
	})
	var ids []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range page.ScalableTargets {
			ids = append(ids, *target.ResourceId)
		}
	}
	if diff := cmp.Diff([]string{"endpoint/a/variant/v", "endpoint/b/variant/v"}, ids); diff != "" {
		t.Error(diff)
	}
	targets, err := client.DescribeScalableTargets(ctx, &aas.DescribeScalableTargetsInput{
		ServiceNamespace: aastypes.ServiceNamespaceSagemaker, ResourceIds: []string{"endpoint/b/variant/v"},
	})
	if err != nil || len(targets.ScalableTargets) != 1 || *targets.ScalableTargets[0].MaxCapacity != 4 {
		t.Errorf("%v %v", targets, err)
	}
	policies, err := client.DescribeScalingPolicies(ctx, &aas.DescribeScalingPoliciesInput{ServiceNamespace: aastypes.ServiceNamespaceSagemaker})
	if err != nil || len(policies.ScalingPolicies) != 1 || *policies.ScalingPolicies[0].TargetTrackingScalingPolicyConfiguration.TargetValue != 70.5 {
		t.Errorf("%v %v", policies, err)
	}
	actions, err := client.DescribeScheduledActions(ctx, &aas.DescribeScheduledActionsInput{
		ServiceNamespace: aastypes.ServiceNamespaceSagemaker, ScheduledActionNames: []string{"night"},
	})
	if err != nil || len(actions.ScheduledActions) != 1 {
		t.Errorf("%v %v", actions, err)
	}
	_, err = client.DescribeScalingActivities(ctx, &aas.DescribeScalingActivitiesInput{ServiceNamespace: aastypes.ServiceNamespaceSagemaker})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "UnknownOperationException" {
		t.Errorf("got %v", err)
	}
}

func TestPercentilesAscend(t *testing.T) {
	l := standin.Percentiles{P50: 1000, P95: 4000, P99: 9000}
	for rank, want := range map[float64]float64{50: 1000, 95: 4000, 99: 9000} {
		if got := standin.PercentilesForTest(l, rank); math.Abs(got-want) > 1e-6 {
			t.Errorf("p%v is %v, want %v", rank, got, want)
		}
	}
	last := 0.0
	for rank := range 101 {
		got := standin.PercentilesForTest(l, float64(rank))
		if got < last {
			t.Fatalf("p%d is %v, below p%d", rank, got, rank-1)
		}
		last = got
	}
}

func TestObjects(t *testing.T) {
	account := start(t, head+`
buckets: [{name: models, objects: [{key: a/seed.txt, text: seeded}]}, {name: endpoints}]
`, standin.Options{})
	client := s3.NewFromConfig(account.Config(), func(o *s3.Options) { o.UsePathStyle = true })
	ctx := context.Background()
	get := func(key, span string) string {
		t.Helper()
		in := &s3.GetObjectInput{Bucket: aws.String("models"), Key: aws.String(key)}
		if span != "" {
			in.Range = aws.String(span)
		}
		out, err := client.GetObject(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Body.Close()
		body, err := io.ReadAll(out.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	if got := get("a/seed.txt", ""); got != "seeded" {
		t.Errorf("got %q", got)
	}
	if got := get("a/seed.txt", "bytes=1-3"); got != "eed" {
		t.Errorf("got %q", got)
	}
	key := "dir/with space+plus/é.bin"
	if _, err := client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String("models"), Key: aws.String(key), Body: strings.NewReader("content"),
		ChecksumAlgorithm: s3types.ChecksumAlgorithmSha256,
	}); err != nil {
		t.Fatal(err)
	}
	if got := get(key, ""); got != "content" {
		t.Errorf("got %q", got)
	}
	meta, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String("models"), Key: aws.String(key)})
	if err != nil || *meta.ContentLength != 7 {
		t.Errorf("%v %v", meta, err)
	}
	list, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("models"), Prefix: aws.String("a/")})
	if err != nil || len(list.Contents) != 1 {
		t.Errorf("%v %v", list, err)
	}
	_, err = client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("models"), Key: aws.String("none")})
	var missing *s3types.NoSuchKey
	if !errors.As(err, &missing) {
		t.Errorf("got %v, want NoSuchKey", err)
	}
	if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("endpoints"), Key: aws.String("x/invocations"), Body: strings.NewReader("y")}); err != nil {
		t.Errorf("a bucket may be called endpoints: %v", err)
	}
}

func TestMultipart(t *testing.T) {
	account := start(t, head+"\nbuckets: [{name: models}]\n", standin.Options{})
	client := s3.NewFromConfig(account.Config(), func(o *s3.Options) { o.UsePathStyle = true })
	ctx := context.Background()
	bucket, key := aws.String("models"), aws.String("big.bin")
	upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	var done []s3types.CompletedPart
	for i, part := range [][]byte{bytes.Repeat([]byte("a"), 5<<20), []byte("tail")} {
		out, err := client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: bucket, Key: key, UploadId: upload.UploadId, PartNumber: aws.Int32(int32(i + 1)), Body: bytes.NewReader(part),
		})
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, s3types.CompletedPart{ETag: out.ETag, PartNumber: aws.Int32(int32(i + 1))})
	}
	if _, err := client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: key, UploadId: upload.UploadId, MultipartUpload: &s3types.CompletedMultipartUpload{Parts: done},
	}); err != nil {
		t.Fatal(err)
	}
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key, Range: aws.String("bytes=5242878-")})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	if body, err := io.ReadAll(out.Body); err != nil || string(body) != "aatail" {
		t.Errorf("%q %v", body, err)
	}
}

func TestObjectsRefuse(t *testing.T) {
	account := start(t, head+`
buckets: [{name: models}]
knobs: {operations: {"s3:HEAD": {deny: true}}}
`, standin.Options{})
	wrong := s3.NewFromConfig(standintest.WithoutRetries(account.ConfigFor("AKIDTEST", "wrong", "")), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := wrong.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: aws.String("models")})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "SignatureDoesNotMatch" {
		t.Errorf("got %v", err)
	}
	resp, err := http.Get(account.URL + "/models")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("an unsigned request got %s", resp.Status)
	}
	right := s3.NewFromConfig(standintest.WithoutRetries(account.Config()), func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := right.HeadBucket(context.Background(), &s3.HeadBucketInput{Bucket: aws.String("models")}); err == nil {
		t.Error("a denied operation was answered")
	}
}

// TestDamagedUpload: a body that is not the signed one is not stored.
func TestDamagedUpload(t *testing.T) {
	account := start(t, head+"\nbuckets: [{name: models}]\n", standin.Options{})
	damage := account.Config()
	damage.HTTPClient = damagingClient{}
	client := s3.NewFromConfig(standintest.WithoutRetries(damage), func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := client.PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: aws.String("models"), Key: aws.String("k"), Body: strings.NewReader("content"),
	}); err == nil {
		t.Error("a damaged upload was taken")
	}
	whole := s3.NewFromConfig(account.Config(), func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := whole.HeadObject(context.Background(), &s3.HeadObjectInput{Bucket: aws.String("models"), Key: aws.String("k")}); err == nil {
		t.Error("a damaged upload was stored")
	}
}

type damagingClient struct{}

// Do changes the first byte of the body after it was signed.
func (damagingClient) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.ContentLength > 0 {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body[0]++
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return (&http.Client{Timeout: 10 * time.Second}).Do(r)
}
