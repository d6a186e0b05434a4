package journey

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkhttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"

	"landfall.dev/landfall/internal/awshttp"
)

// Sample is one request as its caller saw it.
type Sample struct {
	Start, End time.Time
	// Variant is what x-Amzn-Invoked-Production-Variant said.
	Variant string
	// Err is the caller's error; nil for an answer.
	Err error
}

// Latency is the time from sending to the full answer.
func (s Sample) Latency() time.Duration { return s.End.Sub(s.Start) }

// Load is a steady stream of requests to one endpoint through the AWS SDK for
// Go, exactly as a caller sends them; only the endpoint URL was changed. The
// SDK's retries are off, so that nothing is hidden.
type Load struct {
	client       *sagemakerruntime.Client
	endpointName string
	rows         []string

	mu      sync.Mutex
	samples []Sample
	stop    context.CancelFunc
	done    chan struct{}
}

// Caller is what a caller of InvokeEndpoint is configured with.
type Caller struct {
	URL, Region, AccessKeyID, SecretAccessKey string
}

// NewRuntimeClient returns the SDK's client with retries off.
func NewRuntimeClient(c Caller) *sagemakerruntime.Client {
	return sagemakerruntime.New(sagemakerruntime.Options{
		Region:           c.Region,
		BaseEndpoint:     aws.String(c.URL),
		Credentials:      credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, ""),
		RetryMaxAttempts: 1,
		HTTPClient:       awshttp.KeepEarlyAnswers(sdkhttp.NewBuildableClient().WithTimeout(70 * time.Second)),
	})
}

// StartLoad sends requestsPerSecond requests, each with the next of rows as its
// CSV body, until Stop.
func StartLoad(client *sagemakerruntime.Client, endpointName string, rows []string, requestsPerSecond int) *Load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &Load{client: client, endpointName: endpointName, rows: rows, stop: cancel, done: make(chan struct{})}
	go l.run(ctx, time.Second/time.Duration(requestsPerSecond))
	return l
}

// Stop ends the stream, waits for the answers outstanding and returns all samples.
func (l *Load) Stop() []Sample {
	l.stop()
	<-l.done
	return l.Samples()
}

// Samples returns the requests that have ended so far.
func (l *Load) Samples() []Sample {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Sample(nil), l.samples...)
}

// Since returns the requests sent at or after a moment.
func (l *Load) Since(moment time.Time) []Sample {
	var recent []Sample
	for _, s := range l.Samples() {
		if !s.Start.Before(moment) {
			recent = append(recent, s)
		}
	}
	return recent
}

func (l *Load) run(ctx context.Context, interval time.Duration) {
	defer close(l.done)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	var requests sync.WaitGroup
	defer requests.Wait()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			requests.Go(func() { l.send(l.rows[i%len(l.rows)]) })
		}
	}
}

func (l *Load) send(row string) {
	sample := Sample{Start: time.Now()}
	output, err := l.client.InvokeEndpoint(context.Background(), &sagemakerruntime.InvokeEndpointInput{
		EndpointName: aws.String(l.endpointName),
		ContentType:  aws.String("text/csv"),
		Accept:       aws.String("application/json"),
		Body:         []byte(row),
	})
	sample.End, sample.Err = time.Now(), err
	if err == nil {
		sample.Variant = aws.ToString(output.InvokedProductionVariant)
	} else {
		sample.Variant = variantOf(err)
	}
	l.mu.Lock()
	l.samples = append(l.samples, sample)
	l.mu.Unlock()
}

// variantOf reads the variant from the response behind an SDK error.
func variantOf(err error) string {
	var response *sdkhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil && response.Response.Response != nil {
		return response.Response.Header.Get("X-Amzn-Invoked-Production-Variant")
	}
	return ""
}

// Failed returns the samples that ended in an error.
func Failed(samples []Sample) []Sample {
	var failed []Sample
	for _, s := range samples {
		if s.Err != nil {
			failed = append(failed, s)
		}
	}
	return failed
}

// ByVariant counts the samples each variant answered.
func ByVariant(samples []Sample) map[string]int {
	counts := map[string]int{}
	for _, s := range samples {
		counts[s.Variant]++
	}
	return counts
}

// Exit is how a bad variant left the traffic.
type Exit struct {
	// BadAnswers is how many bad answers callers got of it.
	BadAnswers int
	// Took is the time from the end of its first bad answer to the start of
	// the last request that it answered: what came after went elsewhere.
	Took time.Duration
	// Served is how many requests it answered in all.
	Served int
}

// MeasureExit tells how long a variant kept getting requests after its first
// bad answer.
func MeasureExit(samples []Sample, variant string, bad func(Sample) bool) Exit {
	var exit Exit
	var firstBad, lastServed time.Time
	for _, s := range samples {
		if s.Variant != variant {
			continue
		}
		exit.Served++
		if s.Start.After(lastServed) {
			lastServed = s.Start
		}
		if bad(s) {
			exit.BadAnswers++
			if firstBad.IsZero() || s.End.Before(firstBad) {
				firstBad = s.End
			}
		}
	}
	if exit.BadAnswers > 0 && lastServed.After(firstBad) {
		exit.Took = lastServed.Sub(firstBad)
	}
	return exit
}
