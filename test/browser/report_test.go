package browser

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/plan"
	"landfall.dev/landfall/internal/report"
	"landfall.dev/landfall/internal/workload"
)

// patience bounds one browser's work; nothing waits for it to pass.
const patience = 2 * time.Minute

// tab opens a page and returns a tab with everything that the page complained
// about. Chromium is one of Debian's packages; without it the test is skipped.
func tab(t *testing.T, page string, width, height int) (context.Context, *complaints) {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.WindowSize(width, height),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	heard := &complaints{page: page}
	// The first call starts the browser, which lives as long as its context.
	if err := chromedp.Listen(ctx, heard.hear); err != nil {
		t.Fatalf("cannot start %s: %v", program, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	do(t, ctx, chromedp.Navigate(page), chromedp.WaitVisible(chromedp.CSS("#count")))
	until(t, ctx, `document.getElementById("count").textContent !== ""`)
	return ctx, heard
}

// complaints are errors of a page's script, and whatever it asks the network for.
type complaints struct {
	page string
	mu   sync.Mutex
	all  []string
}

func (c *complaints) hear(event any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		what := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			what += " " + e.ExceptionDetails.Exception.Description
		}
		c.all = append(c.all, what)
	case *cdplog.EventEntryAdded:
		c.all = append(c.all, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		if asked, _, _ := strings.Cut(e.Request.URL, "#"); asked != strings.Split(c.page, "#")[0] {
			c.all = append(c.all, "the page fetches "+asked)
		}
	}
}

func (c *complaints) none(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, what := range c.all {
		t.Error(what)
	}
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// value runs a script and returns its result.
func value[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return v
}

// until waits for a script to be true.
func until(t *testing.T, ctx context.Context, script string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](script)); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

// demoPage is the report of the demonstration account.
func demoPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../internal/sagemaker/testdata/demo.inventory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := inventory.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return written(t, d)
}

