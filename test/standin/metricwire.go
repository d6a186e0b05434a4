package standin

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

const (
	targetMetrics  = "GraniteServiceVersion20100801."
	pathMetricsRPC = "/service/GraniteServiceVersion20100801/operation/"
	contentCBOR    = "application/cbor"
	contentXML     = "text/xml"
	contentJSON10  = "application/x-amz-json-1.0"
	actionMetrics  = "cloudwatch:GetMetricData"
	xmlnsMetrics   = "http://monitoring.amazonaws.com/doc/2010-08-01/"
)

// metricWire is one of the protocols CloudWatch speaks: RPC v2 CBOR (the Go
// SDK, new botocore), JSON 1.0, and query with XML (older botocore).
type metricWire struct {
	operation string
	decode    func(body []byte) (metricRequest, error)
	answer    func(w http.ResponseWriter, results []metricResult, next string)
	refuse    func(w http.ResponseWriter, e *apiError)
}

// serveMetrics answers CloudWatch over CBOR and JSON.
func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request) {
	wire := metricWire{
		operation: strings.TrimPrefix(r.Header.Get("X-Amz-Target"), targetMetrics),
		decode:    decodeMetricsJSON, answer: answerMetricsJSON, refuse: writeJSONError,
	}
	if strings.HasPrefix(r.URL.Path, pathMetricsRPC) {
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		wire = metricWire{
			operation: strings.TrimPrefix(r.URL.Path, pathMetricsRPC),
			decode:    decodeMetricsCBOR, answer: answerMetricsCBOR, refuse: refuseCBOR,
		}
	}
	body, who, refusal := s.authenticate(r, "monitoring", maxControlBodyBytes)
	s.answerMetrics(w, wire, body, who, refusal)
}

func (s *Server) answerMetrics(w http.ResponseWriter, wire metricWire, body []byte, who string, refusal *apiError) {
	var results []metricResult
	var next string
	if refusal == nil {
		results, next, refusal = s.getMetricData(wire, body, who)
	}
	s.counters.call("cloudwatch:"+wire.operation, refusal != nil)
	if refusal != nil {
		wire.refuse(w, refusal.withStatus(http.StatusBadRequest))
		return
	}
	wire.answer(w, results, next)
}

func (s *Server) getMetricData(wire metricWire, body []byte, who string) ([]metricResult, string, *apiError) {
	if wire.operation != "GetMetricData" {
		return nil, "", unknownOperation(wire.operation)
	}
	if refusal := s.admit(who, actionMetrics, "*"); refusal != nil {
		return nil, "", refusal
	}
	req, err := wire.decode(body)
	if err != nil {
		return nil, "", &apiError{Status: 400, Code: "SerializationException", Message: err.Error()}
	}
	return s.metricData(req)
}

func decodeMetricsJSON(body []byte) (metricRequest, error) {
	var req metricRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return metricRequest{}, fmt.Errorf("read GetMetricData: %w", err)
	}
	return req, nil
}

func decodeMetricsCBOR(body []byte) (metricRequest, error) {
	value, err := cbor.Decode(body)
	if err != nil {
		return metricRequest{}, fmt.Errorf("read CBOR: %w", err)
	}
	text, err := json.Marshal(plain(value))
	if err != nil {
		return metricRequest{}, fmt.Errorf("turn CBOR into JSON: %w", err)
	}
	return decodeMetricsJSON(text)
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

// metricsForm decodes the query protocol: members are numbered parts of the
// name, as in MetricDataQueries.member.1.Id.
func metricsForm(form url.Values) func([]byte) (metricRequest, error) {
	return func([]byte) (metricRequest, error) {
		tree := map[string]any{}
		for name := range form {
			plant(tree, strings.Split(name, "."), form.Get(name))
		}
		text, err := json.Marshal(harvest(tree))
		if err != nil {
			return metricRequest{}, fmt.Errorf("turn the form into JSON: %w", err)
		}
		return decodeMetricsJSON(text)
	}
}

func plant(tree map[string]any, path []string, value string) {
	if len(path) == 1 {
		tree[path[0]] = value
		return
	}
	inner, ok := tree[path[0]].(map[string]any)
	if !ok {
		inner = map[string]any{}
		tree[path[0]] = inner
	}
	plant(inner, path[1:], value)
}

// harvest turns {"member": {"1": x, "2": y}} into [x, y].
func harvest(value any) any {
	tree, ok := value.(map[string]any)
	if !ok {
		return value
	}
	if members, ok := tree["member"].(map[string]any); ok && len(tree) == 1 {
		list := []any{}
		for i := 1; members[strconv.Itoa(i)] != nil; i++ {
			list = append(list, harvest(members[strconv.Itoa(i)]))
		}
		return list
	}
	out := map[string]any{}
	for name, inner := range tree {
		out[name] = harvest(inner)
	}
	return out
}

// flexTime reads epoch seconds and ISO 8601 text.
type flexTime time.Time

// UnmarshalJSON implements json.Unmarshaler.
func (t *flexTime) UnmarshalJSON(text []byte) error {
	if seconds, err := strconv.ParseFloat(string(text), 64); err == nil {
		*t = flexTime(time.UnixMilli(int64(seconds * 1000)).UTC())
		return nil
	}
	at, err := time.Parse(`"`+time.RFC3339+`"`, string(text))
	if err != nil {
		return fmt.Errorf("%s is not a time", text)
	}
	*t = flexTime(at)
	return nil
}

// MarshalJSON implements json.Marshaler, for the digest of a request.
func (t flexTime) MarshalJSON() ([]byte, error) { return json.Marshal(time.Time(t)) }

// flexInt reads a number, also when the form made it text.
type flexInt int

// UnmarshalJSON implements json.Unmarshaler.
func (n *flexInt) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseFloat(string(bytes.Trim(text, `"`)), 64)
	if err != nil || value != float64(int(value)) {
		return fmt.Errorf("%s is not a whole number", text)
	}
	*n = flexInt(value)
	return nil
}

// flexBool reads true and false, also when the form made them text.
type flexBool bool

// UnmarshalJSON implements json.Unmarshaler.
func (b *flexBool) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseBool(string(bytes.Trim(text, `"`)))
	if err != nil {
		return fmt.Errorf("%s is not true or false", text)
	}
	*b = flexBool(value)
	return nil
}
