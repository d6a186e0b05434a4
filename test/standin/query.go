package standin

import (
	"encoding/xml"
	"net/http"
	"net/url"

	"github.com/google/uuid"
)

const xmlnsSTS = "https://sts.amazonaws.com/doc/2011-06-15/"

// serveQuery answers the query protocol: STS, and CloudWatch for clients that
// still use it. The credential's scope tells the two apart before the form is
// read; the signature then proves the scope.
func (s *Server) serveQuery(w http.ResponseWriter, r *http.Request) {
	service := "sts"
	if scopedTo(r, "monitoring") {
		service = "monitoring"
	}
	body, who, refusal := s.authenticate(r, service, maxControlBodyBytes)
	form, err := url.ParseQuery(string(body))
	if refusal == nil && err != nil {
		refusal = &apiError{Status: 400, Code: "MalformedQueryString", Message: "The form cannot be read."}
	}
	if service == "monitoring" {
		s.answerMetrics(w, metricWire{
			operation: form.Get("Action"), decode: metricsForm(form), answer: answerMetricsXML, refuse: writeXMLError,
		}, body, who, refusal)
		return
	}
	s.answerSTS(w, form.Get("Action"), who, refusal)
}

type callerIdentity struct {
	XMLName   xml.Name `xml:"GetCallerIdentityResponse"`
	XMLNS     string   `xml:"xmlns,attr"`
	ARN       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

func (s *Server) answerSTS(w http.ResponseWriter, action, who string, refusal *apiError) {
	if refusal == nil && action != "GetCallerIdentity" {
		refusal = &apiError{Status: 400, Code: "InvalidAction", Message: "The stand-in account does not implement " + action + "."}
	}
	if refusal == nil {
		refusal = s.admit(who, "sts:"+action, "*")
	}
	s.counters.call("sts:"+action, refusal != nil)
	if refusal != nil {
		writeXMLError(w, refusal)
		return
	}
	writeXML(w, http.StatusOK, callerIdentity{
		XMLNS: xmlnsSTS, ARN: "arn:aws:iam::" + s.account.AccountID + ":user/" + s.credential(who).UserName,
		UserID: who, Account: s.account.AccountID, RequestID: w.Header().Get("X-Amzn-Requestid"),
	})
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
