// Package surroundings reads what stands around SageMaker in an AWS account:
// alarms, log groups, tags, and who calls the endpoints.
//
// It owns: the narrow interfaces over CloudWatch, CloudWatch Logs, the tagging
// API, IAM, CloudTrail and the buckets of its logs, the conversion of their
// answers to the inventory, and the file of known callers.
//
// It refuses: writing to AWS, judging policies (package access does), and
// giving up on the whole because a part may not be read: what is denied is
// recorded with the IAM action that is missing.
package surroundings
