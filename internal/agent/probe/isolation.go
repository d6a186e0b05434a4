package probe

import (
	"bufio"
	"context"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"landfall.dev/landfall/internal/verify"
)

const (
	resolvPath      = "/etc/resolv.conf"
	namePort        = "53"
	metadataAddress = "169.254.169.254:80"
	// reachTimeout is long for a connection within one network.
	reachTimeout = time.Second
	// reachPeriod is between two tries.
	reachPeriod = time.Second
	// leastClosed is how many tries in a row must reach nothing.
	leastClosed = 3
)

// places are the addresses that a pod tries, by what they are.
func places(target, resolv string, getenv func(string) string) map[verify.Place]string {
	addresses := map[verify.Place]string{verify.PlaceMetadata: metadataAddress}
	if host := getenv("KUBERNETES_SERVICE_HOST"); host != "" {
		addresses[verify.PlaceAPIServer] = net.JoinHostPort(host, getenv("KUBERNETES_SERVICE_PORT"))
	}
	if server := nameServer(resolv); server != "" {
		addresses[verify.PlaceNameServer] = net.JoinHostPort(server, namePort)
	}
	if model, err := url.Parse(target); err == nil && model.Host != "" {
		addresses[verify.PlaceModel] = model.Host
	}
	return addresses
}

// nameServer is the first of a resolv.conf.
func nameServer(resolv string) string {
	lines := bufio.NewScanner(strings.NewReader(resolv))
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) > 1 && words[0] == "nameserver" {
			return words[1]
		}
	}
	return ""
}

// isolation tells what can be reached now, then tries on until nothing can or
// the time is over, and tells that.
func (p *probe) isolation(ctx context.Context) error {
	// A missing file means no name server, which is what it says then.
	resolv, _ := os.ReadFile(resolvPath)
	return p.watchPlaces(ctx, places(p.Target, string(resolv), os.Getenv), reachPeriod)
}

func (p *probe) watchPlaces(ctx context.Context, addresses map[verify.Place]string, period time.Duration) error {
	begin := time.Now()
	look := func() verify.Reach {
		r := reach(ctx, addresses)
		r.Seconds = round(time.Since(begin).Seconds())
		return r
	}
	now := look()
	if err := p.tell(verify.Observation{Reach: &now}); err != nil {
		return err
	}
	// On a busy node a try may fail by chance: that nothing can be reached is
	// believed when it was seen several times in a row.
	for end, closed := begin.Add(seconds(p.Seconds)), 0; closed < leastClosed && time.Now().Before(end) && wait(ctx, time.Now().Add(period)); {
		if now = look(); len(now.Reached) == 0 {
			closed++
		} else {
			closed = 0
		}
	}
	if ctx.Err() != nil {
		return nil //nolint:nilerr // Run tells it
	}
	return p.tell(verify.Observation{Reach: &now})
}

// reach connects to every address at the same time, and sends nothing.
func reach(ctx context.Context, addresses map[verify.Place]string) verify.Reach {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	var mu sync.Mutex
	var group sync.WaitGroup
	reached := map[verify.Place]bool{}
	for place, address := range addresses {
		group.Go(func() {
			connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			if err != nil {
				return
			}
			_ = connection.Close()
			mu.Lock()
			defer mu.Unlock()
			reached[place] = true
		})
	}
	group.Wait()
	var r verify.Reach
	for _, place := range verify.Places {
		if addresses[place] != "" {
			r.Tried = append(r.Tried, place)
		}
		if reached[place] {
			r.Reached = append(r.Reached, place)
		}
	}
	return r
}

// sends says that a phase sends requests, which isolation does not.
func sends(phase verify.Phase) bool { return phase != verify.PhaseIsolation }
