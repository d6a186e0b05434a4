package endpoint

import (
	"github.com/prometheus/client_golang/prometheus"

	"landfall.dev/landfall/api/v1alpha1"
)

// Metrics are what the operator tells of rollouts. controller-runtime adds the
// metrics of its work queues and reconciles.
type Metrics struct {
	rollouts *prometheus.CounterVec
	stage    *prometheus.GaugeVec
}

// NewMetrics makes the metrics and registers them.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	m := &Metrics{
		rollouts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "landfall_rollouts_total",
			Help: "Rollouts that ended, by result: Promoted, RolledBack or Aborted.",
		}, []string{"result"}),
		stage: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "landfall_rollout_stage_info",
			Help: "1 for the stage of each Endpoint's current or last rollout.",
		}, []string{"namespace", "endpoint", "stage"}),
	}
	for _, result := range []v1alpha1.RolloutStage{v1alpha1.StagePromoted, v1alpha1.StageRolledBack, v1alpha1.StageAborted} {
		m.rollouts.WithLabelValues(string(result))
	}
	registerer.MustRegister(m.rollouts, m.stage)
	return m
}

// observe counts what changed between two statuses.
func (m *Metrics) observe(before, after *v1alpha1.Endpoint) {
	rollout := after.Status.Rollout
	if rollout == nil {
		return
	}
	was := before.Status.Rollout
	same := was != nil && was.ID == rollout.ID && was.Stage == rollout.Stage
	if rollout.Stage.Ended() && !same {
		m.rollouts.WithLabelValues(string(rollout.Stage)).Inc()
	}
	if was != nil && was.Stage != rollout.Stage {
		m.forget(after.Namespace, after.Name)
	}
	m.stage.WithLabelValues(after.Namespace, after.Name, string(rollout.Stage)).Set(1)
}

// forget drops what is told of one Endpoint.
func (m *Metrics) forget(namespace, name string) {
	m.stage.DeletePartialMatch(prometheus.Labels{"namespace": namespace, "endpoint": name})
}
