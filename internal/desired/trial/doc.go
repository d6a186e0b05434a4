// Package trial builds the objects with which landfall verify runs a model
// outside SageMaker: a plain pod, one without its model's files, the pods that
// probe it, and what keeps AWS away from them.
//
// It owns what these objects look like. The container is that of package
// endpoint, so that what is verified is what is deployed. It refuses I/O and the
// clock.
package trial
