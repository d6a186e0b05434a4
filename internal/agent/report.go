package agent

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// reportInterval is how often progress is told.
const reportInterval = time.Second

// report tells once a second how far something is.
type report struct {
	log        *slog.Logger
	act        string
	totalBytes int64
	doneBytes  atomic.Int64
	once       sync.Once
	quit       chan struct{}
	ended      chan struct{}
}

func startReport(log *slog.Logger, act string, totalBytes int64) *report {
	r := &report{log: log, act: act, totalBytes: totalBytes, quit: make(chan struct{}), ended: make(chan struct{})}
	go r.run()
	return r
}

func (r *report) set(doneBytes int64) {
	// Parts finish in any order; what is told must not go backwards.
	for seen := r.doneBytes.Load(); doneBytes > seen; seen = r.doneBytes.Load() {
		if r.doneBytes.CompareAndSwap(seen, doneBytes) {
			return
		}
	}
}

// stop ends the reporting. It may be called more than once.
func (r *report) stop() {
	r.once.Do(func() { close(r.quit) })
	<-r.ended
}

func (r *report) run() {
	defer close(r.ended)
	ticker := time.NewTicker(reportInterval)
	defer ticker.Stop()
	told := int64(0)
	for {
		select {
		case <-r.quit:
			return
		case <-ticker.C:
			done := r.doneBytes.Load()
			r.log.Info(r.act, "bytes", done, "totalBytes", r.totalBytes,
				"percent", fmt.Sprintf("%.1f", 100*float64(done)/float64(max(r.totalBytes, 1))),
				"bytesPerSecond", done-told)
			told = done
		}
	}
}
