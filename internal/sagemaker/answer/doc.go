// Package answer turns AWS's answers into the JSON that an inventory holds.
//
// It owns: the walk over the SDK's structs (AWS's field names, their order,
// times and unions), masking of everything in them that may be secret, and
// naming the fields that AWS sent and the SDK does not know.
//
// It refuses: knowing what any field is for, and calling AWS.
package answer
