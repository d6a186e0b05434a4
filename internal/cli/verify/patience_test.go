package verify

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/cli/session"
	core "landfall.dev/landfall/internal/verify"
)

var (
	errNobody  = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	podsOf     = schema.GroupResource{Resource: "pods"}
	errQuota   = apierrors.NewForbidden(podsOf, "p", errors.New("exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"))
	errLevel   = apierrors.NewForbidden(podsOf, "p", errors.New(`violates PodSecurity "restricted:latest": runAsNonRoot != true`))
	errNoRight = apierrors.NewForbidden(podsOf, "p", errors.New(`User "u" cannot create resource "pods" in API group "" in the namespace "n"`)) //nolint:staticcheck // RBAC's own words
)

// answered is a run whose API server answers one verb on pods with errors, in
// turn, before it does as it is told.
func answered(t *testing.T, verb string, answers ...error) (*run, *strings.Builder) {
	t.Helper()
	words := &strings.Builder{}
	r := testRun(t)
	r.options = &options{session: &session.Session{Now: time.Now, Out: io.Discard, ErrOut: words}}
	r.cluster.(*fake.Clientset).PrependReactor(verb, "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
		if len(answers) == 0 {
			return false, nil, nil
		}
		answer := answers[0]
		answers = answers[1:]
		return true, nil, answer
	})
	return r, words
}

var somePod = &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "team-a"}}

func TestAnAPIServerThatIsAwayIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, words := answered(t, "create", errNobody, apierrors.NewServiceUnavailable("upgraded"))
		if err := r.create(t.Context(), somePod.DeepCopy()); err != nil {
			t.Fatal(err)
		}
		if count := strings.Count(words.String(), "trying again"); count != 1 {
			t.Errorf("told %d times: %s", count, words)
		}
	})
}

func TestNobodyWaitsForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := make([]error, 1000)
		for i := range away {
			away[i] = errNobody
		}
		r, _ := answered(t, "get", away...)
		begin := time.Now()
		if _, err := r.pod(t.Context(), "p"); err == nil || time.Since(begin) > apiPatience+apiPeriod {
			t.Errorf("error %v after %s", err, time.Since(begin))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		begin = time.Now()
		if _, err := r.pod(ctx, "p"); err == nil || time.Since(begin) > apiPeriod {
			t.Errorf("after an interrupt: error %v after %s", err, time.Since(begin))
		}
	})
}

func TestAQuotaHearsOfThePodThatEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := answered(t, "create", errQuota)
		r.remember("pod", "before")
		if err := r.create(t.Context(), somePod.DeepCopy()); err != nil {
			t.Errorf("a quota that is free a moment later: %v", err)
		}
		full := make([]error, 100)
		for i := range full {
			full[i] = errQuota
		}
		r, _ = answered(t, "create", full...)
		begin := time.Now()
		if err := r.create(t.Context(), somePod.DeepCopy()); !admissionDenied(err) || time.Since(begin) > 0 {
			t.Errorf("a quota that is full before the run: %v after %s", err, time.Since(begin))
		}
		r.remember("pod", "before")
		if err := r.create(t.Context(), somePod.DeepCopy()); !admissionDenied(err) || time.Since(begin) > 2*quotaPatience {
			t.Errorf("a quota that stays full: %v after %s", err, time.Since(begin))
		}
	})
}

func TestWhatMayHaveBeenMadeIsDeleted(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		want   int
	}{
		"made": {nil, 1}, "the answer was lost": {context.Canceled, 1}, "denied": {errLevel, 0},
	} {
		r := testRun(t)
		r.rememberUnless(c.answer, "pod", "p")
		if len(r.made) != c.want {
			t.Errorf("%s: %v is remembered; want %d", name, r.made, c.want)
		}
	}
}

