package verify

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/session"
	"landfall.dev/landfall/internal/export"
	core "landfall.dev/landfall/internal/verify"
)

const cadvisorText = `# TYPE container_cpu_cfs_periods_total counter
container_cpu_cfs_periods_total{container="model",id="/kubepods/x",image="i",name="n",namespace="team-a",pod="p"} 450 1795255200000
container_cpu_cfs_periods_total{container="model",id="/kubepods/y",image="i",name="n",namespace="team-b",pod="p"} 1 1795255200000
container_cpu_cfs_throttled_periods_total{container="model",id="/kubepods/x",image="i",name="n",namespace="team-a",pod="p"} 90 1795255200000
container_cpu_cfs_throttled_seconds_total{container="model",id="/kubepods/x",image="i",name="n",namespace="team-a",pod="p"} 3.6 1795255200000
container_memory_usage_bytes{container="model",namespace="team-a",pod="p"} 1 1795255200000
`

func TestParseCAdvisor(t *testing.T) {
	got, at, err := parseCAdvisor([]byte(cadvisorText), "team-a", "p")
	if want := (core.CPUCounters{Periods: 450, ThrottledPeriods: 90, ThrottledSeconds: 3.6}); err != nil || got != want || !at.Equal(time.UnixMilli(1795255200000)) {
		t.Errorf("%+v at %s, %v; want %+v", got, at, err, want)
	}
	for name, text := range map[string]string{
		"another pod": strings.ReplaceAll(cadvisorText, `pod="p"`, `pod="q"`), "no limit": "container_memory_usage_bytes 1\n",
		"torn": `container_cpu_cfs_periods_total{pod="p"`, "negative": strings.ReplaceAll(cadvisorText, " 450 ", " -1 "),
	} {
		if got, _, err := parseCAdvisor([]byte(text), "team-a", "p"); err == nil {
			t.Errorf("%s gives %+v", name, got)
		}
	}
}

func FuzzParseCAdvisor(f *testing.F) {
	f.Add([]byte(cadvisorText))
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, _, err := parseCAdvisor(text, "team-a", "p"); err == nil && !(c.ThrottledSeconds >= 0) {
			t.Errorf("%+v", c)
		}
	})
}

// measured is a run of a container with resources, in which commands are
// answered by a function.
func measured(t *testing.T, limits corev1.ResourceList, answer func(command []string) (string, error)) *run {
	t.Helper()
	r := testRun(t)
	r.options = &options{session: &session.Session{Now: time.Now}}
	r.found.Left = map[core.StepName]bool{}
	r.subject = &subject{pods: &v1alpha1.PodsVariant{Resources: corev1.ResourceRequirements{Limits: limits}}}
	r.execute = func(_ context.Context, _ string, command ...string) (string, error) { return answer(command) }
	return r
}

func TestGPUMemoryIsReadInsideTheContainer(t *testing.T) {
	gpu := corev1.ResourceList{"nvidia.com/gpu": resource.MustParse("1")}
	const smi = "index, memory.used [MiB], memory.total [MiB], name\n0, 1532 MiB, 23028 MiB, NVIDIA A10G\n"
	r := measured(t, gpu, func(command []string) (string, error) {
		if strings.Join(command, " ") != "nvidia-smi --query-gpu=index,memory.used,memory.total,name --format=csv" {
			t.Errorf("command = %q", command)
		}
		return smi, nil
	})
	r.watchGPU(t.Context())
	r.gpu.load(t.Context())
	r.concludeGPU()
	if f := r.found.Figures.GPU; f == nil || f.Devices[0].WarmMiB != 1532 || f.Samples == 0 {
		t.Errorf("figures = %+v", f)
	}

	for name, c := range map[string]struct {
		text string
		err  error
		why  string
	}{
		"no nvidia-smi": {"", errNotThere, "GPU memory was not measured, because the image does not have it"},
		"a part of one": {"index, memory.used [MiB], memory.total [MiB], name\n0, [N/A], [N/A], MIG\n", nil, "gives no figures of the GPU"},
	} {
		r := measured(t, gpu, func([]string) (string, error) { return c.text, c.err })
		r.watchGPU(t.Context())
		<-r.gpu.ended
		r.concludeGPU()
		if got := r.found.Skipped[core.StepGPUMemory].Why; !strings.Contains(got, c.why) || r.found.Figures.GPU != nil {
			t.Errorf("%s: %q; want %q", name, got, c.why)
		}
	}

	r = measured(t, nil, nil)
	r.leaveOut()
	r.watchGPU(t.Context())
	if !r.found.Left[core.StepGPUMemory] || r.gpu != nil {
		t.Error("a pod without a GPU is told of one")
	}
}

func TestThrottlingIsReadInsideTheContainer(t *testing.T) {
	cpu := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("500m")}
	// cat ends with 1, as the files of the other version are not there.
	r := measured(t, cpu, func([]string) (string, error) {
		return "nr_periods 100\nnr_throttled 20\nthrottled_time 1000000000\n", errors.New("exit code 1")
	})
	r.watchThrottling(t.Context())
	r.concludeThrottling()
	if f := r.found.Figures.Throttling; f == nil || f.Start.Percent != 20 || f.LimitMillis != 500 || f.Source != sourceCgroup {
		t.Errorf("figures = %+v", f)
	}
	r = measured(t, nil, nil)
	r.watchThrottling(t.Context())
	r.concludeThrottling()
	if got := r.found.Skipped[core.StepThrottling].Why; !strings.Contains(got, "no CPU limit") {
		t.Errorf("without a limit: %q", got)
	}
}

func TestTheDocumentedRoleIsThePrintedOne(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "tasks", "verify.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := roles("team-a"); !strings.Contains(string(page), want) {
		t.Errorf("docs/tasks/verify.md does not hold what --print-role prints:\n%s", want)
	}
}

func TestWhatFindingsSayIsNeeded(t *testing.T) {
	s := &subject{model: &v1alpha1.Model{}, findings: []export.Finding{
		{ID: "SageMakerVariableNeeded", Message: "SM_B is read, without a default"},
		{ID: "SageMakerVariableNeeded", Message: "SM_A is read, without a default"},
		{ID: "SageMakerVariableNeeded", Message: "SM_A is read, without a default"},
		{ID: "SageMakerVariableRead", Message: "SM_C is read, with a default"},
		{ID: "HostCalled", File: "a.py", Line: 3, Message: "requests.get"},
	}}
	s.model.Spec.Container.Env = []corev1.EnvVar{{Name: "SM_A", Value: "1"}, {Name: "SM_C", Value: "1"}}
	set, unset := s.neededEnv()
	if strings.Join(set, " ") != "SM_A" || strings.Join(unset, " ") != "SM_B" {
		t.Errorf("set %v, unset %v", set, unset)
	}
	if o := s.outside(); len(o) != 1 || o[0].Where != "a.py:3" {
		t.Errorf("outside = %+v", o)
	}
}
