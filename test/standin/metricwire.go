package standin

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go/encoding/cbor"
)

const (
	targetMetrics  = "GraniteServiceVersion20100801."
	pathMetricsRPC = "/service/GraniteServiceVersion20100801/operation/"
	contentCBOR    = "application/cbor"
	contentXML     = "text/xml"
	contentJSON10  = "application/x-amz-json-1.0"
	xmlnsMetrics   = "http://monitoring.amazonaws.com/doc/2010-08-01/"
)

// metricWire is one of the protocols CloudWatch speaks: RPC v2 CBOR (the Go
// SDK, new botocore), JSON 1.0, and query with XML (older botocore).
type metricWire struct {
	operation string
	// object reads a request's body as the JSON it would be.
	object func(body []byte) ([]byte, error)
	answer func(w http.ResponseWriter, results []metricResult, next string)
	// fields answers with a wire-shape value of the SDK's output type.
	fields func(w http.ResponseWriter, fields map[string]any, output reflect.Type)
	refuse func(w http.ResponseWriter, e *apiError)
}

// serveMetrics answers CloudWatch over CBOR and JSON.
func (s *region) serveMetrics(w http.ResponseWriter, r *http.Request) {
	wire := metricWire{
		operation: strings.TrimPrefix(r.Header.Get("X-Amz-Target"), targetMetrics),
		object:    func(body []byte) ([]byte, error) { return body, nil },
		answer:    answerMetricsJSON, fields: answerFieldsJSON, refuse: writeJSONError,
	}
	if strings.HasPrefix(r.URL.Path, pathMetricsRPC) {
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		wire = metricWire{
			operation: strings.TrimPrefix(r.URL.Path, pathMetricsRPC), object: cborToJSON,
			answer: answerMetricsCBOR, fields: answerFieldsCBOR, refuse: refuseCBOR,
		}
	}
	body, who, refusal := s.authenticate(r, "monitoring", maxControlBodyBytes)
	s.answerMetrics(w, wire, body, who, refusal)
}

// answerMetrics answers one call, whatever protocol it came by.
func (s *region) answerMetrics(w http.ResponseWriter, wire metricWire, body []byte, who caller, refusal *apiError) {
	action := "cloudwatch:" + wire.operation
	if refusal == nil {
		refusal = s.admit(who, action, "*")
	}
	var write func()
	if refusal == nil {
		write, refusal = s.metricAnswer(w, wire, body, action)
	}
	s.counters.call(s.name, action, refusal != nil)
	if refusal != nil {
		wire.refuse(w, refusal.withStatus(http.StatusBadRequest))
		return
	}
	write()
}

func (s *region) metricAnswer(w http.ResponseWriter, wire metricWire, body []byte, action string) (func(), *apiError) {
	text, err := wire.object(body)
	switch wire.operation {
	case "GetMetricData":
		var req metricRequest
		if err == nil {
			req, err = decodeMetricsJSON(text)
		}
		if err != nil {
			return nil, unreadable(err)
		}
		results, next, refusal := s.metricData(req)
		return func() { wire.answer(w, results, next) }, refusal
	case "DescribeAlarms":
		return wire.shaped(w, text, err, reflect.TypeFor[cloudwatch.DescribeAlarmsInput](), reflect.TypeFor[cloudwatch.DescribeAlarmsOutput](),
			func(params map[string]any) (map[string]any, *apiError) { return s.describeAlarms(action, params) })
	case "ListMetrics":
		return wire.shaped(w, text, err, reflect.TypeFor[cloudwatch.ListMetricsInput](), reflect.TypeFor[cloudwatch.ListMetricsOutput](),
			func(params map[string]any) (map[string]any, *apiError) { return s.listMetrics(action, params) })
	}
	return nil, unknownOperation(wire.operation)
}

// shaped answers an operation by the SDK's types of what is asked and answered.
func (m metricWire) shaped(
	w http.ResponseWriter, text []byte, err error, input, output reflect.Type, answer func(map[string]any) (map[string]any, *apiError),
) (func(), *apiError) {
	params := map[string]any{}
	if err == nil && len(bytes.TrimSpace(text)) > 0 {
		err = json.Unmarshal(text, &params)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	coerced, _ := coerce(params, input).(map[string]any)
	fields, refusal := answer(coerced)
	return func() { m.fields(w, fields, output) }, refusal
}

func unreadable(err error) *apiError {
	return &apiError{Status: 400, Code: "SerializationException", Message: err.Error()}
}

func decodeMetricsJSON(body []byte) (metricRequest, error) {
	var req metricRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return metricRequest{}, fmt.Errorf("read GetMetricData: %w", err)
	}
	return req, nil
}

