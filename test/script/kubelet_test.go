package script

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"

	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"

	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/verify"
)

// kubelet plays the node of a real API server that has none: it starts, runs and
// ends the pods of one namespace, and answers for their logs and for
// commands in them. What a model does is in its variable MODE.
type kubelet struct {
	cluster   kubernetes.Interface
	namespace string
	name      string
	server    *httptest.Server
	watcher   watch.Interface
	group     sync.WaitGroup
	mu        sync.Mutex
	cpu       int
}

// startKubelet begins; the returned function ends it.
func startKubelet(ctx context.Context, config *rest.Config, namespace string) (func(), error) {
	cluster, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	k := &kubelet{cluster: cluster, namespace: namespace, name: "node-" + namespace}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", k.logs)
	mux.HandleFunc("/exec/{namespace}/{pod}/{container}", k.exec)
	k.server = httptest.NewTLSServer(mux)
	if err := k.join(ctx); err != nil {
		k.server.Close()
		return nil, err
	}
	if k.watcher, err = cluster.CoreV1().Pods(namespace).Watch(ctx, metav1.ListOptions{}); err != nil {
		k.server.Close()
		return nil, err
	}
	k.group.Go(func() {
		for event := range k.watcher.ResultChan() {
			if pod, is := event.Object.(*corev1.Pod); is && event.Type != watch.Deleted {
				k.sync(context.WithoutCancel(ctx), pod)
			}
		}
	})
	return func() {
		k.watcher.Stop()
		k.group.Wait()
		k.server.Close()
		_ = cluster.CoreV1().Nodes().Delete(context.WithoutCancel(ctx), k.name, metav1.DeleteOptions{})
	}, nil
}

// join makes the Node by which the API server finds us.
func (k *kubelet) join(ctx context.Context) error {
	address := k.server.Listener.Addr().(*net.TCPAddr)
	node, err := k.cluster.CoreV1().Nodes().Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: k.name}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	node.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: address.IP.String()}}
	node.Status.DaemonEndpoints.KubeletEndpoint.Port = int32(address.Port)
	_, err = k.cluster.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{})
	return err
}

// mode is what the model of a pod does.
func mode(pod *corev1.Pod) string {
	for _, variable := range pod.Spec.Containers[0].Env {
		if variable.Name == "MODE" {
			return variable.Value
		}
	}
	return ""
}

// sync takes a pod one state further.
func (k *kubelet) sync(ctx context.Context, pod *corev1.Pod) {
	pods := k.cluster.CoreV1().Pods(k.namespace)
	switch {
	case mode(pod) == "pending":
	case pod.Spec.NodeName == "":
		_ = pods.Bind(ctx, &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: pod.Name}, Target: corev1.ObjectReference{Kind: "Node", Name: k.name}}, metav1.CreateOptions{})
	case pod.DeletionTimestamp != nil:
		if pod.Status.Phase == corev1.PodRunning {
			k.put(ctx, pod, corev1.PodSucceeded, ended(0, ""))
			return
		}
		_ = pods.Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))})
	case pod.Status.Phase == corev1.PodPending:
		k.begin(ctx, pod)
	}
}

func ended(code int32, message string) corev1.ContainerState {
	now := metav1.Now()
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Message: message, Reason: "Error", StartedAt: now, FinishedAt: now}}
}

// begin runs a pod as its model would behave.
func (k *kubelet) begin(ctx context.Context, pod *corev1.Pod) {
	security := pod.Spec.Containers[0].SecurityContext
	switch {
	case pod.Labels[naming.LabelVerifyRole] == "missing":
		k.put(ctx, pod, corev1.PodFailed, ended(1, "no model in /opt/ml/model"))
	case mode(pod) == "crash":
		k.put(ctx, pod, corev1.PodFailed, ended(7, "ValueError: bad model"))
	case mode(pod) == "readonly" && *security.ReadOnlyRootFilesystem:
		// What the kubelet keeps of the log no longer tells; the log does.
		k.put(ctx, pod, corev1.PodFailed, ended(3, "Shutting down: Master"))
	case mode(pod) == "roots" && *security.ReadOnlyRootFilesystem:
		k.put(ctx, pod, corev1.PodFailed, ended(3, "OSError: [Errno 30] Read-only file system: '/opt/program/cache'"))
	case mode(pod) == "roots" && pod.Spec.SecurityContext.RunAsNonRoot != nil && *pod.Spec.SecurityContext.RunAsNonRoot:
		k.put(ctx, pod, corev1.PodFailed, ended(4, "PermissionError: [Errno 13] Permission denied: '/opt/program/cache'"))
	default:
		k.put(ctx, pod, corev1.PodRunning, corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}})
	}
}

func (k *kubelet) put(ctx context.Context, pod *corev1.Pod, phase corev1.PodPhase, state corev1.ContainerState) {
	pod = pod.DeepCopy()
	pod.Status.Phase, pod.Status.PodIP = phase, "127.0.0.1"
	pod.Status.PodIPs = []corev1.PodIP{{IP: pod.Status.PodIP}}
	ready := corev1.ConditionFalse
	if phase == corev1.PodRunning {
		ready = corev1.ConditionTrue
	}
	pod.Status.Conditions = []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: pod.CreationTimestamp},
		{Type: corev1.PodReady, Status: ready, LastTransitionTime: metav1.Now()},
	}
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: pod.Spec.Containers[0].Name, State: state, Image: pod.Spec.Containers[0].Image}}
	_, _ = k.cluster.CoreV1().Pods(k.namespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{}) // a conflict brings another event
}

