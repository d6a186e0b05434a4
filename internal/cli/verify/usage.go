package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"landfall.dev/landfall/internal/naming"
	core "landfall.dev/landfall/internal/verify"
)

// Where memory and CPU are read.
const (
	sourceSummary = "the kubelet's summary API"
	sourceMetrics = "metrics.k8s.io"

	usagePeriod = 2 * time.Second
	// usagePatience is how long a sample is waited for: metrics-server looks
	// every 15 s by default, at what the kubelet measured up to 15 s before.
	usagePatience = 40 * time.Second
	// unknownCPU is a sample's CPU that was not measured.
	unknownCPU = -1
)

// usage samples the model's container beside everything else.
type usage struct {
	cluster              kubernetes.Interface
	namespace, pod, node string
	cancel               context.CancelFunc
	ended                chan struct{}

	mu      sync.Mutex
	samples []core.Sample
	source  string
	// refused says why a source gives nothing, forbidden which are closed for
	// good.
	refused   map[string]string
	forbidden map[string]bool
	changed   chan struct{}
	// before is the cumulative CPU of the summary API's last sample.
	before cumulative
}

type cumulative struct {
	at          time.Time
	nanoseconds uint64
}

func watchUsage(ctx context.Context, cluster kubernetes.Interface, namespace, pod, node string) *usage {
	ctx, cancel := context.WithCancel(ctx)
	u := &usage{
		cluster: cluster, namespace: namespace, pod: pod, node: node, cancel: cancel,
		ended: make(chan struct{}), refused: map[string]string{}, forbidden: map[string]bool{}, changed: make(chan struct{}, 1),
	}
	go u.run(ctx)
	return u
}

// stop ends the sampling. It may be called more than once.
func (u *usage) stop() {
	u.cancel()
	<-u.ended
}

func (u *usage) run(ctx context.Context) {
	defer close(u.ended)
	ticker := time.NewTicker(usagePeriod)
	defer ticker.Stop()
	for {
		u.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// look asks the source that has answered before, or else each in turn: the
// kubelet knows more, and fewer may ask it.
func (u *usage) look(ctx context.Context) {
	for _, source := range []struct {
		name string
		read func(context.Context) (core.Sample, bool, error)
	}{{sourceSummary, u.summary}, {sourceMetrics, u.metrics}} {
		if u.source != "" && u.source != source.name {
			continue
		}
		sample, found, err := source.read(ctx)
		if ctx.Err() != nil {
			return
		}
		u.mu.Lock()
		switch {
		case err != nil:
			u.refused[source.name], u.forbidden[source.name] = err.Error(), apierrors.IsForbidden(err)
			u.wake()
		case found:
			u.source = source.name
			u.add(sample)
		}
		u.mu.Unlock()
		if err == nil && found {
			return
		}
	}
}

// add keeps a sample that was not seen before.
func (u *usage) add(s core.Sample) {
	if n := len(u.samples); n > 0 && !s.At.After(u.samples[n-1].At) {
		return
	}
	u.samples = append(u.samples, s)
	u.wake()
}

// wake tells who waits that something is new.
func (u *usage) wake() {
	select {
	case u.changed <- struct{}{}:
	default:
	}
}

// hopeless says that no source may be read.
func (u *usage) hopeless() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.forbidden[sourceMetrics] && u.forbidden[sourceSummary]
}

// all returns what was sampled so far.
func (u *usage) all() []core.Sample {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]core.Sample(nil), u.samples...)
}

// await waits until the samples suffice, at most for usagePatience.
func (u *usage) await(ctx context.Context, suffice func([]core.Sample) bool) {
	timer := time.NewTimer(usagePatience)
	defer timer.Stop()
	for !suffice(u.all()) && !u.hopeless() {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-u.changed:
		}
	}
}

// told says where the samples are from, or why there are none.
func (u *usage) told() (source, why string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.source != "" {
		return u.source, ""
	}
	var reasons []string
	for _, source := range []string{sourceMetrics, sourceSummary} {
		reason := u.refused[source]
		if reason == "" {
			reason = "no figures of the pod in time"
		}
		reasons = append(reasons, source+": "+reason)
	}
	return "", strings.Join(reasons, "; ")
}

