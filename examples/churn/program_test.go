// Package churn_test runs the model container's program as a platform would: it
// trains, serves, is asked, is stopped.
//
// The program needs scikit-learn. It is taken from this machine's Debian packages,
// or from an unpacked image named by CHURN_ROOTFS; without either the tests are
// skipped by name.
package churn_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	python = "/usr/bin/python3"
	// nonRoot is the user of the image; the server runs as it where the tests may switch.
	nonRoot = 10001
	// startTimeout bounds a start on a machine that is busy with other tests.
	startTimeout = 60 * time.Second
)

// machine is where the program runs: this machine (root is empty) or an unpacked
// image that the process changes its root to.
type machine struct {
	root string
	why  string // why nothing can run; empty when something can
}

var findMachine = sync.OnceValue(func() machine {
	if root := os.Getenv("CHURN_ROOTFS"); root != "" {
		if os.Geteuid() != 0 {
			return machine{why: "CHURN_ROOTFS is set, but changing root into it needs root"}
		}
		return machine{root: root}
	}
	// Names, not modules: folders that a removed package left can be imported.
	imports := "from sklearn.ensemble import HistGradientBoostingClassifier; from gunicorn.app.base import BaseApplication; " +
		"from uvloop import Loop; from httptools import HttpRequestParser; from uvicorn.workers import UvicornWorker"
	if out, err := exec.Command(python, "-c", imports).CombinedOutput(); err != nil {
		return machine{why: fmt.Sprintf("neither the Debian packages of the Dockerfile nor CHURN_ROOTFS: %v: %s", err, lastLine(out))}
	}
	return machine{}
})

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// sandbox is one run's directory with a copy of the program and its own /opt/ml.
type sandbox struct {
	machine
	host string // the directory as this machine sees it
}

func newSandbox(t *testing.T) sandbox {
	t.Helper()
	m := findMachine()
	if m.why != "" {
		t.Skip(m.why)
	}
	parent := filepath.Join(m.root, os.TempDir())
	if m.root != "" {
		parent = filepath.Join(m.root, "tmp")
	}
	dir, err := os.MkdirTemp(parent, "churn-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.CopyFS(filepath.Join(dir, "program"), os.DirFS("program")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the server's user must reach it
		t.Fatal(err)
	}
	return sandbox{machine: m, host: dir}
}

// ml is a path below /opt/ml as this machine sees it.
func (s sandbox) ml(name string) string { return filepath.Join(s.host, "ml", name) }

// inside is a path of this machine as the program sees it.
func (s sandbox) inside(host string) string { return strings.TrimPrefix(host, s.root) }

func (s sandbox) write(t *testing.T, name, content string) {
	t.Helper()
	file := s.ml(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (s sandbox) read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(s.ml(name))
	if err != nil {
		t.Fatalf("the program left no %s: %v", name, err)
	}
	return string(data)
}

// command is the program with arguments and extra environment.
func (s sandbox) command(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, python, append([]string{s.inside(s.host) + "/program/churn"}, args...)...)
	cmd.Dir = "/"
	cmd.Env = append([]string{
		"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1", "SAGEMAKER_BASE_DIR=" + s.inside(s.ml("")),
	}, env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: s.root}
	return cmd
}

// run runs the program to its end and returns its exit status and output.
func (s sandbox) run(t *testing.T, env []string, args ...string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	out, err := s.command(ctx, env, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %q: %v", args, err)
	}
	if err != nil {
		return exit.ExitCode(), string(out)
	}
	return 0, string(out)
}

// trainedOnce holds what one run of `churn train` leaves, for every test that serves.
var trainedOnce struct {
	sync.Once
	dir string
	err error
}

func TestMain(m *testing.M) {
	status := m.Run()
	if trainedOnce.dir != "" {
		os.RemoveAll(trainedOnce.dir)
	}
	os.Exit(status)
}

// trained is a sandbox that holds a model and requests.
func trained(t *testing.T) sandbox {
	t.Helper()
	s := newSandbox(t)
	trainedOnce.Do(func() {
		if status, out := s.run(t, nil, "train"); status != 0 {
			trainedOnce.err = fmt.Errorf("train: exit status %d: %s", status, out)
			return
		}
		if trainedOnce.dir, trainedOnce.err = os.MkdirTemp("", "churn-trained-*"); trainedOnce.err == nil {
			trainedOnce.err = os.CopyFS(trainedOnce.dir, os.DirFS(s.ml("")))
		}
	})
	if trainedOnce.err != nil {
		t.Fatal(trainedOnce.err)
	}
	if err := os.RemoveAll(s.ml("")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(s.ml(""), os.DirFS(trainedOnce.dir)); err != nil {
		t.Fatal(err)
	}
	return s
}

// server is a running `churn serve`.
type server struct {
	url    string
	cmd    *exec.Cmd
	output *bytes.Buffer
	exited chan struct{}
	err    error // of Wait, once exited is closed
}

// serve starts the server and waits until it answers /ping.
func (s sandbox) serve(t *testing.T, env ...string) *server {
	t.Helper()
	port := freePort(t)
	env = append([]string{"SAGEMAKER_BIND_TO_PORT=" + strconv.Itoa(port), "CHURN_DRAIN_SECONDS=0.3"}, env...)
	srv := &server{url: "http://127.0.0.1:" + strconv.Itoa(port), output: &bytes.Buffer{}, exited: make(chan struct{})}
	srv.cmd = s.command(context.Background(), env, "serve")
	if mayChangeUser() {
		srv.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nonRoot, Gid: nonRoot}
	}
	srv.cmd.Stdout, srv.cmd.Stderr = srv.output, srv.output
	if err := srv.cmd.Start(); err != nil {
		t.Fatalf("start the server: %v", err)
	}
	go func() {
		srv.err = srv.cmd.Wait()
		close(srv.exited)
	}()
	t.Cleanup(func() { srv.stop(t) })
	srv.waitFor(t, http.StatusOK)
	return srv
}

func (srv *server) stop(t *testing.T) {
	t.Helper()
	// The process may have ended already; Wait in serve reports how.
	_ = srv.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-srv.exited:
	case <-time.After(startTimeout):
		_ = srv.cmd.Process.Kill()
		t.Errorf("the server did not stop within %v of SIGTERM", startTimeout)
	}
}

// waitFor polls /ping until it answers status.
func (srv *server) waitFor(t *testing.T, status int) {
	t.Helper()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(startTimeout)
	for {
		// A new connection each time: a stopping server closes idle ones.
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Second}
		if resp, err := client.Get(srv.url + "/ping"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == status {
				return
			}
		}
		select {
		case <-poll.C:
		case <-srv.exited:
			t.Fatalf("the server ended: %v: %s", srv.err, srv.output)
		case <-deadline:
			t.Fatalf("/ping did not answer %d within %v", status, startTimeout)
		}
	}
}

// freePort is a port that nobody listens on. It is below those that the system
// gives to outgoing connections, one of which could take it before the server
// does.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20_000 + rand.IntN(10_000)
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("of 100 ports none is free")
	return 0
}

// mayChangeUser says whether a program can be started as another user: root may,
// unless it was robbed of its capabilities.
var mayChangeUser = sync.OnceValue(func() bool {
	if os.Geteuid() != 0 {
		return false
	}
	probe := exec.Command("true")
	probe.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nonRoot, Gid: nonRoot}}
	return probe.Run() == nil
})
