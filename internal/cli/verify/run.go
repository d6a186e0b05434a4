package verify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/install"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/desired/endpoint"
	"landfall.dev/landfall/internal/desired/trial"
	core "landfall.dev/landfall/internal/verify"
)

// run is one run in a cluster.
type run struct {
	*options
	subject *subject
	cluster kubernetes.Interface
	trial   trial.Trial
	execute execute
	usage   *usage
	// throttle and gpu are nil where the pod has no such thing.
	throttle *throttle
	gpu      *gpuWatch
	// denied are the paths of permissions that the run does without.
	denied []string
	found  core.Run
	report core.Report
	// made are what has to be deleted, in the order of making.
	made []made
	// begin is when the run began, by this machine's clock; skew is how far the
	// cluster's is ahead of it.
	begin time.Time
	skew  time.Duration
	// ready is when the model's pod answered first, warm when it had answered
	// the captured requests, both by the cluster's clock.
	ready, warm time.Time
}

// suffixBytes make names that no two runs share.
const suffixBytes = 4

// start prepares a run and asks the cluster what it needs to know first.
func (o *options) start(ctx context.Context, s *subject) (*run, error) {
	namespace, err := o.session.Namespace()
	if err != nil {
		return nil, err
	}
	config, err := o.session.RESTConfig()
	if err != nil {
		return nil, err
	}
	cluster, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, o.session.Explain("cannot reach the cluster", err)
	}
	version, err := cluster.Discovery().ServerVersion()
	if err != nil {
		return nil, o.session.Explain("cannot reach the cluster", err)
	}
	suffix := make([]byte, suffixBytes)
	_, _ = rand.Read(suffix) // it never fails, by its documentation
	r := &run{options: o, subject: s, cluster: cluster, begin: o.session.Now(), execute: executor(config, cluster, namespace)}
	r.found = core.Run{
		Skipped: map[core.StepName]core.Reason{}, Broken: map[core.StepName]core.Reason{}, Left: map[core.StepName]bool{},
		Limits: o.limits, Outside: s.outside(),
	}
	r.leaveOut()
	r.trial = trial.Trial{
		Suffix: hex.EncodeToString(suffix), Namespace: namespace, ServiceAccountName: o.serviceAccount,
		Until:           r.begin.Add(o.timeout).UTC().Format(time.RFC3339),
		DeadlineSeconds: int64(o.timeout/time.Second) + 1,
		Variant:         endpoint.Variant{Endpoint: s.endpoint, Name: s.variant, Pods: s.pods, Model: s.model},
	}
	r.report = core.Report{Header: core.ReportHeader(), Workload: s.workload, Conditions: core.Conditions{
		Image: s.model.Spec.Container.Image, Requests: trial.Amounts(s.pods.Resources.Requests), Limits: trial.Amounts(s.pods.Resources.Limits),
		Kubernetes: version.GitVersion, Landfall: o.session.Version, StartedAt: r.begin.UTC().Format(time.RFC3339),
		CapturedRequests: len(s.requests), PeakRequestsPerMinute: s.peakPerMinute, Pods: max(s.pods.Replicas.Min, 1),
		DroppedEnv: r.trial.DroppedEnv(), Notes: s.notes,
	}}
	if err := r.checkPermissions(ctx); err != nil {
		return nil, err
	}
	r.tellOthers(ctx)
	return r, r.lookAround(ctx)
}

// leaveOut notes the steps that do not concern the workload, also for a model
// that is never ready.
func (r *run) leaveOut() {
	if !asksGPU(r.subject.pods.Resources) {
		r.found.Left[core.StepGPUMemory] = true
	}
	if set, unset := r.subject.neededEnv(); len(set)+len(unset) == 0 {
		r.found.Left[core.StepMissingSettings] = true
	}
}

