package graph

import (
	"maps"
	"slices"
	"strings"
)

// flows links what is read to what is written: a file that is read to the
// longest prefix that something writes below, and a prefix that is read to
// everything that is written below it.
func (b *builder) flows() {
	outputs, users := slices.Sorted(maps.Keys(b.outputs)), b.users()
	for input := range b.inputs {
		from := b.outside(KindArtifact, input)
		prefix := b.writtenAbove(input)
		if directory, id := b.trainingIn(input); id != "" && len(directory) > len(prefix) {
			b.edge(from, id, "writtenBy")
		} else if above := b.outside(KindArtifact, prefix); prefix != input && !users.circular(from, above) {
			b.edge(from, above, "within")
		}
		if wholeBucket(input) {
			continue
		}
		// Everything below input sorts between input/ and input0, since 0
		// follows / in ASCII.
		start, _ := slices.BinarySearch(outputs, input+"/")
		end, _ := slices.BinarySearch(outputs, input+"0")
		for _, output := range outputs[start:end] {
			b.edge(from, b.outside(KindArtifact, output), "contains")
		}
	}
}

// artifactUsers are who reads and who writes artifacts, by the artifacts' IDs, and
// what names what directly.
type artifactUsers struct {
	readers, writers map[string][]string
	names            map[[2]string]bool
}

func (b *builder) users() artifactUsers {
	u := artifactUsers{readers: map[string][]string{}, writers: map[string][]string{}, names: map[[2]string]bool{}}
	for _, e := range b.edges {
		from, to := b.nodes[b.at[e.From]].Kind, b.nodes[b.at[e.To]].Kind
		switch {
		case from == KindArtifact && to != KindArtifact:
			u.writers[e.From] = append(u.writers[e.From], e.To)
		case to == KindArtifact && from != KindArtifact:
			u.readers[e.To] = append(u.readers[e.To], e.From)
		case from != KindArtifact:
			u.names[[2]string{e.From, e.To}] = true
		}
	}
	return u
}

// circular says that all who write below a prefix rest on all who read a file
// there: the file was there before they wrote. A packaging job that writes
// beside what its compilation read is such a case.
func (u artifactUsers) circular(file, prefix string) bool {
	readers, writers := u.readers[file], u.writers[prefix]
	for _, writer := range writers {
		for _, reader := range readers {
			if !u.names[[2]string{writer, reader}] {
				return false
			}
		}
	}
	return len(readers) > 0 && len(writers) > 0
}

// writtenAbove is the longest prefix of a URI that something writes. A whole
// bucket says nothing about who wrote a file in it.
func (b *builder) writtenAbove(uri string) string {
	for !wholeBucket(uri) {
		if b.outputs[uri] {
			return uri
		}
		uri = uri[:strings.LastIndexByte(uri, '/')]
	}
	return ""
}

// trainingIn finds the training job that a path names, as SageMaker lays it
// out: <output path>/<job>/output/model.tar.gz. Jobs that were only listed say
// nothing else about where they write.
func (b *builder) trainingIn(uri string) (directory, id string) {
	directory, _, found := strings.Cut(uri, "/output/")
	if !found {
		return "", ""
	}
	return directory, b.trainings[directory[strings.LastIndexByte(directory, '/')+1:]]
}

// wholeBucket says that a URI has no key.
func wholeBucket(uri string) bool {
	return !strings.Contains(strings.TrimPrefix(uri, "s3://"), "/")
}
