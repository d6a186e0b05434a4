// Package python reads Python source and tells what it imports, calls, reads
// and writes down as constants.
//
// It owns: parsing with limits, folding constants through concatenation,
// f-strings and names that are bound once, and the scan of tokens for sources
// that the parser cannot make a whole tree of.
//
// It refuses: judging what it finds (package inspect does), following imports
// into other files, and executing anything.
package python
