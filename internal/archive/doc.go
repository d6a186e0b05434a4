// Package archive reads model.tar.gz files that nobody vouches for.
//
// It owns: walking a gzip-compressed tar archive under limits, refusing
// whatever could reach outside the folder it is unpacked into or fill the
// disk, naming the entry and the reason, handing the files on one by one, and unpacking what is left under an
// os.Root, so that the kernel too keeps every path inside.
//
// It refuses: links (SageMaker's archives must not hold any), devices, paths
// that are absolute or climb, two entries in one place, more entries or bytes
// than allowed, and archives that are cut off or go on after their end. It
// executes nothing and keeps no owner, set-id bit or extended attribute.
package archive
