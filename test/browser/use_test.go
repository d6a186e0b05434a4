package browser

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload"
)

// counted tries every value of every filter, and returns those that show other
// than as many rows as they say.
const counted = `(() => {
	const wrong = [];
	let tried = 0;
	for (const select of document.querySelectorAll("#filters select")) {
		for (const option of [...select.options].slice(1)) {
			select.value = option.value;
			select.dispatchEvent(new Event("input", { bubbles: true }));
			const says = Number(option.textContent.match(/\((\d+)\)$/)[1]);
			const shown = document.querySelectorAll("#table tbody tr").length;
			tried++;
			if (shown !== says || shown === 0) wrong.push(select.name + " " + option.textContent + " shows " + shown);
		}
		select.value = "";
		select.dispatchEvent(new Event("input", { bubbles: true }));
	}
	return wrong.concat(tried < 8 ? ["only " + tried + " values were tried"] : []);
})()`

func TestEveryFilterShowsWhatItCounts(t *testing.T) {
	ctx, heard := tab(t, demoPage(t), 1366, 900)
	all := value[int](t, ctx, rows)
	if wrong := value[[]string](t, ctx, counted); len(wrong) > 0 {
		t.Errorf("filters: %q", wrong)
	}
	if after := value[int](t, ctx, rows); after != all {
		t.Errorf("%d rows once every filter is taken back, want %d", after, all)
	}
	heard.none(t)
}

func TestNothingPassesTheFilters(t *testing.T) {
	ctx, heard := tab(t, demoPage(t)+"#?text=no-such-thing&kind=Nonsense", 1366, 900)
	if says := value[string](t, ctx, `document.getElementById("count").textContent`); !strings.HasPrefix(says, "None of ") {
		t.Errorf("it says %q", says)
	}
	do(t, ctx, chromedp.Click(chromedp.CSS(`#filters button`)), chromedp.WaitVisible(chromedp.CSS("#table tbody tr")))
	if address := value[string](t, ctx, `location.href`); strings.Contains(address, "#?") {
		t.Errorf("cleared filters stay in the address %s", address)
	}
	heard.none(t)
}

func TestAnEmptyAccount(t *testing.T) {
	d := inventory.Document{Accounts: []inventory.Account{{ID: "1", Region: "r"}}, ScannedAt: "2026-11-20T12:00:00Z", LookbackDays: 14}
	ctx, heard := tab(t, drawn(t, d, nil), 390, 844)
	if says := value[string](t, ctx, `document.getElementById("count").textContent`); !strings.Contains(says, "no workloads") {
		t.Errorf("it says %q", says)
	}
	heard.none(t)
}

// TestTheKeyboardKeepsItsPlace opens and closes a workload without a mouse.
func TestTheKeyboardKeepsItsPlace(t *testing.T) {
	ctx, heard := tab(t, demoPage(t), 1366, 900)
	do(t, ctx, chromedp.Focus(chromedp.CSS(`#table tbody tr:nth-child(2) .link`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("#detail")))
	if inside := value[bool](t, ctx, `document.getElementById("detail").contains(document.activeElement)`); !inside {
		t.Error("the opened workload has not got the focus")
	}
	do(t, ctx, chromedp.KeyEvent("\x1b"))
	until(t, ctx, `document.getElementById("detail").hidden`)
	if back := value[bool](t, ctx, `document.activeElement === document.querySelector("#table tbody tr:nth-child(2) .link")`); !back {
		t.Error("the focus is not where it was before")
	}
	heard.none(t)
}

// TestASharedAddressShowsItsWorkload scrolls to it: whoever was sent the address
// wants to see that.
func TestASharedAddressShowsItsWorkload(t *testing.T) {
	ctx, heard := tab(t, demoPage(t)+"#?open="+url.QueryEscape(churn), 1366, 900)
	until(t, ctx, `(() => { const top = document.querySelector("#detail h3").getBoundingClientRect().top; return top >= 0 && top < innerHeight; })()`)
	heard.none(t)
}

// TestNamesThatMeanHarm are shown as they are, do nothing, and do not widen the
// page of a phone.
func TestNamesThatMeanHarm(t *testing.T) {
	names := []string{
		`</script><img src=x onerror="document.title='taken'">`, `<b>bold</b>`, `{{.Style}}`, `"><svg onload=document.title='taken'>`,
		strings.Repeat("long-name-without-an-end", 10), "Прогноз-спроса", "需要予測", "عربي\u202etxt", "javascript:document.title='taken'",
	}
	d := inventory.Document{Accounts: []inventory.Account{{ID: "1", Region: "r"}}, ScannedAt: "2026-11-20T12:00:00Z", LookbackDays: 14}
	for _, name := range names {
		d.Endpoints = append(d.Endpoints, inventory.Endpoint{
			Name: name, Place: d.Accounts[0].Place(), Status: "Failed", FailureReason: name,
		})
	}
	d.Unread = []inventory.Unread{{Operation: names[0], Code: names[0], Reason: names[0], Resources: names}}
	d.Workloads = workload.Derive(d)
	ctx, heard := tab(t, drawn(t, d, nil), 390, 844)
	for _, name := range names {
		open := "document.querySelectorAll('#table tbody .link').values().find((b) => b.textContent === " + strconv.Quote(name) + ").click() ?? true"
		value[bool](t, ctx, open)
		do(t, ctx, chromedp.WaitVisible(chromedp.CSS("#detail h3")))
		if title := value[string](t, ctx, `document.querySelector("#detail h3").textContent`); title != name {
			t.Errorf("%q is shown as %q", name, title)
		}
		if over := value[int](t, ctx, wide); over > 0 {
			t.Errorf("with %q open the page is %d pixels wider than the window", name, over)
		}
		do(t, ctx, chromedp.KeyEvent("\x1b"))
	}
	if title := value[string](t, ctx, `document.title`); title == "taken" {
		t.Error("a name was run")
	}
	if foreign := value[int](t, ctx, `document.querySelectorAll("img, b:not(li b):not(.about b), svg[onload]").length`); foreign > 0 {
		t.Errorf("%d elements came from names", foreign)
	}
	heard.none(t)
}
