package standin

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	jsonpatch "github.com/evanphx/json-patch/v5"
	kjson "sigs.k8s.io/json"
)

const (
	contentJSON       = "application/json"
	maxKnobsBodyBytes = 1 << 20
)

// Admin serves the knobs and counters. It has no authentication and belongs
// on a listener of its own that only the tester reaches.
//
//	GET, PUT, PATCH /_standin/knobs     Knobs; PATCH is a JSON merge patch
//	GET, DELETE     /_standin/requests  Requests; DELETE starts from zero
//	GET             /healthz            "ok"
func (s *Server) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /_standin/knobs", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, contentJSON, s.knobs.get())
	})
	mux.HandleFunc("PUT /_standin/knobs", func(w http.ResponseWriter, r *http.Request) { s.changeKnobs(w, r, false) })
	mux.HandleFunc("PATCH /_standin/knobs", func(w http.ResponseWriter, r *http.Request) { s.changeKnobs(w, r, true) })
	mux.HandleFunc("GET /_standin/requests", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, contentJSON, s.counters.snapshot())
	})
	mux.HandleFunc("DELETE /_standin/requests", func(w http.ResponseWriter, _ *http.Request) {
		s.counters.reset()
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// Knobs gives the current knobs.
func (s *Server) Knobs() Knobs { return s.knobs.get() }

// SetKnobs replaces all knobs, or changes nothing and says what is wrong.
func (s *Server) SetKnobs(k Knobs) error {
	if err := k.validate(); err != nil {
		return err
	}
	s.knobs.set(k)
	return nil
}

// Requests gives the counters.
func (s *Server) Requests() Requests { return s.counters.snapshot() }

func (s *Server) changeKnobs(w http.ResponseWriter, r *http.Request, merge bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxKnobsBodyBytes))
	if err == nil && merge {
		body, err = mergeKnobs(s.knobs.get(), body)
	}
	var next Knobs
	if err == nil {
		next, err = parseKnobs(body)
	}
	if err == nil {
		err = s.SetKnobs(next)
	}
	if err != nil {
		writeJSON(w, http.StatusBadRequest, contentJSON, map[string]string{"message": err.Error()})
		return
	}
	s.logger.Info("knobs changed", "knobs", next)
	writeJSON(w, http.StatusOK, contentJSON, next)
}

func mergeKnobs(current Knobs, patch []byte) ([]byte, error) {
	text, err := json.Marshal(current)
	if err != nil {
		return nil, fmt.Errorf("write the current knobs: %w", err)
	}
	merged, err := jsonpatch.MergePatch(text, patch)
	if err != nil {
		return nil, fmt.Errorf("apply the merge patch: %w", err)
	}
	return merged, nil
}

func parseKnobs(body []byte) (Knobs, error) {
	var k Knobs
	strict, err := kjson.UnmarshalStrict(body, &k)
	if err != nil {
		return Knobs{}, fmt.Errorf("not knobs: %w", err)
	}
	if len(strict) > 0 {
		return Knobs{}, fmt.Errorf("not knobs: %w", strict[0])
	}
	return k, nil
}
