package inspect

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestHostileSourcesAreBounded looks through sources that are made to take
// long. The bound is wide, since tests share their machine; what is wrong takes
// minutes.
func TestHostileSourcesAreBounded(t *testing.T) {
	const mib = 1 << 20
	cases := map[string]struct{ name, text, want string }{
		"a line of calls":      {"a.py", "import boto3;" + strings.Repeat(`boto3.client("s3");`, mib/19), "AWSCall"},
		"a line of data":       {"a.py", "x = [" + strings.Repeat("1,", 5*mib/2) + "]\n", "NotInspected"},
		"brackets":             {"a.py", strings.Repeat("(", 100_000), "ParsedByTokens"},
		"a string without end": {"a.py", `import boto3; x="` + strings.Repeat("a", 5*mib), "AWSLibrary"},
		"a concatenation":      {"a.py", "x=" + strings.Repeat(`"a"+`, 60_000) + "\"us-east-1\"\n", "HardcodedRegion"},
		"a chain":              {"a.py", "import boto3\na" + strings.Repeat(".b", 60_000) + "()\n", "AWSLibrary"},
		"a line of requests":   {"a.sh", strings.Repeat("aws s3 cp a b;", 9000), "AWSCall"},
		"a list of addresses":  {"a.yaml", strings.Repeat("s3://acme-a/x ", mib/14), "HardcodedBucket"},
		"continued lines":      {"requirements.txt", "boto3\n" + strings.Repeat("a\\\n", 200_000), "AWSLibrary"},
		"no text at all":       {"a.py", "import boto3\n\x00\xff\xfe\nboto3.client('s3')\r\n\tx\x0c", "AWSCall"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			done := make(chan []Finding, 1)
			go func() { done <- code(t, test.name, []byte(test.text)) }()
			select {
			case found := <-done:
				if text := fmt.Sprint(ids(found)); !strings.Contains(text, test.want) {
					t.Errorf("want %s among %s", test.want, text)
				}
				for _, f := range found {
					if len([]rune(f.Quote)) > maxQuoteRunes || len(f.Message) > 2*maxEvidenceBytes {
						t.Errorf("%s is as long as the file", f.ID)
					}
				}
			case <-time.After(time.Minute):
				t.Fatal("it takes more than a minute")
			}
		})
	}
}