// Who has the permission is not told to ask for it.
func TestWhatANamespaceDoesNotTake(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		next   string
	}{
		"Pod Security": {errLevel, "Pod Security level"}, "quota": {errQuota, "quota"}, "permission": {errNoRight, "--print-role"},
	} {
		r, _ := answered(t, "get")
		if next := output.AsFailure(r.options.explain("cannot verify", c.answer)).Next; !strings.Contains(next, c.next) {
			t.Errorf("%s: next is %q; want %q", name, next, c.next)
		}
	}
}

// A need that the namespace denies is a result.
func TestANeedThatTheNamespaceDenies(t *testing.T) {
	r, _ := answered(t, "create", errLevel)
	model := &v1alpha1.Model{}
	model.Spec.Container.Image = "i"
	r.subject = &subject{model: model}
	r.trial.Variant.Endpoint, r.trial.Variant.Model, r.trial.Variant.Pods = &v1alpha1.Endpoint{}, model, &v1alpha1.PodsVariant{ModelRef: v1alpha1.ModelReference{Name: "m"}}
	r.trial = r.trial.With(core.NeedRoot)
	stuck, err := r.tryModel(t.Context())
	if err != nil || stuck == nil || !strings.Contains(stuck.told(), "the namespace takes no pod with them") {
		t.Errorf("%+v, %v", stuck, err)
	}
}

func TestSkewIsNotHowLongTheMakingTook(t *testing.T) {
	at := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	after := at.Add(5 * time.Second)
	for created, want := range map[time.Duration]time.Duration{
		-time.Second: 0, 0: 0, 4 * time.Second: 0, 6 * time.Second: 0, time.Minute: 55 * time.Second, -time.Minute: -time.Minute,
	} {
		if got := skewOf(at.Add(created), at, after); got != want {
			t.Errorf("created %s after: skew %s, want %s", created, got, want)
		}
	}
}

func TestASlowModelDoesNotSeemToHang(t *testing.T) {
	for load, want := range map[float64]time.Duration{0: 30 * time.Second, 20: time.Minute, 60: 2 * time.Minute, 200: 230 * time.Second} {
		r := testRun(t)
		r.found.Figures.Ready = &core.ReadyFigures{LoadSeconds: load}
		if got := r.patience(); got != want {
			t.Errorf("a model that loads in %g s is waited for %s; want %s", load, got, want)
		}
	}
}

func TestWhatACrashPrintsOfItsEnvironment(t *testing.T) {
	s := &subject{model: &v1alpha1.Model{}}
	s.model.Spec.Container.Env = []corev1.EnvVar{{Name: "DB_PASSWORD", Value: "hunter2"}, {Name: "MODE", Value: "fast"}, {Name: "API_TOKEN"}}
	stuck := &stuckError{why: "environ({'DB_PASSWORD': 'hunter2', 'MODE': 'fast'})", cause: core.Cause{Line: "hunter2: Permission denied"}}
	s.conceal(stuck)
	if text := stuck.why + stuck.cause.Line; strings.Contains(text, "hunter2") || !strings.Contains(text, "fast") {
		t.Errorf("it tells %q", text)
	}
}

// What a model says once it was sent requests may quote them.
func TestLastWordsAfterRequestsStayInTheCluster(t *testing.T) {
	model := podWith(ended(1, "Error", "ValueError: could not convert 4711.08"))
	model.ObjectMeta = metav1.ObjectMeta{Name: "landfall-verify-x-model", Namespace: "team-a"}
	r := testRun(t, model.Pod)
	if ok, err := r.alive(t.Context(), core.StepStop); ok || err != nil {
		t.Fatal(ok, err)
	}
	if why := r.found.Skipped[core.StepStop].Why; strings.Contains(why, "4711") || !strings.Contains(why, "exit code 1") {
		t.Errorf("it tells %q", why)
	}
}

// A policy that came to hold late is not told to be without force.
func TestAPolicyThatCameLateProvesNothing(t *testing.T) {
	open := core.Reach{Reached: []core.Place{core.PlaceAPIServer}}
	if !tooSoon(open, time.Second) || tooSoon(open, isolationSeconds*time.Second) || tooSoon(core.Reach{}, time.Second) {
		t.Error("what was reached counts after the time that a network gets, and what was closed at once")
	}
}
