// Package endpoint builds the Kubernetes objects that serve an Endpoint's pods
// variant: ServiceAccount, Deployment, Service, HorizontalPodAutoscaler,
// PodDisruptionBudget and NetworkPolicy.
//
// It owns what these objects look like, as apply configurations: the fields
// Landfall decides and no others. It refuses I/O and the clock: the same input
// always builds the same objects, on the operator and on the command line.
package endpoint
