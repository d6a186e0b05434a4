// Package class names the cluster's volume provisioner, apart from its code, so
// that the driver can render a StorageClass without linking a Kubernetes client.
package class

// Provisioner is the value of a StorageClass's provisioner field.
const Provisioner = "localcluster.landfall.dev/directory"
