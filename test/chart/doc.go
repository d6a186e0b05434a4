// Package chart tests the Helm chart: what it renders, what it refuses, and
// that the permissions it grants are enough for the programs and no more.
//
// It owns no code besides tests; the chart is in charts/landfall.
package chart
