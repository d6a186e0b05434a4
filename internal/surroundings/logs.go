package surroundings

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"landfall.dev/landfall/internal/access"
	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
)

// readLogs reads the log files of the first trail that may be read: several
// trails would count the same calls again.
func (c *Client) readLogs(ctx context.Context, options Options, trails []recorder, where string, failures *awsfailure.Log) (Trails, error) {
	endpoints, err := options.endpoints()
	if err != nil {
		return Trails{}, err
	}
	for _, trail := range trails {
		if trail.Bucket == "" {
			continue
		}
		r := newLogReader(options, endpoints, trail, failures)
		r.objects = c.Objects(c.bucketRegion(ctx, trail.Bucket, options.Place.Region))
		if err := r.read(ctx); err != nil {
			return Trails{}, err
		}
		if !r.refused.Load() || r.filesRead > 0 {
			return Trails{Coverage: r.coverage(where), Seen: r.seen()}, nil
		}
	}
	return unknownTrails(where + "; the log files could not be read"), nil
}

// bucketRegion asks S3 where a bucket lies: logs of several regions and
// accounts are often kept in one. It falls back to the place's own region, and
// leaves errors to the calls that follow.
func (c *Client) bucketRegion(ctx context.Context, bucket, fallback string) string {
	out, err := c.Objects(fallback).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(bucket)})
	if err == nil {
		return cmp.Or(aws.ToString(out.BucketRegion), fallback)
	}
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) && answer.Response != nil {
		return cmp.Or(answer.Response.Header.Get("X-Amz-Bucket-Region"), fallback)
	}
	return fallback
}

// logReader reads the log files of one trail, the newest first.
type logReader struct {
	Options
	trail    recorder
	failures *awsfailure.Log
	objects  ObjectReader
	start    time.Time
	// names are the endpoints by their names in lower case, as ARNs have them.
	names map[string]string

	objectsLeft int
	bytesLeft   int64
	// bounded says that a bound was reached, refused that a file or list may not
	// be read.
	bounded bool
	refused atomic.Bool
	// written are when the files that were asked for were written, the newest
	// first.
	written    []time.Time
	filesRead  int
	unreadable int

	mu    sync.Mutex
	calls map[call]*tally
	// newestRefused is when the newest file that may not be read was written.
	newestRefused time.Time
}

// call is who called what.
type call struct{ endpoint, principal string }

type tally struct {
	calls int64
	last  time.Time
}

func newLogReader(options Options, endpoints []access.Endpoint, trail recorder, failures *awsfailure.Log) *logReader {
	r := &logReader{
		Options: options, trail: trail, failures: failures, start: options.Now.Add(-options.Lookback),
		names: map[string]string{}, calls: map[call]*tally{},
		objectsLeft: options.MaxTrailObjects, bytesLeft: options.MaxTrailBytes,
	}
	for _, endpoint := range endpoints {
		r.names[strings.ToLower(endpoint.Name)] = endpoint.Name
	}
	return r
}

const day = 24 * time.Hour

func (r *logReader) read(ctx context.Context) error {
	folder, err := r.folder(ctx)
	if err != nil {
		return err
	}
	for at := r.Now.Truncate(day); !r.stopped() && !at.Before(r.start.Truncate(day)); at = at.Add(-day) {
		if err := r.readDay(ctx, folder+at.Format("2006/01/02/"), at); err != nil {
			return err
		}
	}
	return nil
}

func (r *logReader) stopped() bool { return r.bounded || r.refused.Load() }

// folder is where the log files of the place lie. Trails of an organization put
// the organization's id before the account; it stands nowhere else.
func (r *logReader) folder(ctx context.Context) (string, error) {
	root := "AWSLogs/"
	if r.trail.Prefix != "" {
		root = strings.TrimSuffix(r.trail.Prefix, "/") + "/" + root
	}
	if r.trail.Organization {
		list, err := r.list(ctx, &s3.ListObjectsV2Input{Prefix: aws.String(root), Delimiter: aws.String("/")})
		if err != nil || list == nil {
			return "", err
		}
		for _, found := range list.CommonPrefixes {
			if prefix := aws.ToString(found.Prefix); strings.HasPrefix(prefix, root+"o-") {
				root = prefix
				break
			}
		}
	}
	return root + r.Place.AccountID + "/CloudTrail/" + r.Place.Region + "/", nil
}

