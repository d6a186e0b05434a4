package sagemaker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/sagemaker/journal"
)

// DefaultLookback is how far back the figures on traffic reach: two weeks hold
// every weekday twice, and CloudWatch keeps minutes for 15 days.
const DefaultLookback = 14 * 24 * time.Hour

// DefaultRunsPerWorkload is how many runs of the same work are described: one
// may have been an odd one.
const DefaultRunsPerWorkload = 3

// ScanOptions say what to read.
type ScanOptions struct {
	// Lookback of the figures on traffic and use. Zero means 14 days.
	Lookback time.Duration
	// Now is the end of the lookback, and what scannedAt says.
	Now time.Time
	// OmitScannedAt leaves scannedAt out.
	OmitScannedAt bool
	// EndpointName restricts the scan to endpoints whose name matches it, as
	// of path.Match, and to what they rest on. Empty means the whole account.
	EndpointName string
	// RunsPerWorkload is how many runs of the same work are described, the
	// newest ones; all are listed. Zero means 3.
	RunsPerWorkload int
	// LineageMost is how much is read of each list of lineage tracking, the
	// newest first. Zero means 5,000, less that none is read.
	LineageMost int
	// Journal remembers finished calls from one run to the next, by account
	// and region. Nil means that nothing is remembered.
	Journal *journal.Journal
	// Progress hears how far the scan is, from several goroutines. Nil means
	// that nobody listens.
	Progress func(Progress)
}

// scan is one scan under way.
type scan struct {
	*Client
	ScanOptions
	failures *failures
	found    *findings
	lineage  lineageFound
	group    *errgroup.Group
	lanes    *lanes
	hosting  *countdown

	// place begins the names of the journal's calls.
	place string

	mu   sync.Mutex
	tags map[string][]inventory.Tag
}

// Scan reads the account: endpoints with everything they rest on, and all other
// kinds of resources. What may not be read is listed in the inventory; Scan
// itself fails only when there is nothing to tell: bad credentials, or no list
// that may be read.
func (c *Client) Scan(ctx context.Context, options ScanOptions) (inventory.Document, error) {
	s := newScan(c, options)
	outer := ctx
	s.group, ctx = errgroup.WithContext(ctx)
	s.lanes = newLanes(ctx, s.group, c.concurrency)
	s.lanes.ended = s.report
	account, err := s.readAccount(ctx)
	if err != nil {
		return inventory.Document{}, err
	}
	s.place = account.Place().String()
	var scaling foundScaling
	var endpoints []inventory.Endpoint
	listed, read := s.hosting.one(), s.hosting.one()
	s.group.Go(func() (err error) { defer read(); scaling, err = s.readScaling(ctx); return err })
	for i := range table {
		if k := &table[i]; k.parent == "" && s.wants(k) {
			s.listAll(k, "", nil)
		}
	}
	if s.tracksLineage() {
		s.listLineage()
	}
	listed()
	s.group.Go(func() (err error) {
		if err = s.hosting.wait(ctx); err != nil {
			return err
		}
		endpoints = s.endpoints(account.Place(), scaling)
		return s.readMetrics(ctx, endpoints)
	})
	if err := s.group.Wait(); err != nil {
		return inventory.Document{}, err
	}
	resources := s.found.resources(account.Place())
	if err := s.readJobMetrics(outer, resources); err != nil {
		return inventory.Document{}, err
	}
	return s.document(account, endpoints, resources)
}

func newScan(c *Client, options ScanOptions) *scan {
	if options.Lookback <= 0 {
		options.Lookback = DefaultLookback
	}
	if options.RunsPerWorkload <= 0 {
		options.RunsPerWorkload = DefaultRunsPerWorkload
	}
	if options.LineageMost == 0 {
		options.LineageMost = DefaultLineageMost
	}
	if options.Progress == nil {
		options.Progress = func(Progress) {}
	}
	s := &scan{
		Client: c, ScanOptions: options, failures: newFailures(), found: newFindings(),
		hosting: newCountdown(), tags: map[string][]inventory.Tag{},
	}
	s.Progress = func(p Progress) { options.Progress(s.counted(p)) }
	return s
}

// wants says that a kind is listed. A scan restricted to endpoints lists them
// and their components; all else is found by reference.
func (s *scan) wants(k *kind) bool {
	return s.EndpointName == "" || startsEndpoints(k)
}

func startsEndpoints(k *kind) bool {
	return k.ResourceKind == inventory.KindEndpoint || k.ResourceKind == inventory.KindInferenceComponent
}

const hoursPerDay = 24

// document puts together what was read.
func (s *scan) document(account inventory.Account, endpoints []inventory.Endpoint, resources []inventory.Resource) (inventory.Document, error) {
	d := inventory.Document{
		Accounts: []inventory.Account{account}, EndpointName: s.EndpointName, LookbackDays: int(s.Lookback.Hours() / hoursPerDay),
		Endpoints: endpoints, Resources: resources, Lineage: s.lineage.found(account.Place(), s.LineageMost), Unread: s.failures.list(account.Place()),
	}
	if s.nothingListed(d.Unread) {
		return inventory.Document{}, fmt.Errorf("cannot list anything in region %s: %s: %s",
			s.region, d.Unread[0].Code, d.Unread[0].Reason)
	}
	if !s.OmitScannedAt {
		d.ScannedAt = s.Now.UTC().Format(time.RFC3339)
	}
	d.MaskedValues = countMasked(d)
	return d, nil
}

// nothingListed says that not one list could be read.
func (s *scan) nothingListed(unread []inventory.Unread) bool {
	failed := map[string]bool{}
	for _, u := range unread {
		failed[u.Operation] = true
	}
	for i := range table {
		if k := &table[i]; k.parent == "" && s.wants(k) && !failed["sagemaker:"+k.list.operation] {
			return false
		}
	}
	return true
}

// Account learns whose account the client reads.
func (c *Client) Account(ctx context.Context) (inventory.Account, error) {
	return newScan(c, ScanOptions{}).readAccount(ctx)
}

// readAccount learns whose account it is. A role's ARN tells it too. It is asked
// in every run: the credentials may be those of another account by now.
func (s *scan) readAccount(ctx context.Context) (inventory.Account, error) {
	account := inventory.Account{Region: s.region, RoleARN: s.roleARN}
	role, _ := arn.Parse(s.roleARN)
	account.ID, account.Partition = role.AccountID, role.Partition
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

// countdown waits until all of a changing number of things are done. It ends
// once, when none is left.
type countdown struct {
	mu   sync.Mutex
	left int
	none chan struct{}
	once sync.Once
}

func newCountdown() *countdown { return &countdown{none: make(chan struct{})} }

// one adds a thing and returns what to call when it is done.
func (c *countdown) one() (done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.left--; c.left == 0 {
			c.once.Do(func() { close(c.none) })
		}
	}
}

func (c *countdown) wait(ctx context.Context) error {
	select {
	case <-c.none:
		return nil
	case <-ctx.Done():
		return errors.Join(ctx.Err(), context.Cause(ctx))
	}
}

// track counts a call on which the endpoints wait. The result is called when
// the call has ended. Configurations and models count through those who refer
// to them: see refer.
func (s *scan) track(k *kind) func() {
	if !startsEndpoints(k) {
		return func() {}
	}
	return s.hosting.one()
}
