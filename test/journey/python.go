package journey

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

//go:embed caller.py
var callerScript string

// pythonCaller is a caller that uses boto3, as most of SageMaker's callers do.
type pythonCaller struct {
	command *exec.Cmd
	output  bytes.Buffer
	// missing says why there is none.
	missing string
}

// startPythonCaller starts a slow, steady caller beside the Go one where the
// machine has boto3.
func (j *Journey) startPythonCaller(ctx context.Context) *pythonCaller {
	const python = "/usr/bin/python3"
	if err := exec.CommandContext(ctx, python, "-c", "import boto3").Run(); err != nil {
		return &pythonCaller{missing: "boto3 is not installed for " + python}
	}
	c := &pythonCaller{command: exec.CommandContext(ctx, python, "-c", callerScript)}
	c.command.Env = append(os.Environ(),
		"AWS_ACCESS_KEY_ID="+callerKey.ID, "AWS_SECRET_ACCESS_KEY="+callerKey.Secret, "AWS_REGION="+region,
		fmt.Sprintf("ENDPOINT_URL=http://%s:%d", j.config.NodeAddress, routerNodePort),
		"ENDPOINT_NAME="+endpointName, "ROW="+j.rows[0])
	c.command.Stdout, c.command.Stderr = &c.output, &c.output
	if err := c.command.Start(); err != nil {
		return &pythonCaller{missing: err.Error()}
	}
	return c
}

// checkPythonCaller ends the caller and reads its count.
func (j *Journey) checkPythonCaller(c *pythonCaller) {
	if c.missing != "" {
		j.report.Notef("no boto3 caller: %s", c.missing)
		return
	}
	_ = c.command.Process.Signal(syscall.SIGTERM)
	err := c.command.Wait()
	var answered, failed int
	_, scanErr := fmt.Sscanf(lineOf(c.output.String(), "answered"), "answered %d failed %d", &answered, &failed)
	j.report.Checkf("boto3 sees no failed request", err == nil && scanErr == nil && failed == 0 && answered > 0,
		"%s", oneLine(strings.TrimSpace(c.output.String())))
}