// list is nil where the bucket may not be listed, which is recorded.
func (r *logReader) list(ctx context.Context, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	in.Bucket = aws.String(r.trail.Bucket)
	out, err := r.objects.ListObjectsV2(ctx, in)
	if err != nil {
		r.refused.Store(true)
		return nil, r.failures.Record(ctx, "s3:ListBucket", r.trail.Bucket, err)
	}
	return out, nil
}

// readDay reads the files of a day. Where they fill more than one page of a
// list, it lists them by the hour, so that the newest come first all the same.
func (r *logReader) readDay(ctx context.Context, prefix string, at time.Time) error {
	page, err := r.list(ctx, &s3.ListObjectsV2Input{Prefix: aws.String(prefix)})
	if err != nil || page == nil {
		return err
	}
	if !aws.ToBool(page.IsTruncated) {
		return r.readFiles(ctx, page.Contents)
	}
	for hour := at.Add(day - time.Hour); !r.stopped() && !hour.Before(at); hour = hour.Add(-time.Hour) {
		// ACCOUNT_CloudTrail_REGION_20261121T0705Z_unique.json.gz
		name := r.Place.AccountID + "_CloudTrail_" + r.Place.Region + "_" + hour.Format("20060102T15")
		files, err := r.listAll(ctx, prefix+name)
		if err != nil {
			return err
		}
		if err := r.readFiles(ctx, files); err != nil {
			return err
		}
	}
	return nil
}

func (r *logReader) listAll(ctx context.Context, prefix string) ([]types.Object, error) {
	var all []types.Object
	in := &s3.ListObjectsV2Input{Prefix: aws.String(prefix)}
	for {
		page, err := r.list(ctx, in)
		if err != nil || page == nil {
			return nil, err
		}
		all = append(all, page.Contents...)
		if !aws.ToBool(page.IsTruncated) || aws.ToString(page.NextContinuationToken) == "" {
			return all, nil
		}
		in.ContinuationToken = page.NextContinuationToken
	}
}

// readersAtOnce bounds the files that are read at the same time.
const readersAtOnce = 8

// readFiles reads as many of the files as the bounds allow.
func (r *logReader) readFiles(ctx context.Context, files []types.Object) error {
	files = slices.DeleteFunc(slices.Clone(files), func(o types.Object) bool {
		written, known := fileTime(aws.ToString(o.Key))
		return known && written.Before(r.start) || strings.HasSuffix(aws.ToString(o.Key), "/")
	})
	slices.SortFunc(files, func(a, b types.Object) int { return strings.Compare(aws.ToString(b.Key), aws.ToString(a.Key)) })
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readersAtOnce)
	for _, file := range files {
		if r.refused.Load() {
			break
		}
		if r.objectsLeft == 0 || r.bytesLeft < aws.ToInt64(file.Size) {
			r.bounded = true
			break
		}
		r.objectsLeft--
		r.bytesLeft -= aws.ToInt64(file.Size)
		if written, known := fileTime(aws.ToString(file.Key)); known {
			r.written = append(r.written, written)
		}
		group.Go(func() error { return r.readFile(ctx, aws.ToString(file.Key)) })
	}
	return group.Wait()
}

// since is the time after which every file was read.
func (r *logReader) since() time.Time {
	if !r.stopped() {
		return r.start
	}
	since := r.Now
	for _, written := range r.written {
		if !written.After(r.newestRefused) {
			break
		}
		since = written
	}
	return since
}

