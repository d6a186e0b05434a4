package standin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

const (
	contentEventStream = "application/vnd.amazon.eventstream"
	// streamPartBytes is the largest payload of one event; AWS's own part
	// sizes are arbitrary.
	streamPartBytes = 32 << 10
)

// answerStream sends a container's answer on part by part, in the event-stream
// framing of InvokeEndpointWithResponseStream. A container that breaks off
// after the first byte becomes a ModelStreamError event.
func (s *region) answerStream(w http.ResponseWriter, in invocation, resp *http.Response) *apiError {
	setAnswerHeaders(w.Header(), in, resp)
	w.Header().Set("Content-Type", contentEventStream)
	if value := resp.Header.Get("Content-Type"); value != "" {
		w.Header().Set("X-Amzn-Sagemaker-Content-Type", value)
	}
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w)
	encoder := eventstream.NewEncoder()
	part := make([]byte, streamPartBytes)
	for {
		n, err := resp.Body.Read(part)
		if n > 0 {
			payload := s.jitter(bytes.Clone(part[:n]), in.knobs.Jitter)
			message := streamMessage("event", "PayloadPart", "application/octet-stream", payload)
			if gone := errors.Join(encoder.Encode(w, message), flush.Flush()); gone != nil {
				s.logger.Info("caller gone mid-stream", "endpoint", in.endpoint, "error", gone)
				return nil
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			// A failed write means the caller has gone too.
			_ = encoder.Encode(w, streamMessage("exception", "ModelStreamError", contentJSON, streamError(err)))
			return nil
		}
	}
}

// streamError is the body of a ModelStreamError event.
func streamError(err error) []byte {
	code := "StreamBroken"
	if errors.Is(err, context.DeadlineExceeded) {
		code = "ModelInvocationTimeExceeded"
	}
	body, err := json.Marshal(map[string]string{"ErrorCode": code, "Message": "The model's answer broke off."})
	if err != nil {
		return []byte("{}")
	}
	return body
}

func streamMessage(kind, name, contentType string, payload []byte) eventstream.Message {
	var m eventstream.Message
	m.Headers.Set(":message-type", eventstream.StringValue(kind))
	m.Headers.Set(":"+kind+"-type", eventstream.StringValue(name))
	m.Headers.Set(":content-type", eventstream.StringValue(contentType))
	m.Payload = payload
	return m
}
