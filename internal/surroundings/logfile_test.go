package surroundings

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/inventory"
)

func packed(text string) []byte {
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	_, _ = io.WriteString(writer, text)
	_ = writer.Close()
	return out.Bytes()
}

// callOf is a record of a call.
func callOf(name, endpoint, at, identity string) string {
	return fmt.Sprintf(`{"eventVersion":"1.09","eventTime":%q,"eventSource":"sagemaker.amazonaws.com","eventName":%q,
"userIdentity":%s,"requestParameters":{"endpointName":%q,"contentType":"text/csv"}}`, at, name, identity, endpoint)
}

func records(list ...string) string {
	return `{"more":{"deep":[1,{"a":2}]},"Records":[` + strings.Join(list, ",") + `],"after":1}`
}

func TestReadLogFile(t *testing.T) {
	const user = `{"type":"IAMUser","arn":"arn:aws:iam::123456789012:user/ada"}`
	good := callOf("InvokeEndpoint", "Churn", "2026-11-20T01:00:00Z", user)
	text := records(good, `{"eventName":"ListBuckets","requestParameters":["x"]}`, `{"eventName":7}`, `null`, good)
	for name, data := range map[string][]byte{"packed": packed(text), "plain": []byte(text)} {
		t.Run(name, func(t *testing.T) {
			var got []string
			if err := readLogFile(bytes.NewReader(data), func(e event) { got = append(got, e.EventName+" "+e.endpoint()) }); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"InvokeEndpoint Churn", "ListBuckets ", " ", "InvokeEndpoint Churn"}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadLogFileRefuses(t *testing.T) {
	long := records(`{"eventName":"` + strings.Repeat("x", 2*maxRecordBytes) + `"}`)
	cases := map[string]struct {
		data []byte
		want string
	}{
		"nothing":         {nil, "EOF"},
		"no object":       {[]byte("[]"), "belongs"},
		"records no list": {[]byte(`{"Records":{}}`), "belongs"},
		"cut off":         {packed(text400())[:40], "EOF"},
		"bad packing":     {append([]byte{0x1f, 0x8b}, "nonsense"...), "unpack"},
		"a huge record":   {packed(long), "larger than"},
		"a huge value":    {packed(`{"x":"` + strings.Repeat("x", 2*maxRecordBytes) + `"}`), "larger than"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := readLogFile(bytes.NewReader(tc.data), func(event) {})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func text400() string {
	return records(callOf("InvokeEndpoint", "a", "2026-11-20T01:00:00Z", `{"arn":"x"}`), callOf("InvokeEndpoint", "b", "2026-11-20T02:00:00Z", `{"arn":"y"}`))
}

// endless repeats a text for ever.
type endless struct{ text string }

func (e endless) Read(into []byte) (int, error) { return copy(into, e.text), nil }

func TestAFileWithoutEndIsLeft(t *testing.T) {
	// A small bound in place of the real one, which takes long to reach.
	bounded := &boundedReader{from: endless{" "}, fileLeft: 10_000, recordLeft: maxRecordBytes}
	if _, err := io.Copy(io.Discard, bounded); !errors.Is(err, errTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestPrincipal(t *testing.T) {
	session := userIdentity{Type: "AssumedRole", ARN: "arn:aws-cn:sts::123456789012:assumed-role/app/i-0"}
	issued := session
	issued.SessionContext.SessionIssuer.ARN = "arn:aws-cn:iam::123456789012:role/path/app"
	cases := map[string]struct {
		identity userIdentity
		want     string
	}{
		"user":               {userIdentity{ARN: "arn:aws:iam::1:user/ada"}, "arn:aws:iam::1:user/ada"},
		"session":            {session, "arn:aws-cn:iam::123456789012:role/app"},
		"session and issuer": {issued, "arn:aws-cn:iam::123456789012:role/path/app"},
		"service":            {userIdentity{InvokedBy: "bedrock.amazonaws.com"}, "bedrock.amazonaws.com"},
		"other account":      {userIdentity{AccountID: "999999999999"}, "account 999999999999"},
		"nobody":             {userIdentity{}, "unknown"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := tc.identity.principal(); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// FuzzReadLogFile checks that no file crashes the reading.
func FuzzReadLogFile(f *testing.F) {
	f.Add([]byte(text400()))
	f.Add(packed(text400()))
	f.Add([]byte(`{"Records":[{"userIdentity":null,"resources":[{"ARN":"arn:aws:sagemaker:x:1:endpoint/y"}]}]}`))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newLogReader(Options{}.withDefaults(), endpointsOf("a"), recorder{}, &awsfailure.Log{})
		_ = readLogFile(bytes.NewReader(data), func(e event) { r.count(map[call]*tally{}, e) })
	})
}

// bucket is a bucket in memory that gives pages of a few keys.
type bucket struct {
	objects  map[string][]byte
	pageSize int
	denied   func(key string) bool
}

func (b *bucket) HeadBucket(context.Context, *s3.HeadBucketInput, ...func(*s3.Options)) (*s3.HeadBucketOutput, error) {
	return &s3.HeadBucketOutput{BucketRegion: aws.String("eu-west-1")}, nil
}

func (b *bucket) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	out := &s3.ListObjectsV2Output{IsTruncated: aws.Bool(false)}
	var keys []string
	for key := range b.objects {
		if rest, found := strings.CutPrefix(key, *in.Prefix); found {
			if folder, _, deeper := strings.Cut(rest, "/"); deeper && in.Delimiter != nil {
				out.CommonPrefixes = append(out.CommonPrefixes, types.CommonPrefix{Prefix: aws.String(*in.Prefix + folder + "/")})
				continue
			}
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if key <= aws.ToString(in.ContinuationToken) {
			continue
		}
		if len(out.Contents) == b.pageSize {
			out.IsTruncated, out.NextContinuationToken = aws.Bool(true), out.Contents[b.pageSize-1].Key
			break
		}
		out.Contents = append(out.Contents, types.Object{Key: aws.String(key), Size: aws.Int64(int64(len(b.objects[key])))})
	}
	return out, nil
}

func (b *bucket) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	if b.denied != nil && b.denied(*in.Key) {
		return nil, &smithy.GenericAPIError{Code: "AccessDenied", Message: "User: x is not authorized to perform: kms:Decrypt on resource: k"}
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(b.objects[*in.Key]))}, nil
}

// logKey is the name that CloudTrail gives a file.
func logKey(root string, at time.Time, unique string) string {
	return fmt.Sprintf("%s123456789012/CloudTrail/us-east-1/%s/123456789012_CloudTrail_us-east-1_%s_%s.json.gz",
		root, at.Format("2006/01/02"), at.Format("20060102T1504Z"), unique)
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// hourly fills a bucket with a file an hour, each with a call of Churn.
func hourly(root string, hours int) map[string][]byte {
	objects := map[string][]byte{}
	for i := range hours {
		at := noon.Add(-time.Duration(i) * time.Hour)
		call := callOf("InvokeEndpoint", "churn", at.Add(-time.Minute).Format(time.RFC3339), `{"arn":"arn:aws:iam::123456789012:user/ada"}`)
		objects[logKey(root, at, "a")] = packed(records(call, strings.Replace(call, `"eventVersion"`, `"errorCode":"AccessDeniedException","eventVersion"`, 1)))
	}
	return objects
}

func logsOf(t *testing.T, b *bucket, trail recorder, change func(*Options)) (Trails, []inventory.Unread) {
	t.Helper()
	options := Options{Place: place, Endpoints: given("Churn"), Now: noon, Lookback: 48 * time.Hour}
	if change != nil {
		change(&options)
	}
	var failures awsfailure.Log
	trail.Name, trail.Bucket = "t", "logs"
	client := &Client{Objects: func(string) ObjectReader { return b }}
	got, err := client.readLogs(t.Context(), options.withDefaults(), []recorder{trail}, "recorded", &failures)
	if err != nil {
		t.Fatal(err)
	}
	return got, failures.List(place)
}

func TestLogsAreReadNewestFirst(t *testing.T) {
	cases := map[string]struct {
		root   string
		trail  recorder
		page   int
		change func(*Options)
		calls  int64
		from   string
	}{
		// 48 files lie in the lookback; the oldest one's call lies before it.
		"all":             {"AWSLogs/", recorder{}, 1000, nil, 48, "2026-11-18T12:00:00Z"},
		"small pages":     {"AWSLogs/", recorder{}, 3, nil, 48, "2026-11-18T12:00:00Z"},
		"own prefix":      {"x/y/AWSLogs/", recorder{Prefix: "x/y"}, 1000, nil, 48, "2026-11-18T12:00:00Z"},
		"organization":    {"AWSLogs/o-abc/", recorder{Organization: true}, 1000, nil, 48, "2026-11-18T12:00:00Z"},
		"bound":           {"AWSLogs/", recorder{}, 1000, func(o *Options) { o.MaxTrailObjects = 20 }, 20, "2026-11-19T17:00:00Z"},
		"bound, by hours": {"AWSLogs/", recorder{}, 3, func(o *Options) { o.MaxTrailObjects = 20 }, 20, "2026-11-19T17:00:00Z"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, unread := logsOf(t, &bucket{objects: hourly(tc.root, 100), pageSize: tc.page}, tc.trail, tc.change)
			want := []inventory.Caller{{
				Endpoint: "Churn", Place: place, Principal: "arn:aws:iam::123456789012:user/ada", Source: inventory.CallerSeen,
				Through: "trail t", Calls: tc.calls, LastCallAt: "2026-11-20T11:59:00Z",
			}}
			if diff := cmp.Diff(want, got.Seen); diff != "" {
				t.Errorf("seen (-want +got):\n%s", diff)
			}
			if !got.Coverage.Read || got.Coverage.From != tc.from || got.Coverage.To != "2026-11-20T12:00:00Z" || len(unread) != 0 {
				t.Errorf("coverage %+v, unread %+v", got.Coverage, unread)
			}
		})
	}
}

func TestLogFilesThatCannotBeRead(t *testing.T) {
	objects := hourly("AWSLogs/", 10)
	objects[logKey("AWSLogs/", noon, "b")] = []byte("nonsense")
	got, unread := logsOf(t, &bucket{objects: objects, pageSize: 1000}, recorder{}, nil)
	if got.Seen[0].Calls != 10 || !strings.Contains(got.Coverage.Why, "1 files could not be read") || len(unread) != 1 || unread[0].Code != "UnreadableLogFile" {
		t.Errorf("got %+v, unread %+v", got, unread)
	}
	everything := &bucket{objects: objects, pageSize: 1000, denied: func(string) bool { return true }}
	got, unread = logsOf(t, everything, recorder{}, nil)
	if got.Coverage.Read || !strings.Contains(got.Coverage.Why, "could not be read") || len(unread) != 1 || unread[0].Action != "kms:Decrypt" {
		t.Errorf("got %+v, unread %+v", got, unread)
	}
	old := &bucket{objects: hourly("AWSLogs/", 30), pageSize: 1000, denied: func(key string) bool { return strings.Contains(key, "_20261119T") }}
	got, _ = logsOf(t, old, recorder{}, nil)
	if !got.Coverage.Read || got.Seen[0].Calls != 13 || !strings.Contains(got.Coverage.Why, "may not be read") || got.Coverage.From != "2026-11-20T00:00:00Z" {
		t.Errorf("got %+v; want what was read before the denial, and since when", got)
	}
}
