package routers

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/internal/evidence"
	"landfall.dev/landfall/internal/naming"
)

const (
	// requestTimeout bounds one router's answer: a router that cannot answer
	// within it counts as one whose evidence is missing.
	requestTimeout = 2 * time.Second
	// freshFor is how long an answer serves all Endpoints that ask: a report
	// covers them all, so that many rollouts at once cost no more than one.
	freshFor = 500 * time.Millisecond
	// concurrency bounds how many routers are asked at the same time.
	concurrency = 16
)

// Source collects the reports of the routers behind one Service.
type Source struct {
	// Reader reads EndpointSlices.
	Reader client.Reader
	// Service is the routers' Service.
	Service client.ObjectKey
	// HTTP asks the routers.
	HTTP *http.Client
	// Now is the clock.
	Now func() time.Time

	mu   sync.Mutex
	last Collection
	time time.Time
}

// Collection is what the routers said at one time.
type Collection struct {
	// Expected is the number of routers that may be serving callers.
	Expected int
	// Reports are the answers of those that gave one.
	Reports []evidence.Report
	// Errors says for each of the others why it gave none.
	Errors []error
}

// Collect asks every router, or returns what they said at most half a second
// ago. It fails only when the routers cannot be found out at all.
func (s *Source) Collect(ctx context.Context) (Collection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.time.IsZero() && s.Now().Sub(s.time) < freshFor {
		return s.last, nil
	}
	addresses, err := s.addresses(ctx)
	if err != nil {
		return Collection{}, err
	}
	s.last, s.time = s.ask(ctx, addresses), s.Now()
	return s.last, nil
}

// addresses returns host:port of each router that may have callers: those that
// are ready, and those that are going away but still serve.
func (s *Source) addresses(ctx context.Context) ([]string, error) {
	slicesOfService := discoveryv1.EndpointSliceList{}
	err := s.Reader.List(ctx, &slicesOfService, client.InNamespace(s.Service.Namespace),
		client.MatchingLabels{naming.LabelServiceName: s.Service.Name})
	if err != nil {
		return nil, fmt.Errorf("cannot list the routers of Service %s: %w", s.Service, err)
	}
	// A router may be in two slices: for a moment, or for good with an address
	// of either family. It is still one router to wait for.
	byPod := map[string]string{}
	for i := range slicesOfService.Items {
		slice := &slicesOfService.Items[i]
		port := adminPort(slice.Ports)
		for j := range slice.Endpoints {
			endpoint := &slice.Endpoints[j]
			if !serves(endpoint.Conditions) || len(endpoint.Addresses) == 0 {
				continue
			}
			address := net.JoinHostPort(endpoint.Addresses[0], strconv.Itoa(port))
			pod := podOf(endpoint, address)
			if known, ok := byPod[pod]; !ok || address < known {
				byPod[pod] = address
			}
		}
	}
	return slices.Sorted(maps.Values(byPod)), nil
}

// podOf tells routers apart; one without a reference to its pod, as in slices
// that people write, by its address.
func podOf(endpoint *discoveryv1.Endpoint, address string) string {
	if endpoint.TargetRef != nil && endpoint.TargetRef.UID != "" {
		return string(endpoint.TargetRef.UID)
	}
	return address
}

// serves follows the API's reading of unset conditions: unset serving means ready,
// unset ready means true.
func serves(c discoveryv1.EndpointConditions) bool {
	if c.Serving != nil {
		return *c.Serving
	}
	return c.Ready == nil || *c.Ready
}

func adminPort(ports []discoveryv1.EndpointPort) int {
	for _, port := range ports {
		if port.Name != nil && *port.Name == naming.PortAdmin && port.Port != nil {
			return int(*port.Port)
		}
	}
	return naming.AdminPort
}

func (s *Source) ask(ctx context.Context, addresses []string) Collection {
	type answer struct {
		address string
		report  *evidence.Report
		err     error
	}
	answers := make([]answer, len(addresses))
	limit := make(chan struct{}, concurrency)
	var wait sync.WaitGroup
	for i, address := range addresses {
		wait.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			report, err := s.report(ctx, address)
			answers[i] = answer{address, report, err}
		})
	}
	wait.Wait()
	collection := Collection{Expected: len(addresses)}
	for _, a := range answers {
		if a.err != nil {
			collection.Errors = append(collection.Errors, fmt.Errorf("router %s: %w", a.address, a.err))
			continue
		}
		collection.Reports = append(collection.Reports, *a.report)
	}
	slices.SortFunc(collection.Reports, func(a, b evidence.Report) int { return cmp.Compare(a.Router, b.Router) })
	return collection
}

func (s *Source) report(ctx context.Context, address string) (*evidence.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	asked := s.Now()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+naming.EvidencePath, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("cannot ask for evidence: %w", err)
	}
	response, err := s.HTTP.Do(request)
	if err != nil {
		return nil, fmt.Errorf("cannot ask for evidence: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asked for evidence, answered %s; want 200", response.Status)
	}
	report, err := evidence.DecodeReport(response.Body)
	if err != nil {
		return nil, err
	}
	// A router makes its report when it is asked. Its clock may differ from
	// this one, by which the age of evidence is told.
	report.Time = asked
	return report, nil
}
