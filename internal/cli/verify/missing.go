package verify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"landfall.dev/landfall/internal/desired/trial"
	"landfall.dev/landfall/internal/document"
	"landfall.dev/landfall/internal/export"
	"landfall.dev/landfall/internal/naming"
	core "landfall.dev/landfall/internal/verify"
)

// Bounds of how long a container is waited for that lacks something.
const (
	leastWithoutModel = 30 * time.Second
	mostWithoutModel  = 2 * time.Minute
	// slowerWithoutModel is how many times the usual loading time it gets, up to
	// mostWithoutModel; but always more than the usual time, or a slow model would
	// seem to hang.
	slowerWithoutModel = 3
)

func (r *run) patience() time.Duration {
	usual := time.Duration(r.found.Figures.Ready.LoadSeconds * float64(time.Second))
	return max(leastWithoutModel, min(slowerWithoutModel*usual, mostWithoutModel), usual+leastWithoutModel)
}

// withoutModel starts the container without the model's files.
func (r *run) withoutModel(ctx context.Context) error {
	if r.subject.model.Spec.Artifact == nil {
		r.skip(core.StepMissingModel, "the image carries the model", "")
		return nil
	}
	wanted, err := r.trial.MissingPod()
	if err != nil {
		return err
	}
	r.session.Notef("Starting the container without its model")
	_, r.found.Figures.Missing, err = r.watchMissing(ctx, wanted, r.patience(), core.StepMissingModel)
	return err
}

// watchMissing starts a pod that lacks something and waits until it ends or
// answers.
func (r *run) watchMissing(ctx context.Context, wanted *corev1.Pod, patience time.Duration, step core.StepName) (pod, *core.MissingFigures, error) {
	if err := r.create(ctx, wanted); err != nil {
		return pod{}, nil, err
	}
	fetched := len(wanted.Spec.InitContainers) == 0
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	last, err := r.follow(waiting, wanted.Name, func(p pod) (bool, error) {
		if !fetched && p.container(naming.ContainerFetch).State.Terminated != nil {
			fetched = true
			if err := r.denyEgress(ctx, wanted.Name); err != nil {
				return false, err
			}
		}
		return p.isReady() || p.ended() != nil, nil
	})
	if ctx.Err() != nil || err != nil && waiting.Err() == nil {
		return pod{}, nil, err
	}
	return last, r.outcome(last, patience, step), nil
}

func (r *run) outcome(last pod, patience time.Duration, step core.StepName) *core.MissingFigures {
	if last.Pod == nil {
		r.skip(step, "somebody deleted its pod", "repeat it")
		return nil
	}
	if ended := last.ended(); ended != nil {
		return &core.MissingFigures{
			Outcome: core.Exits, ExitCode: ended.ExitCode, TellsWhy: ended.Message != "",
			Seconds: ended.FinishedAt.Sub(ended.StartedAt.Time).Seconds(),
		}
	}
	running := last.container(naming.ContainerModel).State.Running
	switch {
	case running == nil:
		r.skip(step, fmt.Sprintf("the container did not start within %s: %s", patience, last.lastWords()), "repeat it when there is room")
		return nil
	case last.isReady():
		return &core.MissingFigures{
			Outcome: core.ClaimsHealth, Seconds: last.condition(corev1.PodReady).LastTransitionTime.Sub(running.StartedAt.Time).Seconds(),
		}
	default:
		return &core.MissingFigures{Outcome: core.Hangs, Seconds: patience.Seconds()}
	}
}

// withoutSettings starts the container without the variables that findings say
// it needs, and sends it the captured requests if it is ready all the same.
func (r *run) withoutSettings(ctx context.Context) error {
	names, unset := r.subject.neededEnv()
	switch {
	case len(names) == 0 && len(unset) == 0:
		return nil // the report has no such step
	case len(names) == 0:
		r.skip(core.StepMissingSettings, "findings say that it reads "+strings.Join(unset, ", ")+
			" without a default, and its Model sets none of them: all that is told here was without them", "")
		return nil
	}
	t := r.trial.Without(names)
	wanted, err := t.ModelPod()
	if err != nil {
		return err
	}
	r.session.Notef("Starting the container without %s", strings.Join(names, ", "))
	s := &core.SettingsFigures{Names: names}
	fetch := time.Duration(0)
	if f := r.found.Figures.Ready.FetchSeconds; f != nil {
		fetch = time.Duration(slowerWithoutModel * *f * float64(time.Second))
	}
	last, outcome, err := r.watchMissing(ctx, wanted, r.patience()+fetch, core.StepMissingSettings)
	if err != nil || outcome == nil {
		return err
	}
	s.Outcome = outcome
	if ended := last.ended(); ended != nil {
		s.NamesThem = slices.ContainsFunc(names, func(name string) bool { return strings.Contains(ended.Message, name) })
	}
	if outcome.Outcome == core.ClaimsHealth && len(r.subject.packed) > 0 {
		err = r.probe(ctx, wanted.Name, trial.Load{Phase: core.PhaseSettings, Seconds: 1}, func(o core.Observation) error {
			if o.Answers != nil {
				s.Answers = o.Answers
			}
			return nil
		})
	}
	r.found.Figures.Settings = s
	return err
}

// variableForm is the name that such a finding begins with.
var variableForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]*\b`)

// neededEnv are the variables that findings say are read without a default:
// those that the Model sets, and those that it does not. Variables of AWS are
// never given here.
func (s *subject) neededEnv() (set, unset []string) {
	for _, f := range s.findings {
		name := variableForm.FindString(f.Message)
		if f.ID != "SageMakerVariableNeeded" || name == "" || slices.Contains(set, name) || slices.Contains(unset, name) {
			continue
		}
		if slices.ContainsFunc(s.model.Spec.Container.Env, func(v corev1.EnvVar) bool { return v.Name == name }) {
			set = append(set, name)
		} else {
			unset = append(unset, name)
		}
	}
	slices.Sort(set)
	slices.Sort(unset)
	return set, unset
}

// outsideIDs are the findings that name services outside the pod.
var outsideIDs = []string{"AWSCall", "DownloadAtStart", "HostCalled", "InstallAtStart", "MetadataService", "RemoteCode", "SageMakerSDK"}

// outside are the findings of services outside the pod.
func (s *subject) outside() []core.Evidence {
	var found []core.Evidence
	for _, f := range s.findings {
		if !slices.Contains(outsideIDs, f.ID) {
			continue
		}
		where := f.Where
		if f.File != "" {
			where = fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		found = append(found, core.Evidence{ID: f.ID, Where: where, Message: f.Message})
	}
	return found
}

// readFindings takes the export's findings; a bundle without them has none.
func (s *subject) readFindings(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(export.FindingsPath)))
	if errors.Is(err, os.ErrNotExist) {
		s.notes = append(s.notes, "the bundle has no "+export.FindingsPath+": what the model needs from outside was not known")
		return nil
	}
	if err != nil {
		return err
	}
	var findings export.FindingsDocument
	if err := document.Decode(data, document.Header{APIVersion: export.APIVersion, Kind: export.KindFindings}, &findings); err != nil {
		return fmt.Errorf("%s: %w", export.FindingsPath, err)
	}
	s.findings = findings.Findings
	return nil
}
