package output_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/view"
)

func plain() output.Palette { return output.NewPalette(output.ColorNever, true, os.Getenv) }

func colored() output.Palette { return output.NewPalette(output.ColorAlways, false, os.Getenv) }

func TestPaletteDecides(t *testing.T) {
	cases := map[string]struct {
		mode     output.ColorMode
		terminal bool
		env      map[string]string
		want     bool
	}{
		"a terminal":               {output.ColorAuto, true, nil, true},
		"a pipe":                   {output.ColorAuto, false, nil, false},
		"NO_COLOR":                 {output.ColorAuto, true, map[string]string{"NO_COLOR": "1"}, false},
		"empty NO_COLOR":           {output.ColorAuto, true, map[string]string{"NO_COLOR": ""}, true},
		"dumb terminal":            {output.ColorAuto, true, map[string]string{"TERM": "dumb"}, false},
		"always beats NO_COLOR":    {output.ColorAlways, false, map[string]string{"NO_COLOR": "1"}, true},
		"never on a good terminal": {output.ColorNever, true, nil, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			palette := output.NewPalette(c.mode, c.terminal, func(key string) string { return c.env[key] })
			painted := strings.Contains(palette.Cell(view.Cell{Text: "Ready", Tone: view.Good}), "\x1b[")
			if painted != c.want {
				t.Errorf("painted = %v, want %v", painted, c.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	table := view.Table{
		Columns: []view.Column{{Name: "NAME"}, {Name: "STATUS"}, {Name: "NOTE"}, {Name: "AGE"}},
		Rows: [][]view.Cell{
			{view.Text("a"), {Text: "Ready", Tone: view.Good}, view.Text("")},
			{view.Text("longer"), {Text: "Down", Tone: view.Bad}, view.Text("it\nbroke\x1b[31m"), view.Text("3h")},
		},
	}
	var text bytes.Buffer
	if err := output.Table(&text, plain(), table, true); err != nil {
		t.Fatal(err)
	}
	want := "NAME     STATUS    NOTE           AGE\n" +
		"a        ✔ Ready\n" +
		"longer   ✖ Down    it broke[31m   3h\n"
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("Table() differs (-want +got):\n%s", diff)
	}
}

// Colour must not move a column: escape sequences take no space.
func TestColorKeepsTheColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-zA-Z0-9 ]{0,12}`)
		var table view.Table
		columns := rapid.IntRange(1, 5).Draw(t, "columns")
		for range columns {
			table.Columns = append(table.Columns, view.Column{Name: strings.ToUpper(rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "head"))})
		}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			var row []view.Cell
			for range columns {
				row = append(row, view.Cell{Text: strings.TrimSpace(word.Draw(t, "cell")), Tone: view.Tone(rapid.IntRange(0, 5).Draw(t, "tone"))})
			}
			table.Rows = append(table.Rows, row)
		}
		var bare, painted bytes.Buffer
		if err := errors.Join(output.Table(&bare, plain(), table, true), output.Table(&painted, colored(), table, true)); err != nil {
			t.Fatal(err)
		}
		if got := withoutStyle(painted.String()); got != bare.String() {
			t.Fatalf("with colour:\n%q\nwithout:\n%q", got, bare.String())
		}
		for line := range strings.Lines(bare.String()) {
			if strings.HasSuffix(line, " \n") {
				t.Fatalf("line %q ends in a space", line)
			}
		}
	})
}

// withoutStyle takes SGR escape sequences away.
func withoutStyle(text string) string {
	var out strings.Builder
	escape := false
	for _, r := range text {
		switch {
		case r == '\x1b':
			escape = true
		case escape:
			escape = r != 'm'
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

func TestPrintFailure(t *testing.T) {
	cause := fmt.Errorf("cannot dial: %w", errors.New("connection refused"))
	failure := &output.Failure{What: "cannot read the endpoints", Why: "first line\nsecond line", Next: "landfall doctor", Cause: cause}
	var short, long bytes.Buffer
	output.PrintFailure(&short, plain(), failure, false)
	output.PrintFailure(&long, plain(), failure, true)
	want := "error: cannot read the endpoints\n  why: first line\n       second line\n  try: landfall doctor\n"
	if diff := cmp.Diff(want, short.String()); diff != "" {
		t.Errorf("PrintFailure differs (-want +got):\n%s", diff)
	}
	want += "cause: cannot dial: connection refused\ncause: connection refused\n"
	if diff := cmp.Diff(want, long.String()); diff != "" {
		t.Errorf("PrintFailure with -v differs (-want +got):\n%s", diff)
	}
}

func TestPrintFailureShowsNoKeys(t *testing.T) {
	var text bytes.Buffer
	failure := &output.Failure{What: "cannot scan", Cause: errors.New(
		`parse failed of process output: {"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"`)}
	output.PrintFailure(&text, plain(), failure, true)
	if strings.Contains(text.String(), "AKIAIOS") || strings.Contains(text.String(), "wJalr") {
		t.Errorf("keys are shown: %s", text.String())
	}
}

func TestWriteFileKeepsWhoMayRead(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "inventory.yaml"), filepath.Join(dir, "latest.yaml")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("inventory.yaml", link); err != nil {
		t.Fatal(err)
	}
	if err := output.WriteFile(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file became %v (%v); its owner had closed it to others", info.Mode(), err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "new" {
		t.Errorf("the file behind the link holds %q (%v)", data, err)
	}
}

func TestAsFailureKeepsTheCode(t *testing.T) {
	inner := output.Usage("", "unknown word %q", "x")
	if got := output.AsFailure(fmt.Errorf("outer: %w", inner)).ExitCode(); got != output.ExitUsage {
		t.Errorf("exit code = %d, want %d", got, output.ExitUsage)
	}
	if got := output.AsFailure(errors.New("anything")).ExitCode(); got != output.ExitFailed {
		t.Errorf("exit code = %d, want %d", got, output.ExitFailed)
	}
}

func TestDiff(t *testing.T) {
	same, err := output.Diff("endpoint/churn", "a: 1\n", "a: 1\n")
	if err != nil || same != "" {
		t.Errorf("Diff of equal texts = %q, %v, want nothing", same, err)
	}
	got, err := output.Diff("endpoint/churn", "a: 1\nb: 2\n", "a: 1\nb: 3\n")
	if err != nil {
		t.Fatal(err)
	}
	want := "--- endpoint/churn (cluster)\n+++ endpoint/churn (wanted)\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Diff() differs (-want +got):\n%s", diff)
	}
	var painted bytes.Buffer
	if err := output.PrintDiff(&painted, colored(), got); err != nil {
		t.Fatal(err)
	}
	if withoutStyle(painted.String()) != got || !strings.Contains(painted.String(), "\x1b[32m+b: 3\x1b[0m") {
		t.Errorf("painted difference = %q", painted.String())
	}
}

func TestLogGrowsItsColumns(t *testing.T) {
	var text bytes.Buffer
	clock := func() time.Time { return time.Date(2026, 3, 14, 12, 0, 5, 0, time.UTC) }
	log := output.NewLog(&text, plain(), clock)
	log.Head([]view.Column{{Name: "NAME", UsualWidth: 6}, {Name: "STATUS"}})
	log.Head([]view.Column{{Name: "NAME"}, {Name: "STATUS"}})
	for _, name := range []string{"a", "a-long-one", "b"} {
		if err := log.Line([]view.Cell{view.Text(name), view.Text("Ready")}); err != nil {
			t.Fatal(err)
		}
	}
	want := "TIME       NAME     STATUS\n" +
		"12:00:05   a        Ready\n" +
		"12:00:05   a-long-one   Ready\n" +
		"12:00:05   b            Ready\n"
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("log differs (-want +got):\n%s", diff)
	}
}

func TestProgress(t *testing.T) {
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	report := func(terminal bool) string {
		var text bytes.Buffer
		progress := output.NewProgress(&text, terminal, clock)
		progress.ReportBytes("reading", 1, 3)
		progress.ReportBytes("reading", 2, 3) // too soon to be worth a line
		progress.ReportBytes("reading", 1, 3) // late, from another goroutine
		now = now.Add(10 * time.Second)
		progress.ReportBytes("reading", 3, 3)
		progress.Done()
		progress.Done()
		return text.String()
	}
	if got, want := report(false), "reading: 1B of 3B\nreading: 3B of 3B\n"; got != want {
		t.Errorf("in a pipe: %q, want %q", got, want)
	}
	if got, want := report(true), "\r\x1b[2Kreading: 1B of 3B\r\x1b[2Kreading: 3B of 3B\r\x1b[2K"; got != want {
		t.Errorf("on a terminal: %q, want %q", got, want)
	}
}

func TestWriteFileReplacesWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "plan.yaml")
	for _, text := range []string{"first, and longer\n", "second\n"} {
		if err := output.WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != text {
			t.Errorf("the file holds %q, %v, want %q", got, err, text)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v, want the file alone", entries, err)
	}
	if err := output.WriteFile(os.DevNull, []byte("x")); err != nil {
		t.Errorf("cannot write to a device: %v", err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("the device was replaced by a file: %v, %v", info, err)
	}
	failure := output.AsFailure(output.WriteFile(filepath.Join(dir, "no", "plan.yaml"), nil))
	if !strings.Contains(failure.Why, "does not exist") || !strings.HasPrefix(failure.Next, "mkdir -p ") {
		t.Errorf("failure = %+v", failure)
	}
}

func TestReadFile(t *testing.T) {
	got, err := output.ReadFile("-", strings.NewReader("from a pipe"), "")
	if err != nil || string(got) != "from a pipe" {
		t.Errorf("ReadFile(-) = %q, %v", got, err)
	}
	failure := output.AsFailure(errorOf(output.ReadFile("nowhere.yaml", nil, "landfall scan -o nowhere.yaml")))
	if failure.Why != "it does not exist" || failure.Next != "landfall scan -o nowhere.yaml" {
		t.Errorf("failure = %+v", failure)
	}
}

func errorOf(_ []byte, err error) error { return err }

func TestParseFormat(t *testing.T) {
	if _, err := output.ParseFormat("yaml", output.FormatTable, output.FormatYAML); err != nil {
		t.Error(err)
	}
	if _, err := output.ParseFormat("jsonpath={.a}", output.FormatTable, output.FormatYAML); err == nil {
		t.Error("a command without -o json takes a JSONPath")
	}
	_, err := output.ParseFormat("name", output.FormatTable, output.FormatYAML)
	if got := output.AsFailure(err); got.ExitCode() != output.ExitUsage || !strings.Contains(got.What, "want table, yaml") {
		t.Errorf("failure = %+v", got)
	}
}

func TestCannotRead(t *testing.T) {
	for name, c := range map[string]struct {
		err       error
		why, next string
	}{
		"missing":     {&fs.PathError{Op: "open", Path: "a", Err: syscall.ENOENT}, "it does not exist", "make it"},
		"not allowed": {&fs.PathError{Op: "open", Path: "a", Err: syscall.EACCES}, "you may not read it", "ls -l a shows who may"},
		"other":       {errors.New("odd"), "odd", ""},
	} {
		if got := output.CannotRead("a", c.err, "make it"); got.Why != c.why || got.Next != c.next || !errors.Is(got, c.err) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestJSONPath(t *testing.T) {
	value := struct {
		Name  string `json:"name"`
		Items []struct {
			Port int `json:"port"`
		} `json:"items"`
	}{Name: "churn", Items: []struct {
		Port int `json:"port"`
	}{{8080}, {9090}}}
	for expression, want := range map[string]string{
		"{.name}": "churn", ".name": "churn", "name": "churn", "{.items[*].port}": "8080 9090",
		`{range .items[*]}{.port}{"\n"}{end}`: "8080\n9090\n", "{.nothing}": "",
	} {
		format, err := output.ParseFormat("jsonpath="+expression, output.FormatTable, output.FormatJSON)
		if err != nil || !format.IsStructured() {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		var text bytes.Buffer
		if err := output.Object(&text, format, value); err != nil || text.String() != want {
			t.Errorf("%s writes %q, %v, want %q", expression, text.String(), err, want)
		}
	}
	for _, expression := range []string{"{.name", "{.items[}"} {
		if _, err := output.ParseFormat("jsonpath="+expression, output.FormatJSON); output.AsFailure(err).ExitCode() != output.ExitUsage {
			t.Errorf("%s is taken: %v", expression, err)
		}
	}
}
