package probe

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"landfall.dev/landfall/internal/verify"
)

// Run plays one phase and writes its observations, one JSON object a line. It
// fails when the requests cannot be read or nobody listens; a model that fails
// is an observation.
func Run(ctx context.Context, o Options, out io.Writer) error {
	requests, err := readRequests(o.RequestsPath)
	if err != nil {
		return err
	}
	p := &probe{Options: o, sender: newSender(o, requests), out: json.NewEncoder(out)}
	if err := p.tell(verify.Observation{Started: true}); err != nil {
		return err
	}
	last := verify.Observation{Done: true}
	switch o.Phase {
	case verify.PhaseAnswers:
		figures := compareAnswers(ctx, p.sender)
		last.Answers = &figures
	case verify.PhaseRamp:
		if err := p.ramp(ctx); err != nil {
			return err
		}
	case verify.PhasePeak:
		load := openLoop(ctx, o.RequestsPerSecond, seconds(o.Seconds), p.sender.send)
		last.Load = &load
	case verify.PhaseStop:
		counts := throughStop(ctx, p.sender, usualStop)
		last.Stop = &counts
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("stopped before the phase %s was over: %w", o.Phase, err)
	}
	return p.tell(last)
}

type probe struct {
	Options
	sender *sender
	out    *json.Encoder
}

func (p *probe) tell(o verify.Observation) error {
	o.Phase = p.Phase
	if err := p.out.Encode(o); err != nil {
		return fmt.Errorf("cannot write an observation: %w", err)
	}
	return nil
}

// ramp raises the load until it turns.
func (p *probe) ramp(ctx context.Context) error {
	var steps []verify.Load
	for {
		concurrency, more := p.Limits.Next(steps)
		if !more {
			return nil
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // what was measured until it was stopped counts
		}
		load := closedLoop(ctx, concurrency, seconds(p.Seconds), p.sender.send)
		steps = append(steps, load)
		if err := p.tell(verify.Observation{Load: &load}); err != nil {
			return err
		}
	}
}

func readRequests(path string) ([]verify.Request, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the requests: %w", err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the requests in %s: %w; want a file compressed with gzip", path, err)
	}
	requests, _, err := verify.ReadRequests(unpacked)
	if err != nil {
		return nil, fmt.Errorf("cannot read the requests in %s: %w", path, err)
	}
	return requests, nil
}
