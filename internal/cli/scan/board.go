package scan

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/sagemaker"
	"landfall.dev/landfall/internal/view"
)

// Intervals between two reports: what an eye follows, and what a log bears.
const (
	onTerminal = 100 * time.Millisecond
	inLog      = 5 * time.Second
)

// board shows how far each place is: a line each that is redrawn on a terminal,
// a line now and then elsewhere. It may be used from several goroutines.
type board struct {
	mu     sync.Mutex
	w      io.Writer
	screen *output.Screen // nil where nothing is redrawn
	now    func() time.Time
	labels []string
	last   []sagemaker.Progress
	said   []time.Time
}

func (o *options) newBoard(targets []target) *board {
	b := &board{w: o.session.ErrOut, now: o.session.Now}
	for _, t := range targets {
		b.labels = append(b.labels, t.label())
	}
	b.last, b.said = make([]sagemaker.Progress, len(targets)), make([]time.Time, len(targets))
	if o.session.Draws() {
		b.screen = output.NewScreen(o.session.ErrOut, o.session.Size)
	}
	return b
}

// report notes how far a place is, and shows it when it is time.
func (b *board) report(index int, p sagemaker.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := b.last[index].Stage != p.Stage && b.last[index].Stage == ""
	b.last[index] = p
	interval := inLog
	if b.screen != nil {
		interval = onTerminal
	}
	if !first && b.now().Sub(b.said[index]) < interval {
		return
	}
	b.said[index] = b.now()
	b.show(index)
}

func (b *board) show(index int) {
	if b.screen == nil {
		_, _ = fmt.Fprintln(b.w, b.line(index)) // progress that cannot be shown is no failure
		return
	}
	var lines []string
	for i := range b.labels {
		lines = append(lines, b.line(i))
	}
	_ = b.screen.Draw(strings.Join(lines, "\n"))
}

// done shows where each place ended.
func (b *board) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.labels {
		if b.last[i].Stage == "" {
			continue // it never began
		}
		b.last[i].Left = 0
		if b.screen == nil {
			b.show(i)
		}
	}
	if b.screen != nil {
		b.show(0)
	}
}

func (b *board) line(index int) string {
	p := b.last[index]
	if p.Stage == "" {
		return b.labels[index] + ": waiting"
	}
	text := fmt.Sprintf("%s: %s", b.labels[index], p.Stage)
	if p.Total > 0 {
		text += fmt.Sprintf(": %s of %s", view.Count(int64(p.Done)), view.Count(int64(p.Total)))
	}
	text += fmt.Sprintf(", %s requests", view.Count(p.Requests))
	if p.Throttled > 0 {
		text += fmt.Sprintf(", %s throttled", view.Count(p.Throttled))
	}
	if p.Left > time.Second {
		text += fmt.Sprintf(", %s or more left", p.Left.Round(time.Second))
	}
	return text
}