// logs are what a probe tells, and the last words of a model.
func (k *kubelet) logs(w http.ResponseWriter, request *http.Request) {
	pod, err := k.cluster.CoreV1().Pods(k.namespace).Get(request.Context(), request.PathValue("pod"), metav1.GetOptions{})
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	if request.PathValue("container") == naming.ContainerModel {
		if mode(pod) != "readonly" {
			_, _ = io.WriteString(w, "ValueError: bad model\n")
			return
		}
		_, _ = io.WriteString(w, "OSError: [Errno 30] Read-only file system: '/opt/program/cache'\nShutting down: Master\n")
		return
	}
	lines := json.NewEncoder(w)
	for _, o := range observations(pod.Spec.Containers[0].Args) {
		_ = lines.Encode(o) //nolint:errchkjson // who reads no longer listens
	}
}

// observations are what a probe of a model without faults tells.
func observations(args []string) []verify.Observation {
	value := func(name string) string {
		if at := slices.Index(args, name); at >= 0 {
			return args[at+1]
		}
		return ""
	}
	phase := verify.Phase(value(naming.AgentProbePhase))
	rate, _ := strconv.ParseFloat(value(naming.AgentProbeRate), 64)
	told, done := verify.Observation{Phase: phase, Started: true}, verify.Observation{Phase: phase, Done: true}
	all := []verify.Observation{told}
	switch phase {
	case verify.PhaseAnswers, verify.PhaseSettings:
		done.Answers = &verify.AnswerFigures{Sent: 1, Equal: 1}
	case verify.PhasePeak, verify.PhaseTwicePeak:
		done.Load = &verify.Load{OfferedPerSecond: rate, Seconds: 1, Requests: 10, AnsweredPerSecond: rate, P50Milliseconds: 1, P99Milliseconds: 2}
	case verify.PhaseRamp:
		all = append(all, verify.Observation{Phase: phase, Load: &verify.Load{Concurrency: 1, Seconds: 1, Requests: 100, AnsweredPerSecond: 100, P99Milliseconds: 2}})
	case verify.PhaseStop:
		done.Stop = &verify.StopCounts{Answered: 5, InFlight: 2, InFlightAnswered: 2}
	case verify.PhaseIsolation:
		tried := verify.Places
		all = append(all, verify.Observation{Phase: phase, Reach: &verify.Reach{Tried: tried, Reached: tried[:2]}},
			verify.Observation{Phase: phase, Reach: &verify.Reach{Tried: tried, Seconds: 1}})
	}
	return append(all, done)
}

// exec answers cat of cpu.stat and nvidia-smi, by the protocol that the API
// server speaks with kubelets.
func (k *kubelet) exec(w http.ResponseWriter, request *http.Request) {
	command := request.URL.Query()["command"]
	if _, err := httpstream.Handshake(request, w, []string{"v5.channel.k8s.io", "v4.channel.k8s.io"}); err != nil {
		return
	}
	type arrived struct {
		stream httpstream.Stream
		sent   <-chan struct{}
	}
	streams := make(chan arrived, 4)
	connection := spdy.NewResponseUpgrader().UpgradeResponse(w, request, func(stream httpstream.Stream, sent <-chan struct{}) error {
		streams <- arrived{stream, sent}
		return nil
	})
	if connection == nil {
		return
	}
	defer connection.Close()
	const streamCount = 3 // error, stdout, stderr
	byType := map[string]httpstream.Stream{}
	for len(byType) < streamCount {
		select {
		case a := <-streams:
			<-a.sent
			byType[a.stream.Headers().Get(corev1.StreamType)] = a.stream
		case <-request.Context().Done():
			return
		case <-time.After(patience):
			return
		}
	}
	status := metav1.Status{Status: metav1.StatusSuccess}
	text := k.run(command)
	if text == "" {
		status = metav1.Status{Status: metav1.StatusFailure, Message: fmt.Sprintf("exec: %q: executable file not found in $PATH", command[0])}
	}
	_, _ = io.WriteString(byType[corev1.StreamTypeStdout], text)
	_ = json.NewEncoder(byType[corev1.StreamTypeError]).Encode(status) //nolint:errchkjson // who reads no longer listens
	for _, stream := range byType {
		_ = stream.Close()
	}
	select { // until the other side has read it all
	case <-connection.CloseChan():
	case <-time.After(patience):
	}
}

// run is what a command writes. Each reading of the CPU has one throttled period
// in five more.
func (k *kubelet) run(command []string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch command[0] {
	case "cat":
		k.cpu += 100
		return fmt.Sprintf("nr_periods %d\nnr_throttled %d\nthrottled_usec %d\n", k.cpu, k.cpu/5, k.cpu*10_000)
	case "nvidia-smi":
		return "index, memory.used [MiB], memory.total [MiB], name\n0, 1532 MiB, 23028 MiB, NVIDIA A10G\n"
	}
	return ""
}

// kubelet starts a node for the script's namespace, and figures of its pods, until
// the script ends.
func (c *cluster) kubelet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: kubelet")
	}
	stop, err := startKubelet(context.Background(), c.config, ts.Getenv("NAMESPACE"))
	ts.Check(err)
	ts.Defer(stop)
	w := &warden{namespace: ts.Getenv("NAMESPACE"), asked: map[right]bool{}}
	stop, err = w.serve(c.config, ts.Getenv("KUBECONFIG"))
	ts.Check(err)
	ts.Defer(stop)
}
