package journey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"landfall.dev/landfall/test/standin"
)

// company is the whole of Acme's SageMaker: two accounts in two regions each,
// answered by this process on the loopback address.
type company struct {
	journey *Journey
	server  *standin.Server
	url     string
	// folder is where the stage's inventories, plan and page go.
	folder string
	// secrets are the made-up ones that the account files hold.
	secrets []string
	// said is everything that the commands wrote, journal what a killed scan had
	// written down.
	said    bytes.Buffer
	journal []byte
}

// companyRate is how often a second the scans may call one operation. The
// account's own limits stay as they are.
const companyRate = "50"

// places are the options that name both accounts and regions.
var places = []string{
	"--region", region + ",eu-west-1", "--external-id", "acme-landfall",
	"--role-arn", "arn:aws:iam::123456789012:role/landfall-scan",
	"--role-arn", "arn:aws:iam::210987654321:role/landfall-scan",
}

// wholeFolder is where the stage's inventories, plan and page go.
func (j *Journey) wholeFolder() string { return filepath.Join(j.config.WorkDir, "whole-account") }

// startCompany serves the accounts until stop is called.
func (j *Journey) startCompany(ctx context.Context) (c *company, stop func() error, err error) {
	accounts := filepath.Dir(j.config.Account)
	account, err := standin.Load(filepath.Join(accounts, "organisation.yaml"), func(name string) (string, bool) {
		return os.Getenv(name), true
	})
	if err != nil {
		return nil, nil, err
	}
	c = &company{journey: j, folder: j.wholeFolder()}
	if c.secrets, err = secretsIn(accounts); err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(c.folder, 0o755); err != nil {
		return nil, nil, err
	}
	if c.server, err = standin.New(account, standin.Options{}); err != nil {
		return nil, nil, err
	}
	on, err := standin.Listen(ctx, "127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	c.url = "http://" + on.API.Addr().String()
	serving, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- c.server.Serve(serving, on) }()
	return c, func() error { cancel(); return <-ended }, nil
}

// secretForm is what the account files write where a real one has a secret.
var secretForm = regexp.MustCompile(`not-a-real-[a-z]+(?:-[0-9]+)?|hf_[A-Za-z0-9]*notareal[A-Za-z0-9]*|demo-secret-of-[a-z-]+`)

// secretsIn collects the made-up secrets of the account files of a folder.
func secretsIn(folder string) ([]string, error) {
	found := map[string]bool{}
	for _, pattern := range []string{"*.yaml", "fleet/*.yaml"} {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			for _, secret := range secretForm.FindAllString(string(text), -1) {
				found[secret] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// command is a call of landfall against the company.
func (c *company) command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, c.journey.config.Landfall, args...)
	command.Env = append(append(os.Environ(), c.journey.environment...), "AWS_ENDPOINT_URL="+c.url)
	return command
}

// landfall runs a command to its end and returns what it wrote.
func (c *company) landfall(ctx context.Context, args ...string) (stdout, stderr string, err error) {
	command := c.command(ctx, args...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err = command.Run(); err != nil {
		err = fmt.Errorf("landfall %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	c.said.Write(out.Bytes())
	c.said.Write(errs.Bytes())
	return out.String(), errs.String(), err
}

// path of a file of the stage.
func (c *company) path(name string) string { return filepath.Join(c.folder, name) }

// scanArguments are those of a scan of everything into a file.
func (c *company) scanArguments(file string, more ...string) []string {
	args := append([]string{"scan", "-o", c.path(file), "--rate", companyRate, "--cloudtrail"}, places...)
	return append(args, more...)
}

// scan scans everything into a file, and returns what was written, and how many
// calls it took.
func (c *company) scan(ctx context.Context, file string) (inventory []byte, calls int64, err error) {
	before := c.calls()
	if _, _, err = c.landfall(ctx, c.scanArguments(file)...); err != nil {
		return nil, 0, err
	}
	inventory, err = os.ReadFile(c.path(file))
	return inventory, c.calls() - before, err
}

// calls is how many calls the accounts got so far.
func (c *company) calls() int64 {
	var sum int64
	for _, operation := range c.server.Requests().Operations {
		sum += operation.Calls
	}
	return sum
}

// errTooLate is a scan that ended before it was killed.
var errTooLate = errors.New("the scan ended before it could be killed")

// scanAndKill begins a scan and kills it after so many calls, as a machine does
// that loses its power. It looks at the calls often: a scan is over in seconds.
func (c *company) scanAndKill(ctx context.Context, file string, after int64) error {
	before := c.calls()
	command := c.command(ctx, c.scanArguments(file)...)
	if err := command.Start(); err != nil {
		return err
	}
	over := make(chan struct{})
	var ending error
	go func() { ending = command.Wait(); close(over) }()
	err := wait.PollUntilContextTimeout(ctx, 5*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		select {
		case <-over:
			return true, nil
		default:
			return c.calls()-before >= after, nil
		}
	})
	_ = command.Process.Kill() // what it came to shows in how the scan ended
	<-over
	var exit *exec.ExitError
	switch {
	case err != nil:
		return fmt.Errorf("waited up to %s for %d calls of the scan, saw %d: %w", patience, after, c.calls()-before, err)
	case ending == nil:
		return errTooLate
	case !errors.As(ending, &exit) || exit.Exited():
		return fmt.Errorf("the scan ended by itself: %w", ending)
	}
	if _, err := os.Stat(c.path(file)); err == nil {
		return errors.New("the killed scan left an inventory")
	}
	c.journal, err = os.ReadFile(c.path("." + file + ".scan"))
	return err
}