func cborToJSON(body []byte) ([]byte, error) {
	value, err := cbor.Decode(body)
	if err != nil {
		return nil, fmt.Errorf("read CBOR: %w", err)
	}
	text, err := json.Marshal(plain(value))
	if err != nil {
		return nil, fmt.Errorf("turn CBOR into JSON: %w", err)
	}
	return text, nil
}

// plain turns a CBOR value into what encoding/json writes. Tag 1, a time, is
// the number of seconds it holds.
func plain(value cbor.Value) any {
	switch v := value.(type) {
	case cbor.Map:
		out := map[string]any{}
		for key, inner := range v {
			out[key] = plain(inner)
		}
		return out
	case cbor.List:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = plain(inner)
		}
		return out
	case *cbor.Tag:
		return plain(v.Value)
	case cbor.String:
		return string(v)
	case cbor.Bool:
		return bool(v)
	case cbor.Uint:
		return uint64(v)
	case cbor.NegInt:
		return -float64(v)
	case cbor.Float32:
		return float64(v)
	case cbor.Float64:
		return float64(v)
	}
	return nil
}

func answerMetricsCBOR(w http.ResponseWriter, results []metricResult, next string) {
	list := cbor.List{}
	for _, r := range results {
		times, values := cbor.List{}, cbor.List{}
		for i, at := range r.times {
			times = append(times, &cbor.Tag{ID: 1, Value: cbor.Float64(epochSeconds(at))})
			values = append(values, cbor.Float64(r.values[i]))
		}
		list = append(list, cbor.Map{
			"Id": cbor.String(r.id), "Label": cbor.String(r.label), "StatusCode": cbor.String(r.status),
			"Timestamps": times, "Values": values,
		})
	}
	answer := cbor.Map{"MetricDataResults": list, "Messages": cbor.List{}}
	if next != "" {
		answer["NextToken"] = cbor.String(next)
	}
	writeBytes(w, http.StatusOK, contentCBOR, cbor.Encode(answer))
}

func refuseCBOR(w http.ResponseWriter, e *apiError) {
	writeBytes(w, e.Status, contentCBOR, cbor.Encode(cbor.Map{"__type": cbor.String(e.Code), "message": cbor.String(e.Message)}))
}

func answerMetricsJSON(w http.ResponseWriter, results []metricResult, next string) {
	list := []map[string]any{}
	for _, r := range results {
		times := []float64{}
		for _, at := range r.times {
			times = append(times, epochSeconds(at))
		}
		list = append(list, map[string]any{
			"Id": r.id, "Label": r.label, "StatusCode": r.status, "Timestamps": times, "Values": append([]float64{}, r.values...),
		})
	}
	answer := map[string]any{"MetricDataResults": list}
	if next != "" {
		answer["NextToken"] = next
	}
	writeJSON(w, http.StatusOK, contentJSON10, answer)
}

type xmlMetricResult struct {
	ID         string   `xml:"Id"`
	Label      string   `xml:"Label"`
	StatusCode string   `xml:"StatusCode"`
	Timestamps []string `xml:"Timestamps>member"`
	Values     []string `xml:"Values>member"`
}

func answerMetricsXML(w http.ResponseWriter, results []metricResult, next string) {
	type answer struct {
		XMLName xml.Name          `xml:"GetMetricDataResponse"`
		XMLNS   string            `xml:"xmlns,attr"`
		Results []xmlMetricResult `xml:"GetMetricDataResult>MetricDataResults>member"`
		Next    string            `xml:"GetMetricDataResult>NextToken,omitempty"`
	}
	out := answer{XMLNS: xmlnsMetrics, Next: next}
	for _, r := range results {
		x := xmlMetricResult{ID: r.id, Label: r.label, StatusCode: r.status}
		for i, at := range r.times {
			x.Timestamps = append(x.Timestamps, at.UTC().Format(time.RFC3339))
			x.Values = append(x.Values, strconv.FormatFloat(r.values[i], 'f', -1, 64))
		}
		out.Results = append(out.Results, x)
	}
	writeXML(w, http.StatusOK, out)
}
