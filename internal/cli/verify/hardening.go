package verify

import (
	"context"
	"io"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/naming"
	core "landfall.dev/landfall/internal/verify"
)

// startModel starts the model's pod and waits for its first answer; where its
// log names a need that the hardening denies, once more with that need, and so
// on: an image whose folders are root's first lacks a writable file system, and
// then root. It is false when the model does not run, which is a result.
func (r *run) startModel(ctx context.Context) (bool, error) {
	hardening := &core.HardeningFigures{Declared: r.declared()}
	r.found.Figures.Hardening = hardening
	for {
		stuck, err := r.tryModel(ctx)
		if err != nil || stuck == nil {
			return err == nil, err
		}
		hardening.Fail(stuck.short(), stuck.cause.Line, stuck.cause.Do())
		need := stuck.cause.Need
		if need == "" || slices.Contains(hardening.Needs(), need) || r.strict {
			r.neverRan(stuck)
			return false, nil
		}
		r.session.Notef("It does not run with needs %s: %s", core.WriteNeeds(hardening.Needs()), stuck.told())
		hardening.Try(need)
		r.trial = r.trial.With(need)
		r.session.Notef("Its log names what it lacks; trying once more with needs: %s", core.WriteNeeds(hardening.Needs()))
	}
}

// neverRan takes down why the model does not run.
func (r *run) neverRan(stuck *stuckError) {
	r.found.Cause = stuck.cause
	r.fail(core.StepReady, stuck.told(), stuck.do)
	if need := stuck.cause.Need; r.strict && need != "" && !slices.Contains(r.declared(), need) {
		r.skip(core.StepHardening, "its log names the need "+string(need)+", and --strict allows no second try with it", "repeat it without --strict")
		return
	}
	why := "the log of the container names no permission that it lacks"
	if stuck.container != naming.ContainerModel {
		why = "the container never ran"
	}
	r.skip(core.StepHardening, why, "")
}

// conceal takes the values of variables with secret names out of what a
// container said: a crash may print its whole environment.
func (s *subject) conceal(stuck *stuckError) {
	values := map[string]string{}
	for _, variable := range s.model.Spec.Container.Env {
		values[variable.Name] = variable.Value
	}
	_, names := inventory.MaskEnv(values)
	for _, name := range names {
		if values[name] == "" {
			continue
		}
		for _, text := range []*string{&stuck.why, &stuck.brief, &stuck.cause.Line} {
			*text = strings.ReplaceAll(*text, values[name], inventory.Masked)
		}
	}
}

// declared are the needs that the Model names already.
func (r *run) declared() []core.Need {
	var needs []core.Need
	for _, need := range r.subject.model.Spec.Container.Needs {
		needs = append(needs, core.Need(need))
	}
	return needs
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
