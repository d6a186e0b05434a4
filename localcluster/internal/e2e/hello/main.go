// Command hello is the program inside the pods of the integration test: a small
// server, a client of it, and a writer of files.
package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const usage = `usage:
  hello serve ADDRESS     answer every request with this machine's name
  hello get URL           print what a server answers
  hello write FILE TEXT   write a file
  hello read FILE         print a file
  hello wait              do nothing until told to end`

func main() {
	if err := run(os.Args[1:]); err != nil {
		slog.Error("hello failed", "error", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "serve":
		return serve(args[1])
	case len(args) == 2 && args[0] == "get":
		return get(args[1])
	case len(args) == 3 && args[0] == "write":
		return os.WriteFile(args[1], []byte(args[2]), 0o644) //nolint:gosec // the test names a file of its own volume
	case len(args) == 2 && args[0] == "read":
		content, err := os.ReadFile(args[1]) //nolint:gosec // as above
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(content)
		return err
	case len(args) == 1 && args[0] == "wait":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM)
		<-signals
		return nil
	}
	return fmt.Errorf("cannot make sense of %q\n%s", args, usage)
}

func serve(address string) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	slog.Info("serving", "address", address)
	server := &http.Server{Addr: address, ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		slog.Info("asked", "method", r.Method, "url", r.URL.String())
		fmt.Fprintln(w, name)
	})}
	return server.ListenAndServe()
}

func get(url string) error {
	client := &http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(url) //nolint:gosec,noctx // the test names the server; the client has a timeout
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}
