package python

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = `import os as o, a.b
from x.y import (c as d,
                 e)
BUCKET = "acme" "-" + "models"


@d.wrap("deco")
def f(p, q: int = 3, *args, **kw) -> str:
    """Doc."""
    global G
    G = o.environ["SM_X"]
    return f"s3://{BUCKET}/{p!r:>{q}}" % 3


class K:
    async def m(self): await e(BUCKET, key=[1, "two"], **kw)


o.path.join("/opt", "x", name)
"{}-{}".format("u", v)
if (n := a.b.c()): o.environ["SET"] = "1"
`

func TestSource(t *testing.T) {
	got := ReadSource([]byte(sample), Limits{})
	if got.ByTokens {
		t.Fatal("scanned by its tokens: ", got.Why)
	}
	var calls []string
	for _, c := range got.Calls {
		calls = append(calls, c.Name)
	}
	if diff := cmp.Diff([]string{"x.y.c.wrap", "x.y.e", "os.path.join", ".format", "a.b.c"}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	await := got.Calls[1]
	want := Call{
		Name: "x.y.e", Line: 16, Args: []Value{{Text: "acme-models", Known: true, String: true}, {Text: "{}"}},
		Keywords: map[string]Value{"key": {Known: true, Items: []Value{{Text: "1", Known: true}, {Text: "two", Known: true, String: true}}}},
	}
	if diff := cmp.Diff(want, await); diff != "" {
		t.Errorf("a call (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Function{
		{Name: "f", Params: []string{"p", "q", "*args", "**kw"}, Line: 8}, {Name: "m", Params: []string{"self"}, Line: 16, Async: true, Nested: true},
	}, got.Functions); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Read{{Name: "os.environ", Key: "SM_X", Line: 11}, {Name: "os.environ", Key: "SET", Line: 21, Store: true}}, got.Reads); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Global{{Name: "G", Line: 10}}, got.Globals); diff != "" {
		t.Errorf("globals (-want +got):\n%s", diff)
	}
	texts := map[string]bool{}
	for _, s := range got.Strings {
		texts[s.Text] = texts[s.Text] || !s.Doc
	}
	for text, constant := range map[string]bool{"acme-models": true, "s3://acme-models/{}": true, "Doc.": false, "deco": true} {
		if is, there := texts[text]; !there || is != constant {
			t.Errorf("string %q: there %t, a constant %t; want %t", text, there, is, constant)
		}
	}
}

// foldings are expressions and what is known of them.
func TestFold(t *testing.T) {
	for expression, want := range map[string]string{
		`"a" + "b" + x`: "ab{}", `f"{A}/{A!s}"`: "k/k", `"%s/%d" % (A, y)`: "k/{}", `"{}/{}".format(A, y)`: "k/{}",
		`("a" "b")`: "ab", `os.path.join("/a", A, "b")`: "/a/k/b", `os.path.join("/a", "/b")`: "/b",
		`os.environ.get("X", "d")`: "d", `rf"\d{A}"`: `\dk`, `f"{{x}}"`: "{x}", `"é\n"`: "é\n", `A`: "k", `B`: "{}", `x[0]`: "{}",
		`Path("/a") / "b"`: "/a/b", `b"raw" b"s"`: "raws",
	} {
		source := "import os\nfrom pathlib import Path\nA = 'k'\nB = 'one'\nB = 'two'\nf(" + expression + ")\n"
		got := ReadSource([]byte(source), Limits{})
		i := slices.IndexFunc(got.Calls, func(c Call) bool { return c.Name == "f" })
		if got.ByTokens || i < 0 || len(got.Calls[i].Args) != 1 {
			t.Errorf("%s: the call was not found (%s)", expression, got.Why)
			continue
		}
		if text := got.Calls[i].Args[0].Text; text != want {
			t.Errorf("%s is %q; want %q", expression, text, want)
		}
	}
}

// Sources that no tree can be made of, with what is found all the same.
func TestScan(t *testing.T) {
	cases := map[string]struct{ source, call string }{
		"an open bracket":    {"import boto3 as b\nx = (1,\ndef f():\n    return b.client('s3', region_name='r')\n", "boto3.client"},
		"a missing colon":    {"from os import getenv as g\nclass X\n    def f(self)\n        g('SM_X')\n", "os.getenv"},
		"deep nesting":       {"import os\nos.system('x')\ny = " + strings.Repeat("(", 5000) + strings.Repeat(")", 5000) + "\n", "os.system"},
		"longer than parsed": {"import os\nos.system('x')\n" + strings.Repeat("# filler\n", 200_000), "os.system"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			got := ReadSource([]byte(test.source), Limits{})
			if !got.ByTokens || got.Why == "" {
				t.Errorf("scanned by its tokens: %t (%q)", got.ByTokens, got.Why)
			}
			if !slices.ContainsFunc(got.Calls, func(c Call) bool { return c.Name == test.call && len(c.Args) > 0 }) {
				t.Errorf("the call of %s was not found in %v", test.call, got.Calls)
			}
		})
	}
}

// What would keep a careless parser busy for long, or bring it down.
func TestHostileSources(t *testing.T) {
	for name, source := range map[string]string{
		"brackets": strings.Repeat("(", 100_000), "f-strings": strings.Repeat("f'{", 3000), "attributes": "x=a" + strings.Repeat(".b", 100_000),
		"calls": "x=a" + strings.Repeat("()", 100_000), "sums": "x=" + strings.Repeat("a+", 100_000) + "a", "quotes": strings.Repeat("'''", 9999) + "x",
		"open string": "x='''" + strings.Repeat("a\n", 100_000), "indents": strings.Repeat(" x=(\n", 20_000), "zeros": "x=1\x00\ny=f()\n",
		"lambdas": "x=" + strings.Repeat("lambda:", 20_000) + "1", "doubling": doubling(), "nothing": "",
	} {
		t.Run(name, func(t *testing.T) { ReadSource([]byte(source), Limits{TimeoutMicros: 300_000}) })
	}
}

// doubling makes names that are twice as long as the one before.
func doubling() string {
	var out strings.Builder
	out.WriteString("a0 = 'xxxxxxxxxx'\n")
	for i := range 40 {
		at := string(rune('a' + i%26))
		out.WriteString(at + "1" + strings.Repeat("i", i) + " = a0 + a0\na0_ = f'{a0}{a0}'\n")
	}
	return out.String()
}

func FuzzReadSource(f *testing.F) {
	f.Add(sample)
	f.Add("print 'x'\nexec 'y'\n")
	f.Add("f'{x!r:>{w}} {\"a\"}'\n")
	f.Add("match x:\n case {'a': [b, *c]} if d: pass\n")
	f.Fuzz(func(t *testing.T, source string) {
		got := ReadSource([]byte(source), Limits{TimeoutMicros: 200_000})
		last := strings.Count(source, "\n") + 1
		for _, c := range got.Calls {
			if c.Line < 1 || c.Line > last || c.Name == "" {
				t.Errorf("call %q on line %d of %d", c.Name, c.Line, last)
			}
		}
		for _, s := range got.Strings {
			if s.Line < 1 || s.Line > last {
				t.Errorf("a string on line %d of %d", s.Line, last)
			}
		}
	})
}
