package wire

import (
	"io"
	"net/http"

	"landfall.dev/landfall/internal/router/exchange"
)

// SetBody gives an outgoing request its payload, and the means to send it once
// more. An empty payload is sent as Content-Length: 0.
func SetBody(outgoing *http.Request, body *exchange.Body) {
	outgoing.ContentLength = body.SizeBytes()
	if outgoing.ContentLength == 0 {
		outgoing.Body = http.NoBody
		return
	}
	outgoing.Body = body.Open()
	outgoing.GetBody = func() (io.ReadCloser, error) { return body.Open(), nil }
}