// podMetrics is metrics.k8s.io/v1beta1, as far as it is used.
type podMetrics struct {
	Timestamp  metav1.Time     `json:"timestamp"`
	Window     metav1.Duration `json:"window"`
	Containers []struct {
		Name  string `json:"name"`
		Usage struct {
			CPU    resource.Quantity `json:"cpu"`
			Memory resource.Quantity `json:"memory"`
		} `json:"usage"`
	} `json:"containers"`
}

func (u *usage) metrics(ctx context.Context) (core.Sample, bool, error) {
	data, err := u.cluster.CoreV1().RESTClient().Get().
		AbsPath("/apis/metrics.k8s.io/v1beta1/namespaces", u.namespace, "pods", u.pod).DoRaw(ctx)
	if apierrors.IsNotFound(err) {
		return core.Sample{}, false, nil // a pod that is too young, or a cluster without metrics
	}
	if err != nil {
		return core.Sample{}, false, err
	}
	var m podMetrics
	if err := json.Unmarshal(data, &m); err != nil {
		return core.Sample{}, false, fmt.Errorf("cannot read its answer: %w", err)
	}
	for _, c := range m.Containers {
		if c.Name == naming.ContainerModel {
			return core.Sample{
				At: m.Timestamp.Time, WindowSeconds: m.Window.Seconds(),
				MemoryBytes: c.Usage.Memory.Value(), CPUMillis: c.Usage.CPU.AsApproximateFloat64() * millisPerCore,
			}, true, nil
		}
	}
	return core.Sample{}, false, nil
}

const millisPerCore = 1000

// summary is the kubelet's stats/v1alpha1, as far as it is used.
type summary struct {
	Pods []struct {
		PodRef struct {
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"podRef"`
		Containers []struct {
			Name string `json:"name"`
			CPU  struct {
				Time                 metav1.Time `json:"time"`
				UsageCoreNanoSeconds *uint64     `json:"usageCoreNanoSeconds"`
			} `json:"cpu"`
			Memory struct {
				WorkingSetBytes *uint64 `json:"workingSetBytes"`
			} `json:"memory"`
		} `json:"containers"`
	} `json:"pods"`
}

func (u *usage) summary(ctx context.Context) (core.Sample, bool, error) {
	data, err := u.cluster.CoreV1().RESTClient().Get().
		AbsPath("/api/v1/nodes", u.node, "proxy/stats/summary").Param("only_cpu_and_memory", "true").DoRaw(ctx)
	if err != nil {
		return core.Sample{}, false, err
	}
	var s summary
	if err := json.Unmarshal(data, &s); err != nil {
		return core.Sample{}, false, fmt.Errorf("cannot read its answer: %w", err)
	}
	for _, p := range s.Pods {
		if p.PodRef.Name != u.pod || p.PodRef.Namespace != u.namespace {
			continue
		}
		for _, c := range p.Containers {
			if c.Name == naming.ContainerModel && c.Memory.WorkingSetBytes != nil {
				sample := core.Sample{At: c.CPU.Time.Time, MemoryBytes: int64(*c.Memory.WorkingSetBytes), CPUMillis: unknownCPU}
				u.since(&sample, c.CPU.UsageCoreNanoSeconds)
				return sample, true, nil
			}
		}
	}
	return core.Sample{}, false, nil
}

// since sets a sample's CPU from the time that was used since the one before.
func (u *usage) since(sample *core.Sample, nanoseconds *uint64) {
	if nanoseconds == nil || !sample.At.After(u.before.at) {
		return
	}
	now := cumulative{at: sample.At, nanoseconds: *nanoseconds}
	if window := now.at.Sub(u.before.at); !u.before.at.IsZero() && now.nanoseconds >= u.before.nanoseconds {
		sample.WindowSeconds = window.Seconds()
		sample.CPUMillis = float64(now.nanoseconds-u.before.nanoseconds) / float64(window.Nanoseconds()) * millisPerCore
	}
	u.before = now
}
