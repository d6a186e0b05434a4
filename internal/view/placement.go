package view

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// labels writes a node selector as kubectl's -l takes it.
func labels(selector map[string]string) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(selector)) {
		pairs = append(pairs, key+"="+selector[key])
	}
	return orNone(strings.Join(pairs, ","))
}

// tolerations writes tolerations as taints are written: key=value:effect. A
// toleration without a key tolerates every taint.
func tolerations(list []corev1.Toleration) string {
	var words []string
	for _, toleration := range list {
		word := toleration.Key
		if word == "" {
			word = "*"
		}
		if toleration.Value != "" {
			word += "=" + toleration.Value
		}
		if toleration.Effect != "" {
			word += ":" + string(toleration.Effect)
		}
		words = append(words, word)
	}
	return orNone(strings.Join(words, ","))
}
