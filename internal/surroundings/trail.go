package surroundings

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
)

// Trails is what CloudTrail records of the endpoints' callers, and what its
// logs show.
type Trails struct {
	Coverage inventory.Coverage `json:"coverage"`
	// Seen are the callers in the logs, with the number of their calls.
	Seen []inventory.Caller `json:"seen,omitempty"`
}

// recorder is a trail or event data store that records calls of endpoints.
type recorder struct {
	name string
	// bucket and prefix are where a trail's log files lie; empty for stores.
	bucket, prefix string
	organization   bool
	// partial says that it records some of the calls only.
	partial bool
	// off says that it records nothing at present.
	off bool
}

// String tells where a recorder records, with its limits.
func (r recorder) String() string {
	text := "event data store " + r.name
	if r.bucket != "" {
		text = "trail " + r.name + " (s3://" + strings.TrimSuffix(r.bucket+"/"+r.prefix, "/") + ")"
	}
	if r.partial {
		text += ", for some calls only"
	}
	if r.off {
		text += ", switched off now"
	}
	return text
}

func (c *Client) readTrails(ctx context.Context, options Options, failures *awsfailure.Log) (Trails, error) {
	trails, known, err := c.recordingTrails(ctx, failures)
	if err != nil {
		return Trails{}, err
	}
	stores, storesKnown, err := c.recordingStores(ctx, failures)
	if err != nil {
		return Trails{}, err
	}
	known = known && storesKnown
	where := "calls of endpoints are recorded by " + joined(append(slices.Clone(trails), stores...))
	switch {
	case len(trails)+len(stores) == 0 && !known:
		return unknownTrails("whether CloudTrail records calls of endpoints could not be read"), nil
	case len(trails)+len(stores) == 0:
		return unknownTrails("no trail or event data store records calls of endpoints (data events of " + endpointType + ")"), nil
	case len(trails) == 0:
		return unknownTrails(where + "; CloudTrail Lake is not read, because its queries are charged by the bytes they scan"), nil
	case !options.CloudTrail:
		return unknownTrails(where + "; reading the log files was not asked for"), nil
	}
	return c.readLogs(ctx, options, trails, where, failures)
}

func unknownTrails(why string) Trails { return Trails{Coverage: inventory.Coverage{Why: why}} }

func joined(recorders []recorder) string {
	words := make([]string, 0, len(recorders))
	for _, r := range recorders {
		words = append(words, r.String())
	}
	return strings.Join(words, " and by ")
}

// recordingTrails returns the trails that record calls of endpoints, the best
// to read first. known is false where some trail could not be judged.
func (c *Client) recordingTrails(ctx context.Context, failures *awsfailure.Log) (trails []recorder, known bool, err error) {
	out, err := c.Trails.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)})
	if err != nil {
		return nil, false, failures.Record(ctx, "cloudtrail:DescribeTrails", "", err)
	}
	known = true
	for _, trail := range out.TrailList {
		judged, records, err := c.judgeTrail(ctx, trail, failures)
		if err != nil {
			return nil, false, err
		}
		known = known && judged != nil
		if records {
			trails = append(trails, *judged)
		}
	}
	slices.SortFunc(trails, func(a, b recorder) int {
		worse := func(r recorder) int {
			rank := 0
			if r.partial {
				rank++
			}
			if r.off {
				rank += 2
			}
			return rank
		}
		return cmp.Or(cmp.Compare(worse(a), worse(b)), cmp.Compare(a.name, b.name))
	})
	return trails, known, nil
}

// judgeTrail is nil where the trail's selectors could not be read. Trails of
// other regions answer to their ARN only.
func (c *Client) judgeTrail(ctx context.Context, trail types.Trail, failures *awsfailure.Log) (judged *recorder, records bool, err error) {
	selectors, err := c.Trails.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: trail.TrailARN})
	if err != nil {
		return nil, false, failures.Record(ctx, "cloudtrail:GetEventSelectors", aws.ToString(trail.Name), err)
	}
	kind := max(basicSelection(selectors.EventSelectors), advancedSelection(selectors.AdvancedEventSelectors))
	judged = &recorder{
		name: aws.ToString(trail.Name), bucket: aws.ToString(trail.S3BucketName), prefix: aws.ToString(trail.S3KeyPrefix),
		organization: aws.ToBool(trail.IsOrganizationTrail), partial: kind == selectsSome,
	}
	if kind == selectsNone {
		return judged, false, nil
	}
	status, err := c.Trails.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: trail.TrailARN})
	if err != nil {
		return judged, true, failures.Record(ctx, "cloudtrail:GetTrailStatus", aws.ToString(trail.Name), err)
	}
	judged.off = !aws.ToBool(status.IsLogging)
	return judged, true, nil
}

// recordingStores returns the event data stores that record calls of endpoints.
func (c *Client) recordingStores(ctx context.Context, failures *awsfailure.Log) (stores []recorder, known bool, err error) {
	known = true
	pages := cloudtrail.NewListEventDataStoresPaginator(c.Trails, &cloudtrail.ListEventDataStoresInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return stores, false, failures.Record(ctx, "cloudtrail:ListEventDataStores", "", err)
		}
		for _, store := range page.EventDataStores {
			// The list gives no selectors, but for those of old SDKs.
			out, err := c.Trails.GetEventDataStore(ctx, &cloudtrail.GetEventDataStoreInput{EventDataStore: store.EventDataStoreArn})
			if err != nil {
				known = false
				if err := failures.Record(ctx, "cloudtrail:GetEventDataStore", aws.ToString(store.Name), err); err != nil {
					return nil, false, err
				}
				continue
			}
			if kind := advancedSelection(out.AdvancedEventSelectors); kind != selectsNone {
				stores = append(stores, recorder{
					name: aws.ToString(out.Name), partial: kind == selectsSome, off: out.Status != types.EventDataStoreStatusEnabled,
				})
			}
		}
	}
	slices.SortFunc(stores, func(a, b recorder) int { return strings.Compare(a.name, b.name) })
	return stores, known, nil
}
