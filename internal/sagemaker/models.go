package sagemaker

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"

	"landfall.dev/landfall/internal/inventory"
)

// models reads each model once, however many variants refer to it.
type models struct {
	scan  *scan
	mu    sync.Mutex
	reads map[string]*modelRead
}

// modelRead is the reading of one model; done is closed when it has ended.
type modelRead struct {
	done    chan struct{}
	model   inventory.Model
	ignored []string
	err     error
}

func newModels(s *scan) *models { return &models{scan: s, reads: map[string]*modelRead{}} }

func (m *models) get(ctx context.Context, name string) (*modelRead, error) {
	m.mu.Lock()
	read, known := m.reads[name]
	if !known {
		read = &modelRead{done: make(chan struct{})}
		m.reads[name] = read
	}
	m.mu.Unlock()
	if !known {
		read.err = m.read(ctx, name, read)
		close(read.done)
	}
	select {
	case <-read.done:
		return read, read.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (m *models) read(ctx context.Context, name string, into *modelRead) error {
	out, err := m.scan.Models.DescribeModel(ctx, &sagemaker.DescribeModelInput{ModelName: aws.String(name)})
	switch {
	case err == nil:
		into.model = convertModel(out)
		into.ignored = ignoredLeaves("model "+name, out)
		return nil
	case gone(err):
		into.model = inventory.Model{Name: name, Presence: inventory.Deleted}
		return nil
	default:
		into.model = inventory.Model{Name: name, Presence: inventory.NotRead}
		return m.scan.failures.record(ctx, "sagemaker:DescribeModel", name, err)
	}
}
