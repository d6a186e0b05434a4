package sigv4

import (
	"bytes"
	"testing"
)

// BenchmarkVerify is the cost the router pays for each signed request, apart
// from hashing the body.
func BenchmarkVerify(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 1024)
	r := signed(b, longLife, "POST", "/endpoints/Churn-Prod/invocations", body, map[string]string{"Content-Type": "text/csv"})
	req, sum, v := FromHTTP(r), digest(body), verifier()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(req, sum, signedAt); err != nil {
			b.Fatal(err)
		}
	}
}
