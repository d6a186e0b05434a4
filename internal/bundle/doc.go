// Package bundle writes and reads the folder that holds an exported workload.
//
// It owns: bringing the model's files into the bundle or to another store,
// their checksums, having them looked through while they are read, keeping their
// code beside them, writing the folder as a whole or not at all, not
// overwriting what somebody edited, and checking a bundle before it is used.
//
// It refuses: deciding what is in the manifests and findings (package export
// does), and executing anything of the model.
package bundle
