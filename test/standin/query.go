package standin

import (
	"encoding/xml"
	"net/http"
	"net/url"

	"github.com/google/uuid"
)

// serveQuery answers the query protocol: STS, IAM, and CloudWatch for clients
// that still use it. The credential's scope tells them apart before the form
// is read; the signature then proves the scope.
func (s *region) serveQuery(w http.ResponseWriter, r *http.Request) {
	_, _, service := scope(r)
	if service != "monitoring" && service != "iam" {
		service = "sts"
	}
	body, who, refusal := s.authenticate(r, service, maxControlBodyBytes)
	form, err := url.ParseQuery(string(body))
	if refusal == nil && err != nil {
		refusal = &apiError{Status: 400, Code: "MalformedQueryString", Message: "The form cannot be read."}
	}
	if service == "monitoring" {
		s.answerMetrics(w, formWire(form), body, who, refusal)
		return
	}
	action := service + ":" + form.Get("Action")
	if refusal == nil {
		refusal = s.admit(who, action, "*")
	}
	var answer any
	if refusal == nil {
		answer, refusal = s.query(service, form, who, w.Header().Get("X-Amzn-Requestid"))
	}
	s.counters.call(s.name, action, refusal != nil)
	if refusal != nil {
		writeXMLError(w, refusal.asQuery())
		return
	}
	writeXML(w, http.StatusOK, answer)
}

func (s *region) query(service string, form url.Values, who caller, requestID string) (any, *apiError) {
	if service == "iam" {
		return s.answerIAM(form, requestID)
	}
	return s.answerSTS(form, who, requestID)
}

// asQuery gives errors the names they have in the query protocol.
func (e *apiError) asQuery() *apiError {
	changed := *e
	switch e.Code {
	case "AccessDeniedException":
		changed.Code, changed.Status = "AccessDenied", http.StatusForbidden
	case "ThrottlingException":
		changed.Code = "Throttling"
	}
	return &changed
}

// writeXMLError writes the error of a query service.
func writeXMLError(w http.ResponseWriter, e *apiError) {
	type response struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Type      string   `xml:"Error>Type"`
		Code      string   `xml:"Error>Code"`
		Message   string   `xml:"Error>Message"`
		RequestID string   `xml:"RequestId"`
	}
	writeXML(w, e.Status, response{Type: "Sender", Code: e.Code, Message: e.Message, RequestID: uuid.NewString()})
}

func writeXML(w http.ResponseWriter, status int, body any) {
	text, err := xml.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte("<ErrorResponse/>")
	}
	writeBytes(w, status, contentXML, append([]byte(xml.Header), text...))
}

func writeBytes(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a failed write means the caller has gone
}