// fileTime is when CloudTrail wrote a log file, by its name.
func fileTime(key string) (time.Time, bool) {
	parts := strings.Split(key[strings.LastIndexByte(key, '/')+1:], "_")
	const timePart = 3
	if len(parts) <= timePart {
		return time.Time{}, false
	}
	written, err := time.Parse("20060102T1504Z", parts[timePart])
	return written, err == nil
}

// maxFileBytes bounds what is fetched of one log file.
const maxFileBytes = 256 << 20

func (r *logReader) readFile(ctx context.Context, key string) error {
	out, err := r.objects.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(r.trail.Bucket), Key: aws.String(key)})
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.unreadable++
		if awsfailure.Denied(err) { // what is denied once is denied for all
			r.refused.Store(true)
			if written, _ := fileTime(key); written.After(r.newestRefused) {
				r.newestRefused = written
			}
		}
		return r.failures.Record(ctx, "s3:GetObject", r.trail.Bucket, err)
	}
	defer out.Body.Close()
	// The calls of a file count together or not at all.
	found := map[call]*tally{}
	err = readLogFile(io.LimitReader(out.Body, maxFileBytes), func(e event) { r.count(found, e) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.unreadable++
		return r.failures.Record(ctx, "s3:GetObject", r.trail.Bucket, &smithy.GenericAPIError{Code: "UnreadableLogFile", Message: err.Error()})
	}
	r.filesRead++
	for who, t := range found {
		r.add(who, *t)
	}
	return nil
}

func (r *logReader) add(who call, t tally) {
	known := r.calls[who]
	if known == nil {
		known = &tally{}
		r.calls[who] = known
	}
	known.calls += t.calls
	if t.last.After(known.last) {
		known.last = t.last
	}
}

// count takes an event that is a call of one of the endpoints. Calls that were
// refused for lack of permission are no calls.
func (r *logReader) count(into map[call]*tally, e event) {
	name, wanted := r.names[strings.ToLower(e.endpoint())]
	if !wanted || !slices.Contains(callNames, e.EventName) || !strings.HasSuffix(e.EventSource, "sagemaker.amazonaws.com") ||
		strings.HasPrefix(e.ErrorCode, "AccessDenied") {
		return
	}
	at, err := time.Parse(time.RFC3339, e.EventTime)
	if err != nil || at.Before(r.start) || at.After(r.Now) {
		return
	}
	who := call{name, e.UserIdentity.principal()}
	t := into[who]
	if t == nil {
		t = &tally{}
		into[who] = t
	}
	t.calls++
	if at.After(t.last) {
		t.last = at
	}
}

func (r *logReader) seen() []inventory.Caller {
	var callers []inventory.Caller
	for who, t := range r.calls {
		callers = append(callers, inventory.Caller{
			Endpoint: who.endpoint, Place: r.Place, Principal: who.principal, Source: inventory.CallerSeen,
			Through: "trail " + r.trail.Name, Calls: t.calls, LastCallAt: t.last.UTC().Format(time.RFC3339),
		})
	}
	slices.SortFunc(callers, func(a, b inventory.Caller) int {
		return cmp.Or(strings.Compare(a.Endpoint, b.Endpoint), strings.Compare(a.Principal, b.Principal))
	})
	return callers
}

func (r *logReader) coverage(where string) inventory.Coverage {
	why := where + fmt.Sprintf("; read: trail %s, %d log files; CloudTrail writes them some minutes late", r.trail.Name, r.filesRead)
	if r.bounded {
		why += fmt.Sprintf("; stopped at the bound of %d files and %d bytes, older ones are not read", r.MaxTrailObjects, r.MaxTrailBytes)
	}
	if r.refused.Load() {
		why += "; stopped at a file that may not be read"
	}
	if r.unreadable > 0 {
		why += fmt.Sprintf("; %d files could not be read", r.unreadable)
	}
	return inventory.Coverage{Read: true, Why: why, From: r.since().Format(time.RFC3339), To: r.Now.Format(time.RFC3339)}
}
