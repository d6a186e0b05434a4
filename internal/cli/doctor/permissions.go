package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/sagemaker"
	"landfall.dev/landfall/internal/surroundings"
)

const (
	// requestsPerSecond bounds all calls of a doctor together: there are some
	// eighty, each of another operation.
	requestsPerSecond = 20
	// permissionsTimeout leaves time for all of them, some of them twice.
	permissionsTimeout = time.Minute
	// atOnce bounds the calls under way.
	atOnce = 8
)

var throttling = retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}

// judged is what was found about the actions of a scan.
type judged struct {
	// missing are not allowed; unclear got no answer that tells.
	missing, unclear []string
	// known counts the actions that were judged, of all.
	known, all int
	// how says who judged.
	how string
}

// permissions judges the actions that a scan takes: by IAM's own simulation,
// which knows all of them, or by one cheap call for each list and each service,
// where the simulation is not allowed.
func permissions(ctx context.Context, e *examination) Result {
	wanted := append(sagemaker.Actions(sagemaker.ScanOptions{}), surroundings.Actions(surroundings.Options{})...)
	slices.Sort(wanted)
	wanted = slices.DeleteFunc(slices.Compact(wanted), func(action string) bool { return action == alwaysAllowed })
	around := surroundings.New(e.aws.client.Config())
	denied, simulateErr := around.Simulate(ctx, e.aws.principal, wanted)
	if simulateErr == nil {
		return e.verdict(judged{missing: denied, known: len(wanted), all: len(wanted), how: "by IAM's simulation"}, wanted)
	}
	found, err := try(ctx, append(e.aws.client.Probes(e.aws.place()), around.Probes()...))
	if err != nil {
		return e.awsFailed(err)
	}
	found.all, found.how = len(wanted), "by trying; "+whyTried(simulateErr)
	return e.verdict(found, wanted)
}

// alwaysAllowed is an action that every caller may take, whatever the policies
// say; the simulation does not know that.
const alwaysAllowed = "sts:GetCallerIdentity"

// whyTried says what would let IAM judge all actions. A permission helps only
// where one is missing: the root user, and roles whose name has a path, are not
// simulated at all.
func whyTried(err error) string {
	if awsfailure.Denied(err) {
		return "with iam:SimulatePrincipalPolicy all could be judged"
	}
	return "IAM's simulation does not know this identity: " + reasonOf(err)
}

// reasonOf is AWS's reason, or the program's own.
func reasonOf(err error) string {
	if answered(err) {
		return awsfailure.Reason(err)
	}
	return err.Error()
}

// try makes all calls, within the rate. It fails where AWS cannot be reached,
// or does not accept the credentials.
func try(ctx context.Context, probes []awsfailure.Probe) (judged, error) {
	var mu sync.Mutex
	found := judged{known: len(probes)}
	limiter := rate.NewLimiter(requestsPerSecond, 1)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, p := range probes {
		group.Go(func() error {
			if err := limiter.Wait(ctx); err != nil {
				return fmt.Errorf("cannot wait for the turn of %s: %w", p.Action, err)
			}
			err := p.Try(ctx)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
			case awsfailure.Denied(err):
				found.missing = append(found.missing, p.Action)
			case throttling.IsErrorThrottle(err).Bool():
				found.unclear = append(found.unclear, p.Action)
			case !answered(err) || awsfailure.Refused(err):
				return err
			}
			return nil
		})
	}
	err := group.Wait()
	slices.Sort(found.missing)
	slices.Sort(found.unclear)
	return found, err
}

func (e *examination) verdict(found judged, wanted []string) Result {
	result := pass("%d of the scan's %d actions were judged %s: all allowed", found.known-len(found.unclear), found.all, found.how)
	switch {
	case len(found.missing) > 0:
		result = fail(fmt.Sprintf("%d of %d actions are not allowed (judged %s)", len(found.missing), found.known, found.how),
			missingFix(found.missing, e.session.Program))
		result.Missing = found.missing
	case len(found.unclear) > 0:
		result = warn(fmt.Sprintf("AWS answered %s with \"slow down\": what they need is not known", strings.Join(found.unclear, ", ")), "try again later")
	case found.known < len(wanted):
		result.Fix = fmt.Sprintf("%d actions need a resource to be tried on; %s scan --print-policy lists all", len(wanted)-found.known, e.session.Program)
	}
	return result
}

// missingFix is a table of what is missing, by service, and the statement that
// allows it.
func missingFix(missing []string, program string) string {
	var lines []string
	services := map[string][]string{}
	var order []string
	for _, action := range missing {
		service, name, _ := strings.Cut(action, ":")
		if services[service] == nil {
			order = append(order, service)
		}
		services[service] = append(services[service], name)
	}
	for _, service := range order {
		for i, name := range services[service] {
			label := ""
			if i == 0 {
				label = service
			}
			lines = append(lines, fmt.Sprintf("%-24s %s", label, name))
		}
	}
	lines = append(lines, "add this statement to the identity's policy ("+program+" scan --print-policy prints the whole one);",
		"a scan goes on without it, and its inventory has gaps:")
	return strings.Join(append(lines, statement(missing)), "\n")
}

// statement allows actions; lists cannot be restricted to resources.
func statement(actions []string) string {
	text, err := json.MarshalIndent(struct {
		Sid      string   `json:"Sid"`
		Effect   string   `json:"Effect"`
		Action   []string `json:"Action"`
		Resource string   `json:"Resource"`
	}{"LandfallScan", "Allow", actions, "*"}, "", "  ")
	if err != nil {
		return strings.Join(actions, "\n") // texts cannot fail
	}
	return string(text)
}
