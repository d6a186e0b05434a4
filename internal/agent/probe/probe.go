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
	p := &probe{Options: o, out: json.NewEncoder(out)}
	if sends(o.Phase) {
		requests, err := readRequests(o.RequestsPath)
		if err != nil {
			return err
		}
		p.sender = newSender(o, requests)
	}
	if err := p.tell(verify.Observation{Started: true}); err != nil {
		return err
	}
	last, err := p.play(ctx)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("stopped before the phase %s was over: %w", o.Phase, err)
	}
	return p.tell(last)
}

// play returns the last observation of a phase.
func (p *probe) play(ctx context.Context) (verify.Observation, error) {
	last := verify.Observation{Done: true}
	switch p.Phase {
	case verify.PhaseAnswers, verify.PhaseSettings:
		figures := compareAnswers(ctx, p.sender)
		last.Answers = &figures
	case verify.PhaseRamp:
		return last, p.ramp(ctx)
	case verify.PhasePeak, verify.PhaseTwicePeak:
		load := openLoop(ctx, p.RequestsPerSecond, seconds(p.Seconds), p.sender.send)
		last.Load = &load
	case verify.PhaseStop:
		counts := throughStop(ctx, p.sender, usualStop)
		last.Stop = &counts
	case verify.PhaseIsolation:
		return last, p.isolation(ctx)
	}
	return last, nil
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
