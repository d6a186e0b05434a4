package verify

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCauseOf(t *testing.T) {
	for name, c := range map[string]struct {
		log  string
		code int32
		kind CauseKind
		need Need
		line string
	}{
		"Python, read-only":        {"loading\nOSError: [Errno 30] Read-only file system: '/app/cache'\n", 1, CauseReadOnly, NeedWritableRootFilesystem, "OSError: [Errno 30] Read-only file system: '/app/cache'"},
		"a page of noise after it": {"x: Read-only file system\n" + strings.Repeat("worker stops\n", 100), 3, CauseReadOnly, NeedWritableRootFilesystem, "x: Read-only file system"},
		"Java, read-only":          {"java.nio.file.ReadOnlyFileSystemException: null", 1, CauseReadOnly, NeedWritableRootFilesystem, ""},
		"Node, read-only":          {"Error: EROFS: read-only file system, open '/app/x'", 1, CauseReadOnly, NeedWritableRootFilesystem, ""},
		"the model's own folder":   {"OSError: [Errno 30] Read-only file system: '/opt/ml/model/lock'", 1, CauseReadOnly, "", ""},
		"not root":                 {"PermissionError: [Errno 13] Permission denied: '/var/log/nginx'", 1, CauseNotRoot, NeedRoot, ""},
		"a user without a name":    {"KeyError: 'getpwuid(): uid not found: 10001'", 1, CauseNotRoot, NeedRoot, ""},
		"changes its user":         {"nginx: [emerg] cannot setuid to 33", 1, CauseNotRoot, NeedRoot, ""},
		"Java, denied":             {"java.nio.file.AccessDeniedException: /logs/x", 1, CauseNotRoot, NeedRoot, ""},
		"an answer of AWS is none": {"botocore.exceptions.ClientError: An error occurred (AccessDeniedException) when calling", 1, "", "", ""},
		"a filtered call":          {"set_mempolicy: Operation not permitted", 1, CauseSystemCall, NeedUnconfinedSeccomp, ""},
		"killed by the filter":     {"", 159, CauseSystemCall, NeedUnconfinedSeccomp, ""},
		"no names":                 {"socket.gaierror: [Errno -3] Temporary failure in name resolution", 1, CauseNameResolution, "", ""},
		"no endpoint":              {`Could not connect to the endpoint URL: "https://s3.amazonaws.com/"`, 1, CauseNameResolution, "", ""},
		"no credentials":           {"botocore.exceptions.NoCredentialsError: Unable to locate credentials", 1, CauseCredentials, "", ""},
		"the last one counts":      {"warning: Permission denied\nOSError: Read-only file system", 1, CauseReadOnly, NeedWritableRootFilesystem, ""},
		"nothing known":            {"ValueError: bad model", 1, "", "", ""},
		"empty":                    {"", 1, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := CauseOf(c.log, c.code)
			if got.Kind != c.kind || got.Need != c.need || c.line != "" && got.Line != c.line {
				t.Errorf("cause = %+v; want %s, need %q", got, c.kind, c.need)
			}
			if (got.Do() == "") != (got.Kind == "") {
				t.Errorf("%s says to do %q", got.Kind, got.Do())
			}
		})
	}
}

func FuzzCauseOf(f *testing.F) {
	f.Add("OSError: Read-only file system: '/x'\nbye", int32(1))
	f.Add("\xff permission denied", int32(159))
	f.Fuzz(func(t *testing.T, log string, code int32) {
		c := CauseOf(log, code)
		if utf8.RuneCountInString(c.Line) > maxCauseLine || !utf8.ValidString(c.Line) || c.Need != "" && c.Kind == "" {
			t.Errorf("%+v", c)
		}
	})
}
