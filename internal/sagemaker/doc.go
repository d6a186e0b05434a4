// Package sagemaker reads a SageMaker account.
//
// It owns: the AWS clients and the narrow interfaces over the calls that are
// used, pacing them below the account's rate limits, the scan that walks the
// endpoints and what they rest on, and the one conversion from AWS's answers
// to the inventory, in which every field is either given a place or named as
// ignored.
//
// It refuses: writing to AWS, judging what it finds, and giving up on the
// whole because a part may not be read: what is denied is recorded with the
// IAM action that is missing.
package sagemaker
