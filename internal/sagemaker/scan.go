package sagemaker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"

	"landfall.dev/landfall/internal/inventory"
)

// DefaultLookback is how far back the figures on traffic reach: two weeks hold
// every weekday twice, and CloudWatch keeps minutes for 15 days.
const DefaultLookback = 14 * 24 * time.Hour

// ScanOptions say what to read.
type ScanOptions struct {
	// Lookback of the figures on traffic and use. Zero means 14 days.
	Lookback time.Duration
	// Now is the end of the lookback, and what scannedAt says.
	Now time.Time
	// OmitScannedAt leaves scannedAt out.
	OmitScannedAt bool
	// EndpointName restricts the scan to endpoints whose name matches it, as
	// of path.Match. Empty means all.
	EndpointName string
	// Progress hears how far the scan is, from several goroutines. Nil means
	// that nobody listens.
	Progress func(Progress)
}

// Progress is how far a scan is.
type Progress struct {
	// Stage is what is being read, in a few words.
	Stage string
	// Done and Total count endpoints; Total is 0 while it is not known.
	Done, Total int
}

// scan is one scan under way.
type scan struct {
	*Client
	ScanOptions
	failures *failures
	models   *models
	done     atomic.Int64
	total    int
}

// Scan reads the account's endpoints and everything they rest on. What may not
// be read is listed in the inventory; Scan itself fails only when there is
// nothing to tell: bad credentials, or endpoints that may not be listed.
func (c *Client) Scan(ctx context.Context, options ScanOptions) (inventory.Document, error) {
	if options.Lookback <= 0 {
		options.Lookback = DefaultLookback
	}
	if options.Progress == nil {
		options.Progress = func(Progress) {}
	}
	s := &scan{Client: c, ScanOptions: options, failures: newFailures()}
	s.models = newModels(s)
	names, err := s.listEndpoints(ctx)
	if err != nil {
		return inventory.Document{}, err
	}
	s.total = len(names)
	var found parts
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { found.endpoints, err = s.readEndpoints(groupCtx, names); return err })
	group.Go(func() (err error) { found.components, err = s.readComponents(groupCtx); return err })
	group.Go(func() (err error) { found.scaling, err = s.readScaling(groupCtx); return err })
	group.Go(func() (err error) { found.account, err = s.readAccount(groupCtx); return err })
	if err := group.Wait(); err != nil {
		return inventory.Document{}, err
	}
	return s.assemble(ctx, found)
}

// parts are what is read at the same time.
type parts struct {
	account   inventory.Account
	endpoints []inventory.Endpoint
	// components and scaling are those of the whole account.
	components []foundComponent
	scaling    foundScaling
}

func (s *scan) listEndpoints(ctx context.Context) ([]types.EndpointSummary, error) {
	in := &sagemaker.ListEndpointsInput{
		MaxResults: aws.Int32(pageSize), SortBy: types.EndpointSortKeyName, SortOrder: types.OrderKeyAscending,
	}
	if part := literal(s.EndpointName); part != "" {
		in.NameContains = aws.String(part)
	}
	var all []types.EndpointSummary
	pages := sagemaker.NewListEndpointsPaginator(s.Endpoints, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("cannot list the endpoints of region %s: %s", s.region, shortReason(err))
		}
		for _, summary := range page.Endpoints {
			if inventory.MatchesName(s.EndpointName, aws.ToString(summary.EndpointName)) {
				all = append(all, summary)
			}
		}
		s.Progress(Progress{Stage: "listing endpoints", Done: len(all)})
	}
	return all, nil
}

