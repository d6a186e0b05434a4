package awsfailure

import "context"

// Probe tries one permission with a call that reads next to nothing.
type Probe struct {
	// Action is IAM's name of the permission, such as sagemaker:ListModels.
	Action string
	// Try makes the call.
	Try func(context.Context) error
}
