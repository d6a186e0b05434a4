// Package verify decides how a model behaves outside SageMaker from what was
// observed of one pod that had nothing of AWS around it.
//
// It owns: the form of the report, of captured requests and of what the probe
// tells; when a ramp of load has gone far enough; which samples of memory and
// CPU belong to which load; what the kernel's, nvidia-smi's and the container's own
// words mean; and the verdict on each step with what to do.
//
// It refuses: talking to a cluster or a model (the command and the probe do),
// and bodies of requests or answers in anything it writes.
package verify
