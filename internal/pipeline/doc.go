// Package pipeline reads the definitions of SageMaker pipelines and translates
// them to WorkflowTemplates of Argo Workflows.
//
// It owns the form of a definition (version 2020-12-01), its references, and
// which step becomes what. Steps run the same containers, with Argo's artifacts
// in the place of SageMaker's channels. A step without a counterpart becomes one
// that waits for a person, and a gap that says why; nothing is left out silently.
// It refuses to run anything.
package pipeline
