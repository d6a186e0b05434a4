package sigv4

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	goodCredential = "Credential=AKID/20261004/us-east-1/sagemaker/aws4_request"
	goodHeaders    = "SignedHeaders=content-type;host;x-amz-date"
)

var goodSignature = "Signature=" + strings.Repeat("0a", 32)

func TestParseAuthorization(t *testing.T) {
	want := authorization{
		accessKeyID: "AKID", date: "20261004", region: "us-east-1", service: "sagemaker",
		signedHeaders: []string{"content-type", "host", "x-amz-date"}, signature: strings.Repeat("0a", 32),
	}
	cases := map[string]struct {
		header string
		want   Code
	}{
		"Spaced":          {header: join(", ", goodCredential, goodHeaders, goodSignature)},
		"Tight":           {header: join(",", goodCredential, goodHeaders, goodSignature)},
		"AnyOrder":        {header: join(", ", goodSignature, goodCredential, goodHeaders)},
		"Empty":           {header: "", want: CodeMissingToken},
		"Scheme":          {header: "AWS4-ECDSA-P256-SHA256 x", want: CodeMissingToken},
		"NoParameters":    {header: algorithm, want: CodeIncompleteSignature},
		"NoCredential":    {header: join(",", goodHeaders, goodSignature), want: CodeIncompleteSignature},
		"NoHeaders":       {header: join(",", goodCredential, goodSignature), want: CodeIncompleteSignature},
		"NoSignature":     {header: join(",", goodCredential, goodHeaders), want: CodeIncompleteSignature},
		"Twice":           {header: join(",", goodCredential, goodCredential, goodHeaders, goodSignature), want: CodeIncompleteSignature},
		"Unknown":         {header: join(",", goodCredential, goodHeaders, goodSignature, "X=1"), want: CodeIncompleteSignature},
		"ShortScope":      {header: join(",", "Credential=AKID/20261004/us-east-1/aws4_request", goodHeaders, goodSignature), want: CodeIncompleteSignature},
		"EmptyRegion":     {header: join(",", "Credential=AKID/20261004//sagemaker/aws4_request", goodHeaders, goodSignature), want: CodeIncompleteSignature},
		"Terminator":      {header: join(",", "Credential=AKID/20261004/r/sagemaker/aws5", goodHeaders, goodSignature), want: CodeIncompleteSignature},
		"Unsorted":        {header: join(",", goodCredential, "SignedHeaders=x-amz-date;host", goodSignature), want: CodeIncompleteSignature},
		"Doubled":         {header: join(",", goodCredential, "SignedHeaders=host;host;x-amz-date", goodSignature), want: CodeIncompleteSignature},
		"Capitals":        {header: join(",", goodCredential, "SignedHeaders=Host;x-amz-date", goodSignature), want: CodeIncompleteSignature},
		"HostUnsigned":    {header: join(",", goodCredential, "SignedHeaders=x-amz-date", goodSignature), want: CodeIncompleteSignature},
		"DateUnsigned":    {header: join(",", goodCredential, "SignedHeaders=host", goodSignature), want: CodeIncompleteSignature},
		"CapitalHex":      {header: join(",", goodCredential, goodHeaders, "Signature="+strings.Repeat("0A", 32)), want: CodeIncompleteSignature},
		"ShortHex":        {header: join(",", goodCredential, goodHeaders, "Signature=0a"), want: CodeIncompleteSignature},
		"TooManyHeaders":  {header: join(",", goodCredential, "SignedHeaders="+strings.Repeat("a;", 200)+"host", goodSignature), want: CodeIncompleteSignature},
		"UnprintableName": {header: join(",", "Credential=AK\x01/20261004/r/sagemaker/aws4_request", goodHeaders, goodSignature), want: CodeIncompleteSignature},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, refusal := parseAuthorization(tc.header)
			if tc.want == "" {
				if refusal != nil {
					t.Fatalf("refused: %v", refusal)
				}
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(authorization{})); diff != "" {
					t.Error(diff)
				}
				return
			}
			if refusal == nil || refusal.Code != tc.want {
				t.Fatalf("got %v, want %s", refusal, tc.want)
			}
		})
	}
}

func join(sep string, parts ...string) string { return algorithm + " " + strings.Join(parts, sep) }

func FuzzParseAuthorization(f *testing.F) {
	f.Add(join(", ", goodCredential, goodHeaders, goodSignature))
	f.Add(join(",", goodCredential, goodHeaders))
	f.Add("Bearer x")
	f.Add(algorithm + " Credential=////,SignedHeaders=;;,Signature==")
	f.Fuzz(func(t *testing.T, header string) {
		a, refusal := parseAuthorization(header)
		if refusal != nil {
			if refusal.Code == "" || refusal.Message == "" || len(header) > 20 && strings.Contains(refusal.Message, header) {
				t.Fatalf("a refusal needs a code and a message that does not echo the header: %v", refusal)
			}
			return
		}
		// What was accepted can be written down again and means the same.
		again, refusal := parseAuthorization(join(", ",
			"Credential="+strings.Join([]string{a.accessKeyID, a.date, a.region, a.service, terminator}, "/"),
			"SignedHeaders="+strings.Join(a.signedHeaders, ";"), "Signature="+a.signature))
		if diff := cmp.Diff(a, again, cmp.AllowUnexported(authorization{})); refusal != nil || diff != "" {
			t.Fatalf("not stable: %v %s", refusal, diff)
		}
	})
}
