package inspect

import (
	"fmt"
	"slices"
	"strings"

	"landfall.dev/landfall/internal/inspect/python"
)

// awsCall finds calls of AWS's libraries, and of the clients that they made,
// under whatever name the file keeps them.
func (p program) awsCall(c python.Call) {
	p.buckets(c)
	if !slices.Contains(awsLibraries, top(c.Name)) && c.Service == "" {
		return
	}
	// What a call returned is a client, a session, or data such as a frame.
	if made, _, chained := strings.Cut(c.Name, "()"); chained && c.Service == "" && !strings.HasSuffix(made, "Session") {
		return
	}
	// A client is what leads to calls; the settings of one are its part.
	if strings.HasSuffix(c.Name, ".Config") || strings.HasSuffix(c.Name, "Error") || strings.HasPrefix(c.Name, "botocore.exceptions") {
		return
	}
	what := c.Name
	if v, is := argument(c, 0, "service_name"); is && v.Known && v.String {
		last := c.Name[strings.LastIndexByte(c.Name, '.')+1:]
		if last == "client" || last == "resource" {
			what = fmt.Sprintf("%s(%q)", c.Name, v.Text)
		}
	}
	if c.Service != "" {
		// What is called on a client, by the name of the operation.
		what = c.Service + ": " + strings.TrimLeft(c.Name[strings.LastIndex(c.Name, "()")+len("()"):], ".")
		if !strings.Contains(c.Name, "()") {
			what = c.Service + ": " + c.Name
		}
	}
	if strings.Contains(what, "(\"sagemaker") || strings.HasPrefix(c.Service, "sagemaker") {
		what += ", SageMaker's own API,"
	}
	// Of a chain of calls the last says it all; it comes first.
	if !p.calledAWS[c.Line] {
		p.calledAWS[c.Line] = true
		p.report("AWSCall", c.Line, what+" is called"+p.when(c))
	}
}

// bucketPlaces are where the methods of S3's clients and resources take a
// bucket without its name.
var bucketPlaces = map[string]int{
	"download_file": 0, "download_fileobj": 0, "upload_file": 1, "upload_fileobj": 1, "Bucket": 0, "Object": 0, "ObjectSummary": 0,
	"BucketVersioning": 0, "BucketPolicy": 0,
}

// buckets finds the buckets that a call is given.
func (p program) buckets(c python.Call) {
	for _, key := range []string{"Bucket", "bucket", "bucket_name", "default_bucket", "s3_bucket"} {
		if v, is := c.Keywords[key]; is {
			p.bucket(v, c.Line)
		}
	}
	method := c.Name[strings.LastIndexByte(c.Name, '.')+1:]
	place, is := bucketPlaces[method]
	// A resource's Bucket has methods of the same names, which take none.
	client := c.Service == "s3" || strings.Contains(strings.ToLower(strings.TrimSuffix(c.Name, "."+method)), "s3") && strings.Contains(method, "_")
	if is && client && place < len(c.Args) && !strings.HasSuffix(strings.TrimSuffix(c.Name, "."+method), "Bucket()") {
		p.bucket(c.Args[place], c.Line)
	}
	// parser.add_argument("--bucket", default="churn-data"),
	// os.environ.get("BUCKET", "churn-data")
	option := len(c.Args) > 0 && c.Args[0].Known && strings.Contains(strings.ToLower(c.Args[0].Text), "bucket")
	switch {
	case option && method == "add_argument":
		p.bucket(c.Keywords["default"], c.Line)
	case option && slices.Contains(environmentReads, c.Name) && len(c.Args) > 1:
		p.bucket(c.Args[1], c.Line)
	}
}

// bucket reports a value if it can be the name of a bucket.
func (p program) bucket(v python.Value, line int) {
	if v.Known && v.String && bucketName.MatchString(v.Text) {
		p.report("HardcodedBucket", line, "the bucket "+v.Text)
	}
}
