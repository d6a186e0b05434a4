package surroundings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"landfall.dev/landfall/internal/access"
	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
)

// Options say what to read.
type Options struct {
	// Place is the account and region that the client reads.
	Place inventory.Place
	// Endpoints gives those whose callers are wanted. It is asked before
	// CloudTrail's logs are read, and may block until they are known. Its error
	// ends the reading: they will not be known. Nil means none.
	Endpoints func() ([]access.Endpoint, error)
	// AlarmNames gives the names of alarms that scaling policies and deployments
	// refer to. It is asked after all alarms were read, and may block until the
	// names are known. Its error ends the reading. Nil means none.
	AlarmNames func() ([]string, error)
	// Now is the end of the time that is read of CloudTrail's logs, and Lookback
	// its length. Zero means 14 days.
	Now      time.Time
	Lookback time.Duration
	// CloudTrail asks for CloudTrail's log files to be read, where they record
	// calls of endpoints. That takes time, and requests to S3 that are charged.
	CloudTrail bool
	// MaxTrailObjects and MaxTrailBytes bound the log files that are read, the
	// newest first; bytes are counted as they are stored. Zero means 2,000 and
	// 1 GiB.
	MaxTrailObjects int
	MaxTrailBytes   int64
	// Memory keeps each finished part from one run to the next. Nil means that
	// nothing is remembered.
	Memory Memory
}

const (
	defaultLookback        = 14 * 24 * time.Hour
	defaultMaxTrailObjects = 2000
	defaultMaxTrailBytes   = 1 << 30
)

func (o Options) withDefaults() Options {
	if o.Lookback <= 0 {
		o.Lookback = defaultLookback
	}
	if o.MaxTrailObjects <= 0 {
		o.MaxTrailObjects = defaultMaxTrailObjects
	}
	if o.MaxTrailBytes <= 0 {
		o.MaxTrailBytes = defaultMaxTrailBytes
	}
	o.Now = o.Now.UTC()
	return o
}

// Found is what was read at one place. It can be stored as JSON, and holds
// nothing secret.
type Found struct {
	Place     inventory.Place      `json:"place"`
	Alarms    []inventory.Alarm    `json:"alarms,omitempty"`
	LogGroups []inventory.LogGroup `json:"logGroups,omitempty"`
	Tags      Tags                 `json:"tags"`
	Trails    Trails               `json:"trails"`
	// Unread lists what could not be read.
	Unread []inventory.Unread `json:"unread,omitempty"`
}

// Read reads everything around the endpoints of one place, but for IAM, which
// is the same for all regions of an account: see ReadAccount. What may not be
// read is listed; Read itself fails only when nobody waits for the answer or
// the credentials are no good.
func (c *Client) Read(ctx context.Context, options Options) (Found, error) {
	options = options.withDefaults()
	found := Found{Place: options.Place}
	var failures [4]awsfailure.Log
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		var all []inventory.Alarm
		err := part(options, "alarms", &all, &failures[0], func() ([]inventory.Alarm, error) {
			return c.readAlarms(ctx, options.Place, &failures[0])
		})
		if err != nil || options.AlarmNames == nil {
			found.Alarms = concerned(all, nil)
			return err
		}
		named, err := options.AlarmNames()
		found.Alarms = concerned(all, named)
		return err
	})
	group.Go(func() error {
		return part(options, "logGroups", &found.LogGroups, &failures[1], func() ([]inventory.LogGroup, error) {
			return c.readLogGroups(ctx, options.Place, &failures[1])
		})
	})
	group.Go(func() error {
		return part(options, "tags", &found.Tags, &failures[2], func() (Tags, error) { return c.readTags(ctx, &failures[2]) })
	})
	group.Go(func() error { return c.trails(ctx, options, &found.Trails, &failures[3]) })
	if err := group.Wait(); err != nil {
		return Found{}, err
	}
	for i := range failures {
		found.Unread = append(found.Unread, failures[i].List(options.Place)...)
	}
	return found, nil
}

// part reads one part, and remembers it where nothing of it failed.
func part[T any](options Options, name string, into *T, failures *awsfailure.Log, read func() (T, error)) (err error) {
	whole := func() bool { return len(failures.List(options.Place)) == 0 }
	*into, err = remember(options.Memory, options.Place.String()+"|surroundings|"+name, whole, read)
	return err
}

// trails reads who records calls, and the log files with the callers of the
// endpoints. Logs that were read for other endpoints are read again: a scan that
// was refused less finds more of them.
func (c *Client) trails(ctx context.Context, options Options, into *Trails, failures *awsfailure.Log) error {
	var known recorders
	err := part(options, "recorders", &known, failures, func() (recorders, error) { return c.readRecorders(ctx, failures) })
	if err != nil {
		return err
	}
	read := func() (Trails, error) { return c.readTrails(ctx, options, known, failures) }
	if len(known.Trails) == 0 || !options.CloudTrail {
		*into, err = read()
		return err
	}
	endpoints, err := options.endpoints()
	if err != nil {
		return err
	}
	return part(options, "trails|"+digest(endpoints), into, failures, read)
}

func (o Options) endpoints() ([]access.Endpoint, error) {
	if o.Endpoints == nil {
		return nil, nil
	}
	return o.Endpoints()
}

// digest tells endpoints from others, whatever their order.
func digest(endpoints []access.Endpoint) string {
	names := make([]string, 0, len(endpoints))
	for _, e := range endpoints {
		names = append(names, e.Name)
	}
	slices.Sort(names)
	sum := sha256.Sum256([]byte(strings.Join(names, "\n")))
	return hex.EncodeToString(sum[:])
}

// Callers are those that CloudTrail's logs show and that IAM allows, and what
// is known of each source. The account must be the one of the place.
func (f Found) Callers(account Account, endpoints []access.Endpoint) ([]inventory.Caller, inventory.CallerCoverage) {
	var here []access.Endpoint
	for _, endpoint := range endpoints {
		if endpoint.Place == f.Place {
			here = append(here, endpoint)
		}
	}
	coverage := inventory.CallerCoverage{Place: f.Place, IAM: account.Coverage, CloudTrail: f.Trails.Coverage}
	return append(access.Callers(account.Identities, here), f.Trails.Seen...), coverage
}

// Actions are the IAM actions that reading with these options takes, those of
// ReadAccount included.
func Actions(options Options) []string {
	actions := []string{
		"cloudtrail:DescribeTrails", "cloudtrail:GetEventDataStore", "cloudtrail:GetEventSelectors",
		"cloudtrail:GetTrailStatus", "cloudtrail:ListEventDataStores", "cloudwatch:DescribeAlarms",
		"iam:GetAccountAuthorizationDetails", "logs:DescribeLogGroups", "tag:GetResources",
	}
	if options.CloudTrail {
		// Log files are often encrypted with a key of the account.
		actions = append(actions, "kms:Decrypt", "s3:GetObject", "s3:ListBucket")
	}
	return actions
}

func timeText(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
