// Package inspect looks through the files of a model's archive for what rests
// on SageMaker, or on what a pod does not have.
//
// It owns: the findings in Python, shell scripts, lists of packages and
// configurations of model servers; what pickles need to be loaded; and the
// formats of models, told by name and by their first bytes.
//
// It refuses: input and output (it is handed readers), unpacking anything to a
// disk, and executing anything it reads. What it could not look into is a
// finding too.
package inspect
