// Package standin is a stand-in AWS account: one HTTP server that speaks the
// part of AWS that Landfall uses, for tests and for a demonstration without
// an AWS account.
//
// It owns: the wire protocols of SageMaker's control API (JSON 1.1),
// SageMaker Runtime (REST), Application Auto Scaling, CloudTrail, CloudWatch
// Logs and the Resource Groups Tagging API (JSON 1.1), CloudWatch's
// GetMetricData and DescribeAlarms (RPC v2 CBOR, JSON and query), IAM's
// GetAccountAuthorizationDetails (query), STS's GetCallerIdentity and
// AssumeRole (query) and S3 (through gofakes3); signatures, paging, throttling
// and error shapes as AWS has them; and knobs to make operations and endpoints
// slow, failing or nondeterministic. What the accounts hold is a file: see
// Account. A file can hold several accounts and regions, and make resources
// by rule.
//
// Endpoints answer from real model servers named in that file. The stand-in
// forwards to them as SageMaker would; it never invents an answer.
//
// It refuses: creating and deleting resources, asynchronous invocation,
// multi-model loading, metric expressions, presigned requests. An operation
// or filter it does not know is an error that says so, never an empty answer.
//
// Differences from AWS that a reader should know: IAM policies decide nothing
// here, only knobs deny; throttling applies per operation, account and region;
// any key of the file may read any bucket; a request's content checksum is
// verified for plain S3 uploads but not for chunked signatures; wordings that
// no public record confirms are marked where they stand.
package standin
