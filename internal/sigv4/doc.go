// Package sigv4 verifies AWS Signature Version 4 on requests that arrive.
//
// It owns: reading the Authorization header, looking the caller's key up,
// checking scope, clock and signature, and naming the refusal with the code
// an AWS client knows.
//
// It refuses: signing (the AWS SDK does that), presigned URLs, chunked
// payload signatures, SigV4A, reading bodies (the caller hashes the body and
// passes the digest), and any second implementation of the canonical form.
// The canonical request is built by the SDK's own signer: a request that
// holds nothing but the signed headers is signed again with the secret found
// for the access key, and the two signatures are compared in constant time.
//
// Two forms that AWS accepts are turned down because that signer cannot
// produce them: a signed Content-Length of 0, and a signed Date in the place
// of X-Amz-Date. No AWS SDK for Go or Python sends either to SageMaker.
package sigv4
