// Package access judges by IAM policies who may call an endpoint.
//
// It owns: reading policy documents in all the forms that IAM stores, the
// evaluation of identity policies with groups, managed policies and permission
// boundaries, and the list of callers that follows for a set of endpoints.
//
// It refuses: reading AWS, and pretending to know what the documents do not
// tell. A condition that depends on the request (an address, a tag of the
// session) makes a permission conditional; organization policies, session
// policies and the account's root user are outside of what it sees.
package access
