package serve

import (
	"context"
	"errors"
	"fmt"

	"landfall.dev/landfall/internal/router/arm/pods"
	"landfall.dev/landfall/internal/router/exchange"
	"landfall.dev/landfall/internal/router/measure"
	"landfall.dev/landfall/internal/router/table"
)

// route is a table's route with what it takes to serve it.
type route struct {
	*table.Route
	// arms belong to Variants, index by index.
	arms  []exchange.Arm
	epoch *epoch
}

// arm returns the arm of a variant, or nil.
func (r *route) arm(variant string) exchange.Arm {
	for i := range r.Variants {
		if r.Variants[i].Name == variant {
			return r.arms[i]
		}
	}
	return nil
}

// Apply changes to another table as a whole. Requests in flight end as they
// began. Figures, trips, and connections of what stays the same are kept.
func (s *Server) Apply(t *table.Table) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logProblems(t.Problems)

	identities := make([]measure.Identity, 0, len(t.Routes))
	for _, r := range t.Routes {
		identities = append(identities, identityOf(r))
	}
	figures := s.Recorder.Follow(identities)

	routes := make(map[table.Key]*route, len(t.Routes))
	epochs := make(map[measure.Identity]*epoch, len(t.Routes))
	usedPools := make(map[poolKey]bool, len(s.pools))
	for key, compiled := range t.Routes {
		identity := identityOf(compiled)
		e := s.epochs[identity]
		if e == nil {
			e = newEpoch(s, key, figures[identity])
		}
		epochs[identity] = e
		r := &route{Route: compiled, epoch: e}
		for i := range compiled.Variants {
			r.arms = append(r.arms, s.armOf(key, compiled, &compiled.Variants[i], usedPools))
		}
		e.adopt(compiled)
		routes[key] = r
	}
	s.routes.Store(&routes)
	s.retire(epochs, usedPools)
}

func identityOf(r *table.Route) measure.Identity {
	return measure.Identity{Namespace: r.Namespace, Name: r.Name, UID: r.UID, Revision: r.Revision}
}

// retire ends what the new table no longer has.
func (s *Server) retire(epochs map[measure.Identity]*epoch, usedPools map[poolKey]bool) {
	for identity, e := range s.epochs {
		if epochs[identity] == nil {
			e.close()
		}
	}
	s.epochs = epochs
	for key, pool := range s.pools {
		if !usedPools[key] {
			pool.Close()
			delete(s.pools, key)
		}
	}
}

func (s *Server) armOf(
	key table.Key, r *table.Route, variant *table.Variant, usedPools map[poolKey]bool,
) exchange.Arm {
	if variant.Pods != nil {
		poolKey := poolKey{r.Namespace, r.Name, r.UID, variant.Name}
		usedPools[poolKey] = true
		pool := s.pools[poolKey]
		if pool == nil {
			name := variant.Name
			pool = pods.NewPool(s.Dial, s.Now, func(reason exchange.Reason) {
				if current := s.find(key); current != nil {
					current.epoch.figures.Retried(name, reason)
				}
			})
			s.pools[poolKey] = pool
		}
		pool.Update(variant)
		return pool
	}
	arm, err := s.SageMaker(*variant.SageMaker, variant.Timeout)
	if err != nil {
		s.Log.Error("a variant cannot be reached", "namespace", r.Namespace, "endpoint", r.Name,
			"variant", variant.Name, "error", err)
		return unusable{err}
	}
	return arm
}

// unusable is the arm of a variant that has no address.
type unusable struct{ err error }

// Do implements exchange.Arm.
func (u unusable) Do(context.Context, *exchange.Request) (*exchange.Answer, error) {
	return nil, &exchange.NoAnswer{Reason: exchange.NoTarget, Err: u.err}
}

// latest is an arm that follows the table: whatever reaches the variant now.
// Copies use it, since they may wait while the table changes.
type latest struct {
	server  *Server
	key     table.Key
	variant string
}

// Do implements exchange.Arm.
func (l latest) Do(ctx context.Context, request *exchange.Request) (*exchange.Answer, error) {
	if r := l.server.find(l.key); r != nil {
		if arm := r.arm(l.variant); arm != nil {
			answer, err := arm.Do(ctx, request)
			if err != nil {
				return nil, fmt.Errorf("asking variant %s for a copy: %w", l.variant, err)
			}
			return answer, nil
		}
	}
	return nil, &exchange.NoAnswer{Reason: exchange.NoTarget, Err: errors.New("the variant is gone")}
}

func (s *Server) logProblems(problems []string) {
	known := s.problems
	s.problems = make(map[string]bool, len(problems))
	for _, problem := range problems {
		s.problems[problem] = true
		if !known[problem] {
			s.Log.Warn("part of the routing table cannot be used", "problem", problem)
		}
	}
}
