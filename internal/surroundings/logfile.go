package surroundings

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// callNames are the names of the events that are calls of an endpoint.
var callNames = []string{"InvokeEndpoint", "InvokeEndpointAsync", "InvokeEndpointWithResponseStream"}

// event is the part of a record of CloudTrail's that matters here, as of the
// CloudTrail user guide, "CloudTrail record contents".
type event struct {
	EventTime         string          `json:"eventTime"`
	EventSource       string          `json:"eventSource"`
	EventName         string          `json:"eventName"`
	ErrorCode         string          `json:"errorCode"`
	UserIdentity      userIdentity    `json:"userIdentity"`
	RequestParameters json.RawMessage `json:"requestParameters"`
	Resources         []struct {
		ARN string `json:"ARN"`
	} `json:"resources"`
}

type userIdentity struct {
	Type           string `json:"type"`
	ARN            string `json:"arn"`
	AccountID      string `json:"accountId"`
	InvokedBy      string `json:"invokedBy"`
	SessionContext struct {
		SessionIssuer struct {
			ARN string `json:"arn"`
		} `json:"sessionIssuer"`
	} `json:"sessionContext"`
}

// principal is who made a call. Sessions of a role count as the role: their
// names differ with every session.
func (u userIdentity) principal() string {
	if issuer := u.SessionContext.SessionIssuer.ARN; issuer != "" {
		return issuer
	}
	if before, session, assumed := strings.Cut(u.ARN, ":assumed-role/"); assumed {
		role, _, _ := strings.Cut(session, "/")
		return strings.Replace(before, ":sts:", ":iam:", 1) + ":role/" + role
	}
	switch {
	case u.ARN != "":
		return u.ARN
	case u.InvokedBy != "":
		return u.InvokedBy
	case u.AccountID != "":
		return "account " + u.AccountID
	default:
		return "unknown"
	}
}

// endpoint is the name of the endpoint that was called, or the lower-case name
// of its ARN; empty for other events.
func (e event) endpoint() string {
	var parameters struct {
		EndpointName string `json:"endpointName"`
	}
	// Parameters of another shape have no name of an endpoint.
	if json.Unmarshal(e.RequestParameters, &parameters) == nil && parameters.EndpointName != "" {
		return parameters.EndpointName
	}
	for _, resource := range e.Resources {
		if _, name, found := strings.Cut(resource.ARN, ":endpoint/"); found {
			return name
		}
	}
	return ""
}

// Bounds of a log file. CloudTrail writes some tens of MB at most, and records
// of 256 KB.
const (
	maxPlainBytes  = 1 << 30
	maxRecordBytes = 4 << 20
)

// readLogFile tells the events of a log file one by one, whatever its size. It
// fails on files that are none, and on those that grow without end when they
// are unpacked.
func readLogFile(file io.Reader, tell func(event)) error {
	buffered := bufio.NewReader(file)
	var plain io.Reader = buffered
	if magic, _ := buffered.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return fmt.Errorf("cannot unpack the log file: %w", err)
		}
		plain = unpacked
	}
	bounded := &boundedReader{from: plain, fileLeft: maxPlainBytes, recordLeft: maxRecordBytes}
	if err := readRecords(json.NewDecoder(bounded), bounded, tell); err != nil {
		return fmt.Errorf("cannot read the log file: %w", err)
	}
	return nil
}

// readRecords walks {"Records": [...]}.
func readRecords(decoder *json.Decoder, bounded *boundedReader, tell func(event)) error {
	if err := expect(decoder, json.Delim('{')); err != nil {
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		if name != "Records" {
			bounded.recordLeft = maxRecordBytes
			if err := decoder.Decode(new(json.RawMessage)); err != nil {
				return err
			}
			continue
		}
		if err := expect(decoder, json.Delim('[')); err != nil {
			return err
		}
		for decoder.More() {
			if err := nextRecord(decoder, bounded, tell); err != nil {
				return err
			}
		}
		if err := expect(decoder, json.Delim(']')); err != nil {
			return err
		}
	}
	return expect(decoder, json.Delim('}'))
}

func nextRecord(decoder *json.Decoder, bounded *boundedReader, tell func(event)) error {
	bounded.recordLeft = maxRecordBytes
	var e event
	err := decoder.Decode(&e)
	var shape *json.UnmarshalTypeError
	if errors.As(err, &shape) {
		return nil // an event of another form is none of these calls
	}
	if err == nil {
		tell(e)
	}
	return err
}

func expect(decoder *json.Decoder, want json.Delim) error {
	got, err := decoder.Token()
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%.20q stands where %s belongs", fmt.Sprint(got), want)
	}
	return nil
}

var errTooLarge = errors.New("it is larger than any log file of CloudTrail's")

// boundedReader fails where a file or a record is larger than any should be.
type boundedReader struct {
	from                 io.Reader
	fileLeft, recordLeft int
}

// Read reads no more than is allowed.
func (b *boundedReader) Read(into []byte) (int, error) {
	left := min(b.fileLeft, b.recordLeft)
	if left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.from.Read(into[:min(len(into), left)])
	b.fileLeft -= n
	b.recordLeft -= n
	return n, err
}
