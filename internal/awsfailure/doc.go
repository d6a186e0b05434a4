// Package awsfailure tells what AWS's errors mean for somebody who only reads.
//
// It owns: the log of what could not be read, with the IAM action that is
// missing, and the few errors after which going on makes no sense.
//
// It refuses: calling AWS, and trying again (the SDK does).
package awsfailure
