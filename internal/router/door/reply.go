package door

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"landfall.dev/landfall/internal/naming"
	"landfall.dev/landfall/internal/router/exchange"
)

// reply writes one answer.
type reply struct {
	w                 http.ResponseWriter
	control           *http.ResponseController
	requestID         string
	accountID, region string
}

func (d *Door) reply(w http.ResponseWriter) *reply {
	r := &reply{
		w: w, control: http.NewResponseController(w),
		requestID: newRequestID(), accountID: d.AccountID, region: d.Region,
	}
	// What the connection's last answer left must not limit this one.
	_ = r.control.SetWriteDeadline(time.Time{})
	h := w.Header()
	// Set without Header.Set to keep AWS's own capitals on the wire.
	h[naming.HeaderRequestID] = []string{r.requestID}
	if d.Draining() {
		h["Connection"] = []string{"close"}
	}
	return r
}

// newRequestID returns a random UUID (RFC 9562, version 4), AWS's form of a
// request ID. It need not be secret, so it need not cost a system call.
func newRequestID() string {
	var id uuid.UUID
	high, low := rand.Uint64(), rand.Uint64() //nolint:gosec // an identifier, not a secret
	for i := range 8 {
		id[i] = byte(high >> (8 * i))
		id[8+i] = byte(low >> (8 * i))
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

func (r *reply) header(fields exchange.AnswerHeader) http.Header {
	h := r.w.Header()
	for field := range exchange.AnswerFieldCount {
		if value := fields[field]; value != "" {
			h[field.Spelling()] = []string{value}
		}
	}
	return h
}

// answer sends a variant's answer. An answer that breaks off breaks the
// caller's connection too: it must not look complete.
func (r *reply) answer(answer *exchange.Answer) {
	h := r.header(answer.Header)
	if answer.Header[exchange.AnswerContentType] == "" {
		h["Content-Type"] = nil // keeps net/http from guessing one
	}
	if answer.LengthBytes >= 0 {
		h["Content-Length"] = []string{strconv.FormatInt(answer.LengthBytes, 10)}
	}
	r.w.WriteHeader(answer.Status)
	err := r.copy(answer)
	r.limit() // net/http sends what is left once the handler has returned
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

// writeTimeout is how long a caller may leave a piece of its answer unread.
const writeTimeout = 60 * time.Second

// limit gives the caller writeTimeout to take what is written next. Errors mean a
// writer without deadlines, such as a test's.
func (r *reply) limit() { _ = r.control.SetWriteDeadline(time.Now().Add(writeTimeout)) }

const copyBytes = 32 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copyBytes]byte) }}

// copy passes the body on. One of unknown length is a stream, whose every piece
// is sent at once.
func (r *reply) copy(answer *exchange.Answer) error {
	buffer := copyBuffers.Get().(*[copyBytes]byte) //nolint:forcetypeassert // the pool holds nothing else
	defer copyBuffers.Put(buffer)
	flusher, _ := r.w.(http.Flusher)
	for {
		n, readErr := answer.Body.Read(buffer[:])
		if n > 0 {
			r.limit()
			if _, err := r.w.Write(buffer[:n]); err != nil {
				return fmt.Errorf("writing the answer: %w", err)
			}
			if answer.LengthBytes < 0 && flusher != nil {
				flusher.Flush()
			}
		}
		if errors.Is(readErr, io.EOF) {
			return nil
		}
		if readErr != nil {
			return fmt.Errorf("reading the answer: %w", readErr)
		}
	}
}

// errorBody is the body of every error but an oversize request's. SageMaker's
// own errors say Message, AWS's common ones message.
type errorBody struct {
	ErrorCode          string `json:"ErrorCode,omitempty"`
	LogStreamArn       string `json:"LogStreamArn,omitempty"`
	Message            string `json:"Message,omitempty"`
	CommonMessage      string `json:"message,omitempty"`
	OriginalMessage    string `json:"OriginalMessage,omitempty"`
	OriginalStatusCode *int   `json:"OriginalStatusCode,omitempty"`
}

// fault sends an error in SageMaker's form.
func (r *reply) fault(fields exchange.AnswerHeader, endpoint string, fault *exchange.Fault) {
	var body errorBody
	switch fault.Type {
	case exchange.ModelError:
		body = r.modelError(endpoint, fault)
	case exchange.ModelNotReady, exchange.ValidationError, exchange.InternalFailure,
		exchange.ServiceUnavailable, exchange.InternalDependencyException:
		body = errorBody{Message: fault.Message}
	default:
		body = errorBody{CommonMessage: fault.Message}
	}
	fields[exchange.AnswerErrorType] = string(fault.Type)
	fields[exchange.AnswerContentType] = "application/json"
	fields[exchange.AnswerContentEncoding] = ""
	content, err := json.Marshal(body)
	if err != nil {
		content = []byte(`{}`) // strings and one number always encode
	}
	h := r.header(fields)
	if fault.StatusCode == http.StatusMethodNotAllowed {
		h["Allow"] = []string{http.MethodPost}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(content))}
	r.limit()
	r.w.WriteHeader(fault.Status())
	_, _ = r.w.Write(content) // a caller who went away misses nothing
}

// clientErrorCode is the ErrorCode that SageMaker gives a container's 4xx.
const clientErrorCode = "CLIENT_ERROR_FROM_MODEL"

// modelError follows SageMaker's pattern: received (client|server) error
// (STATUS) from primary with message "BODY", where to look, the account.
func (r *reply) modelError(endpoint string, fault *exchange.Fault) errorBody {
	original := fault.Original
	if original == nil {
		original = &exchange.Original{}
	}
	group := "/aws/sagemaker/Endpoints/" + endpoint
	body := errorBody{
		LogStreamArn:       "arn:aws:logs:" + r.region + ":" + r.accountID + ":log-group:" + group,
		OriginalMessage:    original.Message,
		OriginalStatusCode: &original.Status,
	}
	side := "server"
	if original.Status >= 400 && original.Status < 500 {
		side, body.ErrorCode = "client", clientErrorCode
	}
	ending := ""
	if original.Truncated {
		ending = "…"
	}
	body.Message = fmt.Sprintf(
		"Received %s error (%d) from primary with message \"%s%s\". See the logs of %s in account %s for more information.",
		side, original.Status, original.Message, ending, fault.Message, r.accountID)
	return body
}

// tooLarge refuses a body for its size, in SageMaker's words.
func (r *reply) tooLarge(maxBytes int64) {
	h := r.w.Header()
	h["Content-Type"] = []string{"text/plain; charset=utf-8"}
	h["Connection"] = []string{"close"}
	r.limit()
	r.w.WriteHeader(http.StatusRequestEntityTooLarge)
	_, _ = fmt.Fprintf(r.w, "HTTP content length exceeded %d bytes.", maxBytes) // as above
}
