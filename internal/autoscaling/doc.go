// Package autoscaling translates Application Auto Scaling into what drives the
// number of pods in a cluster: HorizontalPodAutoscalers, KEDA's ScaledObjects
// and schedules.
//
// It owns the form of a translated scaling and the translation, with every
// setting that has no counterpart named as a gap. It refuses to guess: what
// has no counterpart is not approximated silently.
package autoscaling
