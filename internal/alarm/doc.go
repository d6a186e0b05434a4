// Package alarm translates CloudWatch alarms on SageMaker into alerting rules of
// Prometheus.
//
// It owns which metric of the cluster stands for which metric of CloudWatch, in
// which unit, and how periods, datapoints and missing data are said in PromQL.
// What has no counterpart is named as a gap, never approximated silently. It
// refuses to notify anybody: Alertmanager does, and a rule only names the topics
// that have to be set up there.
package alarm
