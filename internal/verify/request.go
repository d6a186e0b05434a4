package verify

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"landfall.dev/landfall/internal/compare"
)

// Request is a request that was captured, with the answer it got.
type Request struct {
	ContentType string
	Accept      string
	// CustomAttributes is the header X-Amzn-SageMaker-Custom-Attributes.
	CustomAttributes string
	Body             []byte
	// Expected is the captured answer; nil where none was captured.
	Expected *compare.Answer
}

// Bounds of a file of requests.
const (
	// MaxRequests is how many are read; more add time and no evidence.
	MaxRequests = 2000
	// MaxRequestBytes bounds one line: SageMaker's own bound on a request is
	// 25 MB, in Base64 and with as large an answer.
	MaxRequestBytes = 80 << 20
	// MaxRequestsBytes bounds the bodies of all requests and answers together.
	MaxRequestsBytes = 64 << 20
)

// line is one line of a file of requests: Landfall's own form, or SageMaker's
// data capture.
type line struct {
	ContentType      string    `json:"contentType,omitempty"`
	Accept           string    `json:"accept,omitempty"`
	CustomAttributes string    `json:"customAttributes,omitempty"`
	Body             *string   `json:"body,omitempty"`
	BodyBase64       *string   `json:"bodyBase64,omitempty"`
	Expected         *expected `json:"expected,omitempty"`
}

type expected struct {
	// Status is 200 unless told.
	Status      int     `json:"status,omitempty"`
	ContentType string  `json:"contentType,omitempty"`
	Body        *string `json:"body,omitempty"`
	BodyBase64  *string `json:"bodyBase64,omitempty"`
}

// capture is a line of SageMaker's data capture (version 0), as far as it is
// used.
type capture struct {
	CaptureData *struct {
		EndpointInput  *captured `json:"endpointInput"`
		EndpointOutput *captured `json:"endpointOutput"`
	} `json:"captureData"`
	EventMetadata struct {
		CustomAttributes []string `json:"customAttributes"`
	} `json:"eventMetadata"`
}

type captured struct {
	ObservedContentType string `json:"observedContentType"`
	Data                string `json:"data"`
	Encoding            string `json:"encoding"`
}

// ReadRequests reads a file of requests, one JSON object a line: SageMaker's
// data capture, or contentType, accept, body (or bodyBase64) and expected with
// status, contentType and body. What is beyond MaxRequests or MaxRequestsBytes
// is left, which more tells.
func ReadRequests(from io.Reader) (requests []Request, more bool, err error) {
	scanner := bufio.NewScanner(from)
	scanner.Buffer(make([]byte, 0, bufio.MaxScanTokenSize), MaxRequestBytes)
	size := 0
	for number := 1; scanner.Scan(); number++ {
		text := bytes.TrimSpace(scanner.Bytes())
		if len(text) == 0 {
			continue
		}
		request, err := parseRequest(text)
		if err != nil {
			return nil, false, fmt.Errorf("line %d: %w", number, err)
		}
		size += request.size()
		if len(requests) == MaxRequests || len(requests) > 0 && size > MaxRequestsBytes {
			return requests, true, nil
		}
		requests = append(requests, request)
	}
	if err := scanner.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("a line has more than %d bytes", MaxRequestBytes)
		}
		return nil, false, err
	}
	if len(requests) == 0 {
		return nil, false, errors.New("it holds no request; want one JSON object a line")
	}
	return requests, false, nil
}

func (r Request) size() int {
	size := len(r.Body)
	if r.Expected != nil {
		size += len(r.Expected.Body)
	}
	return size
}

