package docs

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"

	"landfall.dev/landfall/internal/controller/endpoint"
	"landfall.dev/landfall/internal/router"
	"landfall.dev/landfall/internal/router/measure"
	"landfall.dev/landfall/internal/router/mirror"
)

const metricsPage = "docs/reference/metrics.md"

// metric is what a reader needs to know of one.
type metric struct{ name, kind, labels, help string }

// catalogue is a Registerer that writes down what is registered. A registry
// would show no metric whose labels have no value yet.
type catalogue map[string]metric

// description reads the name, the help and the labels from what a Desc prints,
// the only form in which it gives them.
var description = regexp.MustCompile(`^Desc\{fqName: ("(?:[^"\\]|\\.)*"), help: ("(?:[^"\\]|\\.)*"), .*variableLabels: \{(.*)\}\}$`)

// Register implements prometheus.Registerer.
func (c catalogue) Register(collector prometheus.Collector) error {
	var kind string
	switch collector.(type) {
	case *prometheus.GaugeVec, prometheus.Gauge: // before Counter, whose methods a Gauge has too
		kind = "gauge"
	case *prometheus.CounterVec, prometheus.Counter:
		kind = "counter"
	case *prometheus.HistogramVec, prometheus.Histogram:
		kind = "histogram"
	default:
		return fmt.Errorf("collector %T has no kind that the page knows", collector)
	}
	descriptions := make(chan *prometheus.Desc, 16)
	collector.Describe(descriptions)
	close(descriptions)
	for d := range descriptions {
		parts := description.FindStringSubmatch(d.String())
		if parts == nil {
			return fmt.Errorf("cannot read the description %s", d)
		}
		name, err := strconv.Unquote(parts[1])
		if err != nil {
			return err
		}
		help, err := strconv.Unquote(parts[2])
		if err != nil {
			return err
		}
		c[name] = metric{name: name, kind: kind, labels: strings.Join(strings.FieldsFunc(parts[3], isSeparator), ", "), help: help}
	}
	return nil
}

func isSeparator(r rune) bool { return r == ',' || r == ' ' }

// MustRegister implements prometheus.Registerer.
func (c catalogue) MustRegister(collectors ...prometheus.Collector) {
	for _, collector := range collectors {
		if err := c.Register(collector); err != nil {
			panic(err)
		}
	}
}

// Unregister implements prometheus.Registerer.
func (c catalogue) Unregister(prometheus.Collector) bool { return false }

// table writes the catalogue as Markdown, sorted by name.
func (c catalogue) table() string {
	var b strings.Builder
	b.WriteString("| metric | type | labels | meaning |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(c)) {
		m := c[name]
		labels := "–"
		if m.labels != "" {
			labels = "`" + strings.ReplaceAll(m.labels, ", ", "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.name, m.kind, labels, strings.ReplaceAll(m.help, "|", `\|`))
	}
	return b.String()
}

// routerMetrics are those of a router: what its recorder registers, and what a
// running router serves besides.
func routerMetrics(t *testing.T) catalogue {
	t.Helper()
	c := catalogue{}
	measure.New("", c, time.Now)
	served := catalogue{}
	for line := range strings.SplitSeq(scrapeRouter(t), "\n") {
		words := strings.SplitN(line, " ", 4)
		if len(words) < 4 || words[0] != "#" || !strings.HasPrefix(words[2], "landfall_") {
			continue
		}
		m := served[words[2]]
		m.name = words[2]
		switch words[1] {
		case "HELP":
			m.help = words[3]
		case "TYPE":
			m.kind = words[3]
		}
		served[m.name] = m
	}
	for name, m := range served {
		if known, ok := c[name]; ok && (known.kind != m.kind || known.help != m.help) {
			t.Errorf("a router serves %+v, its recorder registers %+v", m, known)
		} else if !ok {
			c[name] = m
		}
	}
	return c
}

// scrapeRouter runs a router without a cluster and returns its /metrics.
func scrapeRouter(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	options := router.Options{
		Auth: router.AuthNone, Name: "docs", MaxBodyBytes: 1, MaxBufferedBytes: 1,
		Mirror: mirror.Bounds{Concurrency: 1},
	}
	nowhere := &rest.Config{Host: "http://127.0.0.1:1"}
	r, err := router.New(ctx, options, nowhere, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	callers, admin := listen(t), listen(t)
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx, callers, admin) }()
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("the router ended with: %v", err)
		}
	}()
	response, err := http.Get("http://" + admin.Addr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var text strings.Builder
	for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
		text.WriteString(scanner.Text() + "\n")
	}
	return text.String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func TestMetricsReference(t *testing.T) {
	operator := catalogue{}
	endpoint.NewMetrics(operator)
	want := readPage(t, metricsPage).text
	for name, c := range map[string]catalogue{"router": routerMetrics(t), "operator": operator} {
		if len(c) == 0 {
			t.Fatalf("the %s has no metrics", name)
		}
		var err error
		if want, err = replaceGenerated(want, name, c.table()); err != nil {
			t.Fatal(err)
		}
	}
	if *update {
		if err := os.WriteFile(filepath.Join(rootFolder(t), metricsPage), []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, readPage(t, metricsPage).text); diff != "" {
		t.Errorf("%s is not what the code registers: run make generate (-want +got):\n%s", metricsPage, diff)
	}
}

// replaceGenerated puts text between the marks of that name.
func replaceGenerated(page, name, text string) (string, error) {
	begin, end := "<!-- generated: "+name+" -->\n", "<!-- end -->"
	before, rest, found := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", fmt.Errorf("the page lacks %q and %q", strings.TrimSpace(begin), end)
	}
	return before + begin + text + end + after, nil
}
