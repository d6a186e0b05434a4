package blob

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// unfinished lists the uploads that a bucket of S3 or a folder has.
func unfinished(t *testing.T, of Bucket) []string {
	t.Helper()
	b, ok := of.(*bucket)
	if !ok {
		return nil
	}
	var ids []string
	if b.s3 != nil {
		listed, err := b.s3.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String(b.at.Bucket)})
		if err != nil {
			t.Fatal(err)
		}
		for _, upload := range listed.Uploads {
			ids = append(ids, aws.ToString(upload.UploadId))
		}
	}
	for object, err := range of.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(object.Key, folderMark) {
			ids = append(ids, object.Key)
		}
	}
	return ids
}

// TestGivingUp: what is not to be gone on with does not stay.
func TestGivingUp(t *testing.T) {
	data := randomBytes(6 * uploadPart)
	transfer := quick(Transfer{PartBytes: uploadPart, Parallelism: 1})
	cases := map[string]func(t *testing.T, at place, job Job){
		"without a journal": func(t *testing.T, _ place, job Job) {
			job.Journal = ""
			interrupt(t, transfer, job, 2*uploadPart)
		},
		"by hand": func(t *testing.T, at place, job Job) {
			interrupt(t, transfer, job, 2*uploadPart)
			if len(unfinished(t, job.To)) != 1 {
				t.Fatal("nothing was kept")
			}
			options := func(Location) Options {
				return Options{Region: "us-east-1", EndpointURL: at.URL, Credentials: &Credentials{AccessKeyID: "A", SecretAccessKey: "s"}}
			}
			if err := Abandon(t.Context(), job.Journal, options, job.Note); err != nil {
				t.Fatal(err)
			}
			if err := Abandon(t.Context(), job.Journal, options, job.Note); err != nil {
				t.Errorf("giving up twice: %v", err)
			}
		},
		"the source changed": func(t *testing.T, _ place, job Job) {
			source := newFakeS3(t).open(t)
			job.Content, job.From, job.Object = nil, source, put(t, source, "model", data)
			changed := make(chan struct{})
			replaced := transfer
			replaced.Progress = func(done int64) {
				if done == 2*uploadPart {
					put(t, source, "model", append([]byte("other"), data...))
					close(changed)
				}
			}
			if _, err := replaced.Copy(t.Context(), job); KindOf(err) != KindChanged {
				t.Errorf("got %v, want that the source changed", err)
			}
			<-changed
		},
	}
	for _, name := range []string{"s3", "file"} {
		for what, tc := range cases {
			t.Run(name+" "+what, func(t *testing.T) {
				at := places()[name](t)
				job, _ := jobOf(t, data, at.open(t), filepath.Join(t.TempDir(), "journal"))
				tc(t, at, job)
				if left := unfinished(t, at.open(t)); len(left) > 0 {
					t.Errorf("uploads are left: %v", left)
				}
				if _, err := os.Stat(job.Journal); !os.IsNotExist(err) {
					t.Errorf("a journal is left: %v", err)
				}
			})
		}
	}
}
