package output

import (
	"fmt"
	"io"
	"sync"
	"time"

	"landfall.dev/landfall/internal/view"
)

// Intervals between two reports of one stage: what an eye follows, and what a
// log bears.
const (
	progressOnTerminal = 100 * time.Millisecond
	progressInLog      = 5 * time.Second
)

// Progress reports how far something is: one line redrawn on a terminal, a line
// now and then elsewhere. It may be used from several goroutines.
type Progress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	now      func() time.Time

	stage string
	done  int64
	last  time.Time
	drawn bool
}

// NewProgress returns a reporter on a stream.
func NewProgress(w io.Writer, terminal bool, now func() time.Time) *Progress {
	return &Progress{w: w, terminal: terminal, now: now}
}

// ReportBytes says how many of how many bytes of a stage are done. The total is 0
// while it is not known. Reports may arrive out of order: a stage never goes back.
func (p *Progress) ReportBytes(stage string, doneBytes, totalBytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := stage != p.stage
	if !next && doneBytes < p.done {
		return
	}
	interval := progressInLog
	if p.terminal {
		interval = progressOnTerminal
	}
	p.done = doneBytes
	if !next && p.now().Sub(p.last) < interval && (totalBytes == 0 || doneBytes < totalBytes) {
		return
	}
	p.stage, p.last = stage, p.now()
	text := stage
	switch {
	case totalBytes > 0:
		text = stage + ": " + view.Bytes(doneBytes) + " of " + view.Bytes(totalBytes)
	case doneBytes > 0:
		text = stage + ": " + view.Bytes(doneBytes)
	}
	p.write(text)
}

func (p *Progress) write(text string) {
	if !p.terminal {
		_, _ = fmt.Fprintln(p.w, text) // progress that cannot be shown is no failure
		return
	}
	p.drawn = true
	_, _ = fmt.Fprintf(p.w, "\r\x1b[2K%s", Sanitize(text))
}

// Done takes the line away from a terminal, before anything else is written.
func (p *Progress) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		_, _ = fmt.Fprint(p.w, "\r\x1b[2K")
		p.drawn = false
	}
}
