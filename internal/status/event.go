package status

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
)

// maxNoteBytes is the API's limit for an event's note.
const maxNoteBytes = 1024

// Recorder records events. Their reasons are those of conditions, and they are
// recorded on changes only: the caller sees to that.
type Recorder struct {
	// Events is the recorder of the events.k8s.io API.
	Events events.EventRecorder
}

// Normal records that something went as it should.
func (r Recorder) Normal(about runtime.Object, reason, message string) {
	r.Events.Eventf(about, nil, corev1.EventTypeNormal, reason, reason, "%s", Truncate(message, maxNoteBytes))
}

// Warning records that something did not go as it should.
func (r Recorder) Warning(about runtime.Object, reason, message string) {
	r.Events.Eventf(about, nil, corev1.EventTypeWarning, reason, reason, "%s", Truncate(message, maxNoteBytes))
}
