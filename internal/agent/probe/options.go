package probe

import (
	"flag"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/verify"
)

// Options say what to do.
type Options struct {
	Phase verify.Phase
	// Target is http://host:port of the model.
	Target string
	// RequestsPath is the gzip-compressed file of requests.
	RequestsPath string
	// Seconds is how long each stretch of load takes.
	Seconds float64
	// RequestsPerSecond is the rate of the peak.
	RequestsPerSecond float64
	// RequestTimeoutSeconds bounds one request.
	RequestTimeoutSeconds float64
	// Limits of the ramp; MostConcurrency is also that of the other phases.
	Limits verify.RampLimits
}

// Bounds of the options.
const (
	mostSeconds     = 3600
	mostConcurrency = 4096
	mostRate        = 100_000
)

// Parse returns the options of a command line.
func Parse(args []string, stderr io.Writer) (Options, error) {
	o := Options{Limits: verify.DefaultRampLimits()}
	var phase string
	name := func(argument string) string { return strings.TrimPrefix(argument, "--") }
	flags := flag.NewFlagSet("landfall-agent "+naming.AgentProbe, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&phase, name(naming.AgentProbePhase), "", "what to do: answers, settings, ramp, peak, twice-peak, stop or isolation")
	flags.StringVar(&o.Target, name(naming.AgentProbeTarget), "", "address of the model, such as http://10.0.0.7:8080")
	flags.StringVar(&o.RequestsPath, name(naming.AgentProbeRequests), "", "file of requests, compressed with gzip")
	flags.Float64Var(&o.Seconds, name(naming.AgentProbeSeconds), 5, "how long each stretch of load takes, in seconds")
	flags.IntVar(&o.Limits.MostConcurrency, name(naming.AgentProbeConcurrency), o.Limits.MostConcurrency, "most requests at a time")
	flags.Float64Var(&o.RequestsPerSecond, name(naming.AgentProbeRate), 0, "rate of the phases peak and twice-peak")
	flags.Float64Var(&o.RequestTimeoutSeconds, name(naming.AgentProbeTimeout), 60, "how long one request may take, in seconds")
	flags.Float64Var(&o.Limits.LatencyFloorMilliseconds, name(naming.AgentProbeLatencyFloor), o.Limits.LatencyFloorMilliseconds, "latency that is fast enough in any case")
	if err := flags.Parse(args); err != nil {
		return Options{}, err
	}
	if flags.NArg() > 0 {
		return Options{}, fmt.Errorf("unexpected argument %q; everything is given by flags", flags.Arg(0))
	}
	o.Phase = verify.Phase(phase)
	return o, o.validate()
}

func (o Options) validate() error {
	if !slices.Contains(verify.Phases, o.Phase) {
		return fmt.Errorf("%s is %q; want one of %v", naming.AgentProbePhase, o.Phase, verify.Phases)
	}
	target, err := url.Parse(o.Target)
	if err != nil || target.Scheme != "http" || target.Host == "" || strings.Trim(target.Path, "/") != "" {
		return fmt.Errorf("%s is %q; want an address such as http://10.0.0.7:8080", naming.AgentProbeTarget, o.Target)
	}
	if o.RequestsPath == "" && sends(o.Phase) {
		return fmt.Errorf("%s is missing", naming.AgentProbeRequests)
	}
	for _, bound := range []struct {
		name              string
		value, most, more float64
	}{
		{naming.AgentProbeSeconds, o.Seconds, mostSeconds, 0},
		{naming.AgentProbeTimeout, o.RequestTimeoutSeconds, mostSeconds, 0},
		{naming.AgentProbeConcurrency, float64(o.Limits.MostConcurrency), mostConcurrency, 0},
		{naming.AgentProbeLatencyFloor, o.Limits.LatencyFloorMilliseconds, mostSeconds * millisecondsPerSecond, -1},
	} {
		if !(bound.value > bound.more && bound.value <= bound.most) {
			return fmt.Errorf("%s is %g; want more than %g and at most %g", bound.name, bound.value, bound.more, bound.most)
		}
	}
	if (o.Phase == verify.PhasePeak || o.Phase == verify.PhaseTwicePeak) && !(o.RequestsPerSecond > 0 && o.RequestsPerSecond <= mostRate) {
		return fmt.Errorf("%s is %g; want more than 0 and at most %d", naming.AgentProbeRate, o.RequestsPerSecond, mostRate)
	}
	return nil
}

const millisecondsPerSecond = 1000

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
