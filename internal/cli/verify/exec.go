package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"

	"landfall.dev/landfall/internal/naming"
)

// execute runs a command in the model's container of a pod and returns what it
// wrote to its standard output, also beside an error.
type execute func(ctx context.Context, pod string, command ...string) (string, error)

const (
	// execPatience bounds one command: nvidia-smi takes a second where the
	// driver has to be woken.
	execPatience = 15 * time.Second
	// mostExecBytes of its output are kept.
	mostExecBytes = 256 << 10
)

// executor runs commands by the API server's exec, over WebSockets.
func executor(config *rest.Config, cluster kubernetes.Interface, namespace string) execute {
	return func(ctx context.Context, pod string, command ...string) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, execPatience)
		defer cancel()
		request := cluster.CoreV1().RESTClient().Get().Namespace(namespace).Resource("pods").Name(pod).SubResource("exec").
			VersionedParams(&corev1.PodExecOptions{Container: naming.ContainerModel, Command: command, Stdout: true, Stderr: true}, scheme.ParameterCodec)
		stream, err := remotecommand.NewWebSocketExecutor(config, "GET", request.URL().String())
		if err != nil {
			return "", fmt.Errorf("cannot run %s in the container: %w", command[0], err)
		}
		var out, words bounded
		if err := stream.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: &out, Stderr: &words}); err != nil {
			return out.String(), fmt.Errorf("cannot run %s in the container: %w", command[0], execError(err, words.String()))
		}
		return out.String(), nil
	}
}

// execError is the end of what a command wrote, where it wrote something.
func execError(err error, words string) error {
	if strings.Contains(err.Error(), "executable file not found") || strings.Contains(err.Error(), "no such file or directory") {
		return errNotThere
	}
	if words = short(words); words != "" {
		return fmt.Errorf("%w: %s", err, words)
	}
	return err
}

// errNotThere means that an image lacks a program.
var errNotThere = errors.New("the image does not have it")

// bounded keeps the beginning of what is written.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if room := mostExecBytes - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
