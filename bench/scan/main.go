// Command scan measures a scan of a large account against the time that the
// account's own rate limits leave: the calls of the busiest operation, divided
// by its rate. It prints a table, and writes bench/out/scan.json.
//
// It owns starting the stand-in account and the program, and the arithmetic. It
// fails on nothing but a scan that does not work: timing is for people.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

type options struct {
	landfall, standin, account, out string
	rate                            float64
}

func main() {
	var o options
	flag.StringVar(&o.landfall, "landfall", "bin/landfall", "the program to measure")
	flag.StringVar(&o.standin, "standin", "bin/landfall-standin", "the stand-in account's program")
	flag.StringVar(&o.account, "account", "test/standin/accounts/twenty-thousand.yaml", "the account to scan")
	flag.StringVar(&o.out, "out", "bench/out/scan.json", "where the figures go")
	flag.Float64Var(&o.rate, "rate", 2, "requests a second that the account answers for each operation")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := measure(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "cannot measure the scan:", err)
		os.Exit(1) //nolint:gocritic // stop only restores signals
	}
}

// credentials of the account file; they open nothing else.
var credentials = []string{
	"AWS_ACCESS_KEY_ID=AKIALANDFALLBULK0001", "AWS_SECRET_ACCESS_KEY=bulk-secret-of-the-stand-in-account", "AWS_REGION=us-east-1",
}

func measure(ctx context.Context, o options) error {
	account, err := start(ctx, o)
	if err != nil {
		return err
	}
	defer account.stop()
	if err := account.pace(ctx, o.rate); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "landfall-bench-")
	if err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	inventory, plan, page := filepath.Join(folder, "inventory.yaml"), filepath.Join(folder, "plan.yaml"), filepath.Join(folder, "report.html")
	env := slices.Concat(credentials, []string{"AWS_ENDPOINT_URL=http://" + account.address})
	fmt.Fprintf(os.Stderr, "scanning at %g requests a second for each operation; this takes minutes\n", o.rate)
	scanned, err := run(ctx, env, o.landfall, "scan", "-o", inventory, "--no-resume", "--rate", fmt.Sprint(o.rate))
	if err != nil {
		return err
	}
	calls, err := account.calls(ctx)
	if err != nil {
		return err
	}
	planned, err := run(ctx, env, o.landfall, "plan", inventory, "-o", plan)
	if err != nil {
		return err
	}
	reported, err := run(ctx, env, o.landfall, "report", inventory, "--plan", plan, "-o", page)
	if err != nil {
		return err
	}
	f := figuresOf(o.rate, calls, scanned, planned, reported)
	if f.InventoryBytes, err = size(inventory); err != nil {
		return err
	}
	if f.ReportBytes, err = size(page); err != nil {
		return err
	}
	if err := f.print(os.Stdout); err != nil {
		return err
	}
	return f.write(o.out)
}

func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("a result is missing: %w", err)
	}
	return info.Size(), nil
}

// cost is what one run of the program took.
type cost struct {
	Seconds float64 `json:"seconds"`
	// PeakMiB is the most memory that was resident.
	PeakMiB float64 `json:"peakMiB"`
}

func run(ctx context.Context, env []string, program string, args ...string) (cost, error) {
	command := exec.CommandContext(ctx, program, args...)
	command.Env = append(os.Environ(), env...)
	command.Stdout, command.Stderr = io.Discard, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	began := time.Now()
	if err := command.Run(); err != nil {
		return cost{}, fmt.Errorf("%s %s: %w", filepath.Base(program), args[0], err)
	}
	c := cost{Seconds: time.Since(began).Seconds()}
	if usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.PeakMiB = float64(usage.Maxrss) / 1024 // Linux counts in KiB
	}
	return c, nil
}

// account is the stand-in under way.
type account struct {
	address, admin string
	command        *exec.Cmd
}

func start(ctx context.Context, o options) (*account, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	admin, err := freeAddress()
	if err != nil {
		return nil, err
	}
	a := &account{address: address, admin: "http://" + admin}
	a.command = exec.CommandContext(ctx, o.standin, "serve", "--account", o.account, "--listen", address, "--admin-listen", admin)
	a.command.Env = append(os.Environ(), "CHURN_BACKEND_URL=")
	a.command.Stderr = io.Discard
	if err := a.command.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", o.standin, err)
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for {
		select {
		case <-ctx.Done():
			a.stop()
			return nil, ctx.Err()
		case <-deadline:
			a.stop()
			return nil, fmt.Errorf("%s does not answer at %s", o.standin, admin)
		case <-tick.C:
			if _, err := a.calls(ctx); err == nil {
				return a, nil
			}
		}
	}
}

func (a *account) stop() {
	_ = a.command.Process.Signal(syscall.SIGTERM)
	_ = a.command.Wait()
}

// freeAddress is one that nobody listened on a moment ago.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("cannot find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// pace sets how many requests a second each operation answers.
func (a *account) pace(ctx context.Context, rate float64) error {
	knob := map[string]float64{"ratePerSecond": rate, "burst": rate}
	body, err := json.Marshal(map[string]any{"operations": map[string]any{"sagemaker:List*": knob, "sagemaker:Describe*": knob}})
	if err != nil {
		return fmt.Errorf("cannot write the knobs: %w", err)
	}
	return a.ask(ctx, http.MethodPatch, "/_standin/knobs", body, nil)
}

// count is what the stand-in counted for one operation.
type count struct {
	Calls    int64 `json:"calls"`
	Rejected int64 `json:"rejected"`
}

func (a *account) calls(ctx context.Context) (map[string]count, error) {
	var answer struct {
		Operations map[string]count `json:"operations"`
	}
	err := a.ask(ctx, http.MethodGet, "/_standin/requests", nil, &answer)
	return answer.Operations, err
}
