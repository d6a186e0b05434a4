package verify

import (
	"context"
	"io"

	corev1 "k8s.io/api/core/v1"

	"landfall.dev/landfall/internal/naming"
	core "landfall.dev/landfall/internal/verify"
)

// startModel starts the model's pod and waits for its first answer; where its
// log names a need that the hardening denies, once more with that need. It is
// false when the model does not run, which is a result.
func (r *run) startModel(ctx context.Context) (bool, error) {
	hardening := &core.HardeningFigures{Declared: r.declared()}
	r.found.Figures.Hardening = hardening
	stuck, err := r.tryModel(ctx)
	if err != nil || stuck == nil {
		return err == nil, err
	}
	hardening.FailedWhy, hardening.Evidence, hardening.Mend = stuck.short(), stuck.cause.Line, stuck.cause.Do()
	need := stuck.cause.Need
	switch {
	case need == "" || has(hardening.Declared, need):
		r.found.Cause = stuck.cause
		r.fail(core.StepReady, stuck.told(), stuck.do)
		r.skip(core.StepHardening, "the log of the container names no permission that it lacks", "")
		return false, nil
	case r.strict:
		r.fail(core.StepReady, stuck.told(), stuck.do)
		r.skip(core.StepHardening, "its log names the need "+string(need)+", and --strict allows no second try with it", "repeat it without --strict")
		return false, nil
	}
	r.session.Notef("It does not run hardened: %s", stuck.told())
	r.session.Notef("Its log names what it lacks; trying once more with needs: %s", core.WriteNeeds([]core.Need{need}))
	hardening.Tried, r.trial = need, r.trial.With(need)
	again, err := r.tryModel(ctx)
	if err != nil || again == nil {
		return err == nil, err
	}
	hardening.TriedWhy = again.told()
	r.found.Cause = again.cause
	if next := again.cause.Need; next != "" && next != need {
		hardening.Mend += "; its log then names " + string(next) + ": name " + string(need) +
			" in spec.container.needs of manifests/model.yaml and verify again, to see whether that is all"
	}
	r.fail(core.StepReady, again.told(), again.do)
	return false, nil
}

// declared are the needs that the Model names already.
func (r *run) declared() []core.Need {
	var needs []core.Need
	for _, need := range r.subject.model.Spec.Container.Needs {
		needs = append(needs, core.Need(need))
	}
	return needs
}

func has(needs []core.Need, need core.Need) bool {
	for _, n := range needs {
		if n == need {
			return true
		}
	}
	return false
}

// mostEvidenceBytes of a log are searched for why a container ended: servers
// write pages after the line that counts.
const (
	mostEvidenceBytes = 256 << 10
	mostEvidenceLines = 2000
)

// explain looks into the whole log of a model that ended for what the last
// words, which the kubelet keeps, no longer tell.
func (r *run) explain(ctx context.Context, name string, stuck *stuckError, exitCode int32) {
	if stuck.cause.Kind != "" || stuck.container != naming.ContainerModel {
		return
	}
	stream, err := r.cluster.CoreV1().Pods(r.trial.Namespace).GetLogs(name, &corev1.PodLogOptions{
		Container: naming.ContainerModel, TailLines: new(int64(mostEvidenceLines)), LimitBytes: new(int64(mostEvidenceBytes)),
	}).Stream(ctx)
	if err != nil {
		return // the last words are told anyway
	}
	defer stream.Close()
	text, err := io.ReadAll(io.LimitReader(stream, mostEvidenceBytes))
	if err != nil {
		return
	}
	if cause := causeOf(string(text), exitCode); cause.Kind != "" {
		stuck.cause, stuck.do = cause, adviceFor(cause)
	}
}
