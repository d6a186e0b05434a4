// Package pickle reads Python's pickles far enough to tell what loading one
// would import and call.
//
// It owns: the opcodes of protocols 0 to 5, a stack of shadows in place of the
// objects, and the arrays that joblib writes between opcodes.
//
// It refuses: building any object, importing or calling anything. A pickle is
// a program; this reads it and does not run it.
package pickle
