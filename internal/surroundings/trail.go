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
	Name string `json:"name"`
	// Bucket and Prefix are where a trail's log files lie; empty for stores.
	Bucket       string `json:"bucket,omitempty"`
	Prefix       string `json:"prefix,omitempty"`
	Organization bool   `json:"organization,omitempty"`
	// Partial says that it records some of the calls only.
	Partial bool `json:"partial,omitempty"`
	// Off says that it records nothing at present.
	Off bool `json:"off,omitempty"`
}

// recorders are those of a place, the best trail first. It can be stored as
// JSON.
type recorders struct {
	Trails []recorder `json:"trails,omitempty"`
	Stores []recorder `json:"stores,omitempty"`
	// Known says that all of them could be judged.
	Known bool `json:"known"`
}

// String tells where a recorder records, with its limits.
func (r recorder) String() string {
	text := "event data store " + r.Name
	if r.Bucket != "" {
		text = "trail " + r.Name + " (s3://" + strings.TrimSuffix(r.Bucket+"/"+r.Prefix, "/") + ")"
	}
	if r.Partial {
		text += ", for some calls only"
	}
	if r.Off {
		text += ", switched off now"
	}
	return text
}

func (c *Client) readRecorders(ctx context.Context, failures *awsfailure.Log) (r recorders, err error) {
	var trailsKnown, storesKnown bool
	if r.Trails, trailsKnown, err = c.recordingTrails(ctx, failures); err != nil {
		return recorders{}, err
	}
	if r.Stores, storesKnown, err = c.recordingStores(ctx, failures); err != nil {
		return recorders{}, err
	}
	r.Known = trailsKnown && storesKnown
	return r, nil
}

// readTrails reads the log files, where there are some and it is asked for.
func (c *Client) readTrails(ctx context.Context, options Options, r recorders, failures *awsfailure.Log) (Trails, error) {
	where := "calls of endpoints are recorded by " + joined(slices.Concat(r.Trails, r.Stores))
	switch {
	case len(r.Trails)+len(r.Stores) == 0 && !r.Known:
		return unknownTrails("whether CloudTrail records calls of endpoints could not be read"), nil
	case len(r.Trails)+len(r.Stores) == 0:
		return unknownTrails("no trail or event data store records calls of endpoints (data events of " + endpointType + ")"), nil
	case len(r.Trails) == 0:
		return unknownTrails(where + "; CloudTrail Lake is not read, because its queries are charged by the bytes they scan"), nil
	case !options.CloudTrail:
		return unknownTrails(where + "; reading the log files was not asked for"), nil
	}
	return c.readLogs(ctx, options, r.Trails, where, failures)
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
			if r.Partial {
				rank++
			}
			if r.Off {
				rank += 2
			}
			return rank
		}
		return cmp.Or(cmp.Compare(worse(a), worse(b)), cmp.Compare(a.Name, b.Name))
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
		Name: aws.ToString(trail.Name), Bucket: aws.ToString(trail.S3BucketName), Prefix: aws.ToString(trail.S3KeyPrefix),
		Organization: aws.ToBool(trail.IsOrganizationTrail), Partial: kind == selectsSome,
	}
	if kind == selectsNone {
		return judged, false, nil
	}
	status, err := c.Trails.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: trail.TrailARN})
	if err != nil {
		return judged, true, failures.Record(ctx, "cloudtrail:GetTrailStatus", aws.ToString(trail.Name), err)
	}
	judged.Off = !aws.ToBool(status.IsLogging)
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
					Name: aws.ToString(out.Name), Partial: kind == selectsSome, Off: out.Status != types.EventDataStoreStatusEnabled,
				})
			}
		}
	}
	slices.SortFunc(stores, func(a, b recorder) int { return strings.Compare(a.Name, b.Name) })
	return stores, known, nil
}
