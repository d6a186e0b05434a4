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
		"names that double":    {"a.py", doubling(5000), "HardcodedBucket"},
		"names of names":       {"a.py", "import boto3\n" + numbered("a%d = a%d.b()\n", 8000), "AWSLibrary"},
		"functions of others":  {"a.py", "import boto3\n" + numbered("def f%d(): f%d()\n", 6000) + "if __name__ == '__main__':\n    f6000()\n", "AWSLibrary"},
		"short chains":         {"a.py", "import boto3\n" + strings.Repeat("x.a(1).a(1).a(1)\n", 6000), "AWSLibrary"},
		"decorators":           {"a.py", "import boto3\n" + strings.Repeat("@a\n", 40_000), "AWSLibrary"},
		"broken lines":         {"a.py", "import boto3\n" + strings.Repeat("a b (c\nclass K:\n   d! def m(self): await e e, key=[1, \"two\"], **kw)\n", 2000), "ParsedByTokens"},
		"variables of images":  {"Dockerfile", "ENV " + strings.Repeat("A=s3://acme/b ", mib/14), "HardcodedBucket"},
		"a here-document":      {"a.sh", "cat <<E\n" + strings.Repeat("s3://acme-a/x\n", 9000) + "E\n", "HardcodedBucket"},
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
			case <-time.After(5 * time.Minute): // a second or two, where nothing else runs
				t.Fatal("it takes more than five minutes")
			}
		})
	}
}

// numbered repeats a line with two numbers, each one lower than the other.
func numbered(line string, times int) string {
	var text strings.Builder
	for i := range times {
		fmt.Fprintf(&text, line, i+1, i)
	}
	return text.String()
}

// doubling are names that each hold the one before twice.
func doubling(times int) string {
	var text strings.Builder
	text.WriteString("a0 = 's3://acme-models/'\n")
	for i := range times {
		fmt.Fprintf(&text, "a%d = f'{a%d}{a%d}'\n", i+1, i, i)
	}
	return text.String()
}
