package verify

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	core "landfall.dev/landfall/internal/verify"
)

const (
	gpuPrefix = "nvidia.com/"
	gpuPeriod = 5 * time.Second
)

// asksGPU says that a container asks for a GPU of NVIDIA, or a part of one.
func asksGPU(resources corev1.ResourceRequirements) bool {
	for _, list := range []corev1.ResourceList{resources.Limits, resources.Requests} {
		for name, quantity := range list {
			if strings.HasPrefix(string(name), gpuPrefix) && quantity.Sign() > 0 {
				return true
			}
		}
	}
	return false
}

// gpuWatch reads the GPUs' memory beside everything else.
type gpuWatch struct {
	cancel context.CancelFunc
	ended  chan struct{}
	read   func(context.Context) ([]core.GPU, error)

	mu      sync.Mutex
	figures core.GPUFigures
	refused error
	loaded  bool
}

// watchGPU begins to read, where the pod asks for a GPU.
func (r *run) watchGPU(ctx context.Context) {
	if !asksGPU(r.subject.pods.Resources) {
		return // the report has no such step
	}
	pod := r.modelName()
	r.gpu = newGPUWatch(ctx, gpuPeriod, func(ctx context.Context) ([]core.GPU, error) {
		if r.lacks("pods/exec") {
			return nil, errors.New("you may not create and get pods/exec")
		}
		text, err := r.execute(ctx, pod, "nvidia-smi", "--query-gpu="+core.GPUQuery, "--format=csv")
		if err != nil {
			return nil, err
		}
		return core.ParseGPUs(text)
	})
}

func newGPUWatch(ctx context.Context, period time.Duration, read func(context.Context) ([]core.GPU, error)) *gpuWatch {
	ctx, cancel := context.WithCancel(ctx)
	g := &gpuWatch{cancel: cancel, ended: make(chan struct{}), read: read}
	go func() {
		defer close(g.ended)
		for g.look(ctx) && pause(ctx, period) {
		}
	}()
	return g
}

// look takes a reading. It is false when none will ever come.
func (g *gpuWatch) look(ctx context.Context) bool {
	reading, err := g.read(ctx)
	if ctx.Err() != nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		g.refused = err
		return false
	}
	g.figures.Add(reading, !g.loaded)
	return true
}

// load says that what is read from now on is not warm alone.
func (g *gpuWatch) load(ctx context.Context) {
	if g == nil {
		return
	}
	select {
	case <-g.ended:
		return
	default:
	}
	g.look(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.loaded = true
}

func (g *gpuWatch) stop() {
	if g != nil {
		g.cancel()
		<-g.ended
	}
}

// concludeGPU puts the readings into the report, or why there are none.
func (r *run) concludeGPU() {
	g := r.gpu
	if g == nil {
		return
	}
	g.stop()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.figures.Samples > 0 {
		r.found.Figures.GPU = &g.figures
		return
	}
	why := "the run ended before it"
	if g.refused != nil {
		why = g.refused.Error()
	}
	r.skip(core.StepGPUMemory, "GPU memory was not measured, because "+why,
		"have nvidia-smi in the container (NVIDIA_DRIVER_CAPABILITIES=compute,utility mounts it), and be allowed to create and get pods/exec")
}