func parseRequest(text []byte) (Request, error) {
	var c capture
	if err := json.Unmarshal(text, &c); err != nil {
		return Request{}, notJSON(err)
	}
	if c.CaptureData != nil {
		return c.request()
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var l line
	if err := decoder.Decode(&l); err != nil {
		return Request{}, notJSON(err)
	}
	return l.request()
}

// notJSON keeps what the line holds out of the message: it may be anything of
// a customer's.
func notJSON(err error) error {
	var typed *json.UnmarshalTypeError
	if errors.As(err, &typed) {
		return fmt.Errorf("the field %q is a JSON %s; want %s", typed.Field, typed.Value, typed.Type)
	}
	if text := err.Error(); strings.HasPrefix(text, "json: unknown field ") {
		return errors.New(strings.TrimPrefix(text, "json: ") + "; want contentType, accept, customAttributes, body, bodyBase64 and expected, or captureData")
	}
	return errors.New("it is no JSON object")
}

func (c capture) request() (Request, error) {
	in := c.CaptureData.EndpointInput
	if in == nil {
		return Request{}, errors.New("captureData.endpointInput is missing; capture input and output")
	}
	body, err := in.body()
	if err != nil {
		return Request{}, fmt.Errorf("captureData.endpointInput: %w", err)
	}
	request := Request{ContentType: in.ObservedContentType, Body: body, CustomAttributes: strings.Join(c.EventMetadata.CustomAttributes, ",")}
	out := c.CaptureData.EndpointOutput
	if out == nil {
		return request, nil
	}
	if body, err = out.body(); err != nil {
		return Request{}, fmt.Errorf("captureData.endpointOutput: %w", err)
	}
	// The capture has no Accept; asking for what was answered gets the same.
	request.Accept, _, _ = strings.Cut(out.ObservedContentType, ";")
	request.Expected = &compare.Answer{Status: statusOK, ContentType: out.ObservedContentType, Body: body}
	return request, nil
}

func (c captured) body() ([]byte, error) {
	switch strings.ToUpper(c.Encoding) {
	case "BASE64":
		return decodeBase64(c.Data)
	case "CSV", "JSON":
		return []byte(c.Data), nil
	default:
		return nil, fmt.Errorf("encoding is %.20q; want CSV, JSON or BASE64", c.Encoding)
	}
}

const statusOK = 200

func (l line) request() (Request, error) {
	body, err := bodyOf(l.Body, l.BodyBase64)
	if err != nil {
		return Request{}, err
	}
	request := Request{ContentType: l.ContentType, Accept: l.Accept, CustomAttributes: l.CustomAttributes, Body: body}
	e := l.Expected
	if e == nil {
		return request, nil
	}
	if body, err = bodyOf(e.Body, e.BodyBase64); err != nil {
		return Request{}, fmt.Errorf("expected: %w", err)
	}
	if e.Status == 0 {
		e.Status = statusOK
	}
	if e.Status < 100 || e.Status > 599 {
		return Request{}, fmt.Errorf("expected.status is %d; want an HTTP status", e.Status)
	}
	request.Expected = &compare.Answer{Status: e.Status, ContentType: e.ContentType, Body: body}
	return request, nil
}

func bodyOf(plain, encoded *string) ([]byte, error) {
	switch {
	case plain != nil && encoded != nil:
		return nil, errors.New("both body and bodyBase64 are given; want one")
	case encoded != nil:
		return decodeBase64(*encoded)
	case plain != nil:
		return []byte(*plain), nil
	default:
		return nil, errors.New("body and bodyBase64 are both missing; want one")
	}
}

func decodeBase64(text string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("the body is no base64")
	}
	return data, nil
}

// WriteRequests writes requests in the form that ReadRequests reads.
func WriteRequests(to io.Writer, requests []Request) error {
	encoder := json.NewEncoder(to)
	for _, r := range requests {
		l := line{ContentType: r.ContentType, Accept: r.Accept, CustomAttributes: r.CustomAttributes, BodyBase64: encode(r.Body)}
		if r.Expected != nil {
			l.Expected = &expected{Status: r.Expected.Status, ContentType: r.Expected.ContentType, BodyBase64: encode(r.Expected.Body)}
		}
		if err := encoder.Encode(l); err != nil {
			return fmt.Errorf("cannot write a request: %w", err)
		}
	}
	return nil
}

func encode(body []byte) *string {
	return new(base64.StdEncoding.EncodeToString(body))
}
