// Package reference finds what the description of a resource refers to: other
// resources of SageMaker, and the roles, images, files, networks, keys and
// topics that it uses.
//
// It owns: the forms of ARNs and of the fields that name something, as AWS's
// API has them, and the resolving of parameters within a pipeline's
// definition.
//
// It refuses: saying whether what is referred to exists (packages membership
// and graph do).
package reference