func written(t *testing.T, d inventory.Document) string {
	t.Helper()
	d.Workloads = workload.Derive(d)
	p, _, err := plan.Build(d, nil, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return drawn(t, d, &p)
}

func drawn(t *testing.T, d inventory.Document, p *plan.Document) string {
	t.Helper()
	page, err := report.Render(report.Build(d, p))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + filepath.ToSlash(file)
}

// wide says by how many pixels the page is wider than the window.
const wide = `document.documentElement.scrollWidth - document.documentElement.clientWidth`

func TestReportAtEveryWidth(t *testing.T) {
	page := demoPage(t)
	for name, size := range map[string][2]int{"laptop": {1366, 768}, "tablet": {820, 1180}, "phone": {390, 844}} {
		t.Run(name, func(t *testing.T) {
			ctx, heard := tab(t, page, size[0], size[1])
			if over := value[int](t, ctx, wide); over > 0 {
				t.Errorf("the page is %d pixels wider than the window", over)
			}
			do(t, ctx, chromedp.Click(chromedp.CSS(`#table tbody tr .link`)), chromedp.WaitVisible(chromedp.CSS(`#detail .graph svg`)))
			if over := value[int](t, ctx, wide); over > 0 {
				t.Errorf("with a workload open the page is %d pixels wider than the window", over)
			}
			heard.none(t)
		})
	}
}

const rows = `document.querySelectorAll("#table tbody tr").length`

func TestReportFinds(t *testing.T) {
	ctx, heard := tab(t, demoPage(t), 1366, 900)
	all := value[int](t, ctx, rows)
	do(t, ctx, chromedp.SendKeys(chromedp.CSS(`input[name=text]`), "churn-prod"))
	until(t, ctx, rows+` === 1`)
	count, address := value[string](t, ctx, `document.getElementById("count").textContent`), value[string](t, ctx, `location.href`)
	if all < 10 || !strings.HasPrefix(count, "1 of ") {
		t.Errorf("of %d rows it finds %q", all, count)
	}
	if !strings.Contains(address, "text=churn-prod") {
		t.Errorf("the filter is not in the address %s", address)
	}
	// A shared address opens the same view.
	again, heardAgain := tab(t, address+"&open="+url.QueryEscape(churn), 1366, 900)
	do(t, again, chromedp.WaitVisible(chromedp.CSS("#detail")))
	if title, few := value[string](t, again, `document.querySelector("#detail h3").textContent`), value[int](t, again, rows); title != "Churn-Prod" || few != 1 {
		t.Errorf("the shared address opens %q with %d rows", title, few)
	}
	heard.none(t)
	heardAgain.none(t)
}

// tooWide are texts of the graph that leave their boxes.
const tooWide = `[...document.querySelectorAll(".graph .node")].filter((n) => [...n.querySelectorAll("text")].
	some((t) => t.getBBox().x + t.getBBox().width > n.querySelector("rect").getBBox().width)).map((n) => n.textContent)`

// churn is the full key of the workload that the demonstration moves.
const churn = "123456789012/us-east-1/Endpoint/Churn-Prod"

func TestReportGraph(t *testing.T) {
	ctx, heard := tab(t, demoPage(t)+"#?open="+url.QueryEscape(churn), 1366, 900)
	do(t, ctx, chromedp.WaitVisible(chromedp.CSS(".graph .node")))
	names := value[[]string](t, ctx, `[...document.querySelectorAll(".graph .node title")].map((n) => n.textContent)`)
	for _, want := range []string{"Endpoint Churn-Prod", "EndpointConfig churn-prod-2026-10", "Model churn-2026-10", "model.tar.gz"} {
		if !strings.Contains(strings.Join(names, "\n"), want) {
			t.Errorf("the graph lacks %q; it has %q", want, names)
		}
	}
	if over := value[[]string](t, ctx, tooWide); len(over) > 0 {
		t.Errorf("texts are wider than their boxes: %q", over)
	}
	value[bool](t, ctx, `[...document.querySelectorAll("#detail button")].find((b) => b.textContent === "Enlarge").click() ?? true`)
	do(t, ctx, chromedp.WaitVisible(chromedp.CSS("dialog[open] .graph svg")), chromedp.KeyEvent("\x1b"),
		chromedp.WaitVisible(chromedp.CSS("#detail .graph svg")))
	if back := value[string](t, ctx, `document.querySelector("#detail .enlarge").textContent`); back != "Enlarge" {
		t.Errorf("the button beside the graph reads %q once the large one is closed", back)
	}
	heard.none(t)
}

// TestReportOfALargeAccount opens the page of twenty thousand resources.
func TestReportOfALargeAccount(t *testing.T) {
	d := inventory.Document{Accounts: []inventory.Account{{ID: "1", Region: "r"}}, ScannedAt: "2026-11-20T12:00:00Z", LookbackDays: 14}
	place := d.Accounts[0].Place()
	for i := range 20_000 {
		name := fmt.Sprintf("family-%d-2026-11-%02d-12-00-00-%03d", i%1500, i%28+1, i%1000)
		d.Resources = append(d.Resources, inventory.Resource{
			Kind: inventory.KindTrainingJob, Name: fmt.Sprintf("%s-%d", name, i), Place: place, Status: "Completed", Detail: inventory.Listed,
			CreatedAt: "2026-11-10T12:00:00Z",
		})
	}
	began := time.Now()
	page := written(t, d)
	t.Logf("drawn in %v", time.Since(began))
	ctx, heard := tab(t, page, 1366, 900)
	t.Logf("opens in %.0f ms", value[float64](t, ctx, `performance.timing.domContentLoadedEventEnd - performance.timing.navigationStart`))
	if drawn := value[int](t, ctx, rows); drawn == 0 || drawn > 200 {
		t.Errorf("%d rows are drawn at once", drawn)
	}
	t.Logf("a filter takes %.0f ms", value[float64](t, ctx, `(() => {
		const input = document.querySelector("input[name=text]");
		const began = performance.now();
		input.value = "family-7";
		input.dispatchEvent(new Event("input", { bubbles: true }));
		return performance.now() - began;
	})()`))
	heard.none(t)
}
