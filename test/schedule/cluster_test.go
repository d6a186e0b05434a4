package schedule

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	watchtools "k8s.io/client-go/tools/watch"

	"landfall.dev/landfall/internal/placement"
	"landfall.dev/landfall/test/apiserver"
)

// patience is how long the scheduler may take for one scenario.
const patience = 2 * time.Minute

// cluster is an API server with a scheduler, and a namespace for one scenario.
type cluster struct {
	client    kubernetes.Interface
	namespace string
	// program is kube-scheduler, config how it reaches the API server.
	program string
	config  *rest.Config
}

// start gives a scenario an empty cluster: the API server is that of the
// package, all objects end with the test.
func start(t *testing.T) *cluster {
	t.Helper()
	config := apiserver.Start(t)
	program := filepath.Join(os.Getenv(apiserver.AssetsVariable), "kube-scheduler")
	if _, err := os.Stat(program); err != nil {
		t.Skipf("kube-scheduler is not installed in %s (%v): run make test-api, which builds it", apiserver.AssetsVariable, err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	namespace, err := client.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "schedule-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{client: client, namespace: namespace.Name, program: program, config: config}
	c.createPriorities(t)
	t.Cleanup(func() { c.clear(t) })
	return c
}

// schedule starts the scheduler, and stops it when the test ends. Nodes that
// exist before are in its view from the first pod on.
func (c *cluster) schedule(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(kubeconfig(c.config), path); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	command := exec.Command(c.program, "--kubeconfig", path, "--leader-elect=false", "--secure-port=0",
		"--kube-api-qps=1000", "--kube-api-burst=2000")
	command.Stdout, command.Stderr = &log, &log
	// The scheduler must not outlive a test that is killed.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		t.Fatalf("cannot start the scheduler: %v", err)
	}
	t.Cleanup(func() {
		if err := command.Process.Kill(); err != nil {
			t.Errorf("cannot stop the scheduler: %v", err)
		}
		_ = command.Wait() // it was killed
		if t.Failed() {
			lines := strings.Split(strings.TrimSpace(log.String()), "\n")
			t.Logf("the scheduler's last words:\n%s", strings.Join(lines[max(0, len(lines)-20):], "\n"))
		}
	})
}

// kubeconfig writes a client's configuration as a program reads it.
func kubeconfig(config *rest.Config) clientcmdapi.Config {
	const name = "test"
	file := clientcmdapi.NewConfig()
	server := config.Host
	if !strings.Contains(server, "://") {
		server = "https://" + server
	}
	file.Clusters[name] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: config.CAData}
	file.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: config.CertData, ClientKeyData: config.KeyData}
	file.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	file.CurrentContext = name
	return *file
}

// clear removes what a scenario made: nodes belong to no namespace.
func (c *cluster) clear(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	now := int64(0)
	gone := metav1.DeleteOptions{GracePeriodSeconds: &now}
	if err := c.client.CoreV1().Pods(c.namespace).DeleteCollection(ctx, gone, metav1.ListOptions{}); err != nil {
		t.Errorf("cannot delete the pods: %v", err)
	}
	if err := c.client.CoreV1().Nodes().DeleteCollection(ctx, gone, metav1.ListOptions{}); err != nil {
		t.Errorf("cannot delete the nodes: %v", err)
	}
}

func (c *cluster) createPriorities(t *testing.T) {
	t.Helper()
	for _, p := range placement.PriorityClasses() {
		policy := corev1.PreemptLowerPriority
		if !p.Preempts {
			policy = corev1.PreemptNever
		}
		_, err := c.client.SchedulingV1().PriorityClasses().Create(t.Context(), &schedulingv1.PriorityClass{
			ObjectMeta: metav1.ObjectMeta{Name: p.Name}, Value: p.Value, PreemptionPolicy: &policy, Description: p.Description,
		}, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatalf("priority class %s: %v", p.Name, err)
		}
	}
}

// settled waits until the scheduler has decided about every pod that is not a
// node's own, and returns those that it found no node for.
func (c *cluster) settled(t *testing.T, pods int) (bound map[string]string, pending []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	selector := fields.OneTermEqualSelector("metadata.namespace", c.namespace).String()
	list := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.FieldSelector, options.LabelSelector = selector, labelWorkload
			return c.client.CoreV1().Pods(c.namespace).List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.FieldSelector, options.LabelSelector = selector, labelWorkload
			return c.client.CoreV1().Pods(c.namespace).Watch(ctx, options)
		},
	}
	verdicts := map[string]string{}
	decided := func(event watch.Event) (bool, error) {
		pod, ok := event.Object.(*corev1.Pod)
		if !ok {
			return false, fmt.Errorf("watching pods gave a %T: %v", event.Object, event.Object)
		}
		if verdict := verdictOn(pod); verdict != "" {
			verdicts[pod.Name] = verdict
		}
		return len(verdicts) == pods, nil
	}
	if _, err := watchtools.UntilWithSync(ctx, list, &corev1.Pod{}, nil, decided); err != nil {
		t.Fatalf("the scheduler decided about %d of %d pods: %v", len(verdicts), pods, err)
	}
	bound = map[string]string{}
	for pod, verdict := range verdicts {
		if verdict == unschedulable {
			pending = append(pending, pod)
			continue
		}
		bound[pod] = verdict
	}
	return bound, pending
}

// unschedulable is the verdict on a pod that no node takes.
const unschedulable = "/"

// verdictOn is the node of a pod, unschedulable, or empty for a pod that the
// scheduler has not looked at yet.
func verdictOn(pod *corev1.Pod) string {
	if pod.Spec.NodeName != "" {
		return pod.Spec.NodeName
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Reason == corev1.PodReasonUnschedulable {
			return unschedulable
		}
	}
	return ""
}