// lookAround finds Landfall's image and the WorkloadClass, where the user may
// read them.
func (r *run) lookAround(ctx context.Context) error {
	objects, err := r.session.Client()
	if err != nil {
		return err
	}
	if r.trial.Variant.AgentImage = r.agentImage; r.agentImage == "" {
		operator, err := install.Operator().Deployment(ctx, objects)
		if err != nil {
			return &output.Failure{
				What: "cannot tell which image of Landfall to probe with", Why: r.session.Why(err),
				Next: "give --agent-image, such as registry.example.com/landfall:v0.1.0", Cause: err,
			}
		}
		r.trial.Variant.AgentImage = install.Image(operator)
	}
	name := r.subject.pods.WorkloadClassName
	if name == "" {
		return nil
	}
	class := &v1alpha1.WorkloadClass{}
	if err := objects.Get(ctx, client.ObjectKey{Name: name}, class); err != nil {
		r.notef("the pods ran anywhere: the WorkloadClass %s could not be read (%s)", name, r.session.Why(err))
		return nil
	}
	r.trial.Variant.Class = class
	return nil
}

func (r *run) notef(format string, values ...any) {
	r.report.Conditions.Notes = append(r.report.Conditions.Notes, fmt.Sprintf(format, values...))
}

func (r *run) skip(name core.StepName, why, do string) {
	r.found.Skipped[name] = core.Reason{Why: why, Do: do}
}

// lacks says that a permission is known to be missing.
func (r *run) lacks(path string) bool { return slices.Contains(r.denied, path) }

func (r *run) fail(name core.StepName, why, do string) {
	r.found.Broken[name] = core.Reason{Why: why, Do: do}
}

// now is the cluster's time.
func (r *run) now() time.Time { return r.session.Now().Add(r.skew) }

// play makes everything, looks, and takes it away again.
func (r *run) play(ctx context.Context) (report core.Report, err error) {
	defer func() {
		r.cleanUp(ctx)
		if err == nil {
			r.report.Figures = r.found.Figures
			r.report.Steps = core.Judge(r.found)
			r.report.Conditions.Seconds = r.session.Now().Sub(r.begin).Round(time.Second).Seconds()
			report = r.report
		}
	}()
	if err := r.makeSurroundings(ctx); err != nil {
		return core.Report{}, err
	}
	ran, err := r.startModel(ctx)
	if err != nil || !ran {
		return core.Report{}, err
	}
	defer r.usage.stop()
	defer r.gpu.stop()
	for _, step := range []func(context.Context) error{
		r.answers, r.isolation, r.awaitWarm, r.peak, r.twicePeak, r.rampUp, r.concludeMeasurements, r.stopModel, r.withoutModel, r.withoutSettings,
	} {
		if err := step(ctx); err != nil {
			return core.Report{}, err
		}
	}
	return core.Report{}, nil
}

// makeSurroundings makes what the pods need before them.
func (r *run) makeSurroundings(ctx context.Context) error {
	before := r.session.Now()
	anchor, err := r.cluster.CoreV1().ConfigMaps(r.trial.Namespace).Create(ctx, r.trial.NewAnchor(), createOptions)
	after := r.session.Now()
	r.rememberUnless(err, "configmap", r.trial.Name())
	if err != nil {
		return fmt.Errorf("cannot create the ConfigMap %s: %w", r.trial.Name(), err)
	}
	r.trial.Anchor = anchor
	r.skew = skewOf(anchor.CreationTimestamp.Time, before, after)
	for _, policy := range r.trial.NetworkPolicies() {
		_, err := r.cluster.NetworkingV1().NetworkPolicies(r.trial.Namespace).Create(ctx, policy, createOptions)
		r.rememberUnless(err, "networkpolicy", policy.Name)
		if err != nil {
			return fmt.Errorf("cannot create the NetworkPolicy %s: %w", policy.Name, err)
		}
	}
	if len(r.subject.packed) == 0 {
		return nil
	}
	_, err = r.cluster.CoreV1().Secrets(r.trial.Namespace).Create(ctx, r.trial.Requests(r.subject.packed), createOptions)
	r.rememberUnless(err, "secret", r.trial.Name())
	if err != nil {
		return fmt.Errorf("cannot create the Secret %s: %w", r.trial.Name(), err)
	}
	return nil
}

// skewOf is how far the cluster's clock is ahead, by the time that it gave to
// something that was made between two times of this machine's clock. However
// long the making took, a time between them is no skew; nor are two seconds, as
// creation times are whole ones.
func skewOf(created, before, after time.Time) time.Duration {
	const tolerated = 2 * time.Second
	switch {
	case created.Sub(after) > tolerated:
		return created.Sub(after)
	case created.Sub(before) < -tolerated:
		return created.Sub(before)
	}
	return 0
}
