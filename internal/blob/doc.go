// Package blob reads and writes objects in an object store.
//
// It owns: addresses (s3://, file://), opening a store with a region, a custom
// endpoint and credentials, listing, ranged parallel downloads that survive
// broken connections and notice an object that changed meanwhile, uploads,
// digests, and sorting failures into the few kinds that a person can act on.
//
// It refuses: knowing what the objects are. Archives, models and bundles are
// other packages' business.
//
// The stores themselves are gocloud.dev/blob's.
package blob
