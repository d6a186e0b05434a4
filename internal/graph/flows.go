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
	outputs := slices.Sorted(maps.Keys(b.outputs))
	for input := range b.inputs {
		from := b.outside(KindArtifact, input)
		prefix := b.writtenAbove(input)
		if directory, id := b.trainingIn(input); id != "" && len(directory) > len(prefix) {
			b.edge(from, id, "writtenBy")
		} else if prefix != "" && prefix != input {
			b.edge(from, b.outside(KindArtifact, prefix), "within")
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
