package door

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"landfall.dev/landfall/internal/router/auth"
	"landfall.dev/landfall/internal/router/exchange"
)

// pipeListener gives a server one connection, without buffers between the ends.
type pipeListener struct {
	conns chan net.Conn
	close sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	conn, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (l *pipeListener) Close() error {
	l.close.Do(func() { close(l.conns) })
	return nil
}

func (*pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

type invokerFunc func() *exchange.Answer

func (f invokerFunc) Invoke(context.Context, *exchange.Request) *exchange.Answer { return f() }

// served runs a door on one end of a pipe, until the test ends, and returns the
// other. ended is closed when the server has let go of the connection.
func served(t *testing.T, invoker Invoker) (client net.Conn, ended chan struct{}) {
	t.Helper()
	client, conn := net.Pipe()
	listener := &pipeListener{conns: make(chan net.Conn, 1)}
	listener.conns <- conn
	ended = make(chan struct{})
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: New(Config{
			Auth: auth.None{Default: "shop"}, MaxBodyBytes: 1 << 10, Memory: exchange.NewBudget(1 << 20),
			Draining: func() bool { return false }, Now: time.Now,
		}, invoker),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				close(ended)
			}
		},
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serving ended with %v", err)
		}
	}()
	t.Cleanup(func() {
		_ = client.Close()
		_ = server.Close()
		<-stopped
	})
	return client, ended
}

// A caller that does not read its answer is cut off, whatever the answer is: it
// must not keep a connection, and what belongs to it, for ever.
func TestStalledCallerIsCutOff(t *testing.T) {
	answer := func() *exchange.Answer {
		return &exchange.Answer{Status: 200, Body: exchange.NewBytes([]byte("ok")), LengthBytes: 2}
	}
	cases := map[string]struct {
		reason, path, body string
		invoke             invokerFunc
	}{
		"Answer": {"A short answer leaves with the end of the request.", "/endpoints/churn/invocations", `{}`, answer},
		"Fault": {"So does a fault.", "/endpoints/churn/invocations", `{}`, func() *exchange.Answer {
			return &exchange.Answer{Fault: exchange.NewFault(exchange.ServiceUnavailable, "no")}
		}},
		"LongFault": {"A long one does before.", "/endpoints/churn/invocations", `{}`, func() *exchange.Answer {
			return &exchange.Answer{Fault: &exchange.Fault{
				Type: exchange.ModelError, Original: &exchange.Original{Status: 500, Message: strings.Repeat("x", 64<<10)},
			}}
		}},
		"Refused":  {"A refusal needs no valid request.", "/nowhere", `{}`, answer},
		"TooLarge": {"Nor does one for size.", "/endpoints/churn/invocations", strings.Repeat("x", 2<<10), answer},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, ended := served(t, tc.invoke)
				writeRequest(t, client, tc.path, tc.body)
				select {
				case <-ended:
				case <-time.After(2 * writeTimeout):
					t.Errorf("%s\nafter %s the connection of a caller that does not read is still open", tc.reason, 2*writeTimeout)
				}
			})
		})
	}
}

// The limit is that of one answer: a later one on the same connection has the
// whole of it, though its model took longer than that.
func TestWriteLimitIsPerAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := served(t, invokerFunc(func() *exchange.Answer {
			time.Sleep(2 * writeTimeout)
			return &exchange.Answer{Status: 200, Body: exchange.NewBytes([]byte("ok")), LengthBytes: 2}
		}))
		for range 3 {
			go writeRequest(t, client, "/endpoints/churn/invocations", `{}`)
			time.Sleep(2*writeTimeout + writeTimeout/2) // the caller is slow, within the limit
			buffer := make([]byte, 4<<10)
			n, err := client.Read(buffer)
			if text := string(buffer[:n]); err != nil || !strings.HasPrefix(text, "HTTP/1.1 200") || !strings.HasSuffix(text, "ok") {
				t.Fatalf("the answer is %q (%v); want 200 ok", text, err)
			}
		}
	})
}

func writeRequest(t *testing.T, client io.Writer, path, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://router"+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	if err := request.Write(client); err != nil {
		t.Errorf("sending the request: %v", err)
	}
}