// literal returns the longest word of a pattern without special characters,
// which is all that AWS can look for.
func literal(pattern string) string {
	longest := ""
	if before, _, bracket := strings.Cut(pattern, "["); bracket {
		pattern = before // what a bracket holds stands for one character of several
	}
	for _, word := range strings.FieldsFunc(pattern, func(r rune) bool { return strings.ContainsRune(`*?\`, r) }) {
		if len(word) > len(longest) {
			longest = word
		}
	}
	return longest
}

// pageSize is the most that SageMaker's lists give at once.
const pageSize = 100

func (s *scan) readEndpoints(ctx context.Context, found []types.EndpointSummary) ([]inventory.Endpoint, error) {
	endpoints := make([]inventory.Endpoint, len(found))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.concurrency)
	for i, summary := range found {
		group.Go(func() (err error) {
			endpoints[i], err = s.readEndpoint(ctx, summary)
			s.Progress(Progress{Stage: "reading endpoints", Done: int(s.done.Add(1)), Total: s.total})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(endpoints, func(e inventory.Endpoint) bool { return e.Name == "" }), nil
}

// readEndpoint reads an endpoint, its configuration, its models and its tags.
// One that no longer exists has no name.
func (s *scan) readEndpoint(ctx context.Context, summary types.EndpointSummary) (inventory.Endpoint, error) {
	name := aws.ToString(summary.EndpointName)
	out, err := s.Endpoints.DescribeEndpoint(ctx, &sagemaker.DescribeEndpointInput{EndpointName: summary.EndpointName})
	if err != nil && gone(err) {
		return inventory.Endpoint{}, nil // deleted since it was listed
	}
	if err != nil {
		e := summarized(summary, shortReason(err))
		return e, s.failures.record(ctx, "sagemaker:DescribeEndpoint", name, err)
	}
	e := convertEndpoint(out)
	if err := s.readConfig(ctx, &e); err != nil {
		return e, err
	}
	for _, model := range modelNames(e) {
		if _, err := s.models.get(ctx, model); err != nil {
			return e, err
		}
	}
	tags, err := s.readTags(ctx, e)
	e.Tags = tags
	return e, err
}

// summarized is what remains of an endpoint that may be listed and not read.
func summarized(summary types.EndpointSummary, reason string) inventory.Endpoint {
	reason, _ = inventory.MaskText(reason)
	return inventory.Endpoint{
		Name: aws.ToString(summary.EndpointName), ARN: aws.ToString(summary.EndpointArn),
		Status: string(summary.EndpointStatus), CreatedAt: timeText(summary.CreationTime),
		ModifiedAt: timeText(summary.LastModifiedTime), Unread: reason,
		Config: inventory.Config{Presence: inventory.NotRead},
	}
}

func (s *scan) readConfig(ctx context.Context, e *inventory.Endpoint) error {
	if e.Config.Name == "" {
		e.Config.Presence = inventory.NotRead
		return nil
	}
	out, err := s.Endpoints.DescribeEndpointConfig(ctx, &sagemaker.DescribeEndpointConfigInput{
		EndpointConfigName: aws.String(e.Config.Name),
	})
	switch {
	case err == nil:
		applyConfig(e, out)
		return nil
	case gone(err):
		e.Config.Presence = inventory.Deleted
		return nil
	default:
		e.Config.Presence = inventory.NotRead
		return s.failures.record(ctx, "sagemaker:DescribeEndpointConfig", e.Config.Name, err)
	}
}

// modelNames lists the models that an endpoint's variants refer to.
func modelNames(e inventory.Endpoint) []string {
	var names []string
	for _, variants := range [][]inventory.Variant{e.Variants, e.ShadowVariants} {
		for _, v := range variants {
			names = append(names, v.ModelName)
		}
	}
	for _, c := range e.Components {
		names = append(names, c.ModelName)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
}

func (s *scan) readTags(ctx context.Context, e inventory.Endpoint) ([]inventory.Tag, error) {
	var tags []inventory.Tag
	// ListTags is the one list whose pages may not be smaller than 50.
	pages := sagemaker.NewListTagsPaginator(s.Models, &sagemaker.ListTagsInput{
		ResourceArn: aws.String(e.ARN), MaxResults: aws.Int32(pageSize),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.failures.record(ctx, "sagemaker:ListTags", e.Name, err)
		}
		tags = append(tags, convertTags(page.Tags)...)
	}
	return tags, nil
}

func (s *scan) readAccount(ctx context.Context) (inventory.Account, error) {
	account := inventory.Account{Region: s.region}
	out, err := s.Identity.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return account, s.failures.record(ctx, "sts:GetCallerIdentity", "", err)
	}
	account.ID = aws.ToString(out.Account)
	if parsed, err := arn.Parse(aws.ToString(out.Arn)); err == nil {
		account.Partition = parsed.Partition
	}
	return account, nil
}
