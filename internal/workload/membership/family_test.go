package membership

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFamily(t *testing.T) {
	cases := map[string]struct{ name, want, why string }{
		"SDKName":          {"churn-train-2026-10-01-12-00-00-123", "churn-train", "name_from_base appends date, time and milliseconds"},
		"SDKDefault":       {"pytorch-training-2026-11-20-06-33-09-481", "pytorch-training", "the SDK's own base name"},
		"SDKShort":         {"churn-tune-261120-0633", "churn-tune", "name_from_base(short=True)"},
		"PipelineStep":     {"pipelines-x0xe3u0axl5w-TrainModel-v8xQYp5GJK", "pipelines-TrainModel", "execution and random end"},
		"PipelineStepLong": {"pipelines-abcdefghijkl-Train-Model-2-v8xQYp5GJK", "pipelines-Train-Model-2", "an id without digits, a step of several words"},
		"PipelineWords":    {"pipelines-preprocessor-run-evaluation", "pipelines-preprocessor-run-evaluation", "words of the same lengths are no ids"},
		"TuningChild":      {"churn-tune-001-1a2b3c4d", "churn-tune", "a counter and a hash"},
		"TuningChildDated": {"tensorflow-inference-241120-0633-003-abcdef12", "tensorflow-inference", "a tuning job's name has a time itself"},
		"TuningLetters":    {"churn-tune-012-abcdefab", "churn-tune", "a hash may have no digit"},
		"UUID":             {"embed-6f1c0f6e-52cb-4f0f-9d7e-0d4f2f6a8b11", "embed", "uuid4"},
		"UUIDLetters":      {"embed-abcdefab-abcd-abcd-abcd-abcdefabcdef-nightly", "embed-nightly", "a uuid in the middle"},
		"GitShort":         {"churn-4f7e19c", "churn", "git abbreviates to seven"},
		"GitFull":          {"churn-da39a3ee5e6b4b0d3255bfef95601890afd80709-eval", "churn-eval", "a whole commit id"},
		"Build":            {"churn-build-42", "churn-build", "a number after build counts"},
		"RunJoined":        {"churn-run1234", "churn", "a counter joined to its word"},
		"BuildNumber":      {"churn-1841", "churn", "a counter of four digits"},
		"Date":             {"report-20261120", "report", "a date without separators"},
		"DateFirst":        {"2026-11-20-report", "report", "a date before the name"},
		"DateThenHash":     {"churn-nightly-2026-11-20-1fee8f", "churn-nightly", "what tells runs of one day apart"},
		"DateThenSize":     {"report-2026-11-20-10k", "report-10k", "what is no hash stays behind a date too"},
		"HashShort":        {"churn-1fee8f", "churn-1fee8f", "six digits alone may mean something"},
		"DateMonth":        {"report-2026-11", "report", "a month"},
		"DateDayFirst":     {"report-20-11-2026", "report", "day first"},
		"DateTime":         {"report-20261120T063309Z", "report", "ISO 8601, basic"},
		"DateTimeExtended": {"report-2026-11-20T06-33-09Z", "report", "ISO 8601 with the colons replaced"},
		"DateVersion":      {"report-v20261120", "report", "a date written as a version"},
		"DateThenClock":    {"report-20261120-06-33-09", "report", "the clock in words"},
		"EpochSeconds":     {"score-1795155189", "score", "seconds of the epoch"},
		"EpochMillis":      {"score-1795155189123", "score", "milliseconds of the epoch"},
		"Monitoring":       {"model-monitoring-202611200600-0a1b2c3d4e5f60718293a4b5", "model-monitoring", "Model Monitor's jobs"},
		"AutoML":           {"churn-automl-dpp0-1-6c2f0a3e5d7b4a918d2e3f405162738a", "churn-automl-dpp0-1", "the step of AutoML stays"},
		"Underscores":      {"daily_score_2026_11_20", "daily_score", "other separators"},
		"Counter":          {"sweep-007", "sweep", "three digits at the end count"},
		"Version":          {"churn-v2", "churn-v2", "versions mean something"},
		"VersionOther":     {"churn-v3", "churn-v3", "and differ"},
		"VersionThenDate":  {"churn-v2-2026-10-01-12-00-00-123", "churn-v2", "the version stays, the time goes"},
		"Size":             {"llama-3-8b-finetune", "llama-3-8b-finetune", "sizes mean something"},
		"Instance":         {"bench-p4d24xlarge", "bench-p4d24xlarge", "an instance's size is no hash"},
		"Depth":            {"resnet-152-large", "resnet-152-large", "three digits within a name mean something"},
		"Word":             {"decade-facade", "decade-facade", "words may be hexadecimal"},
		"Plain":            {"nightly", "nightly", "nothing to drop"},
		"OnlyTime":         {"2026-11-20-06-33-09-481", unnamed, "nothing is left"},
		"OnlySeparators":   {"--", "--", "nothing is dropped"},
		"Random":           {"exp-x7k2p9qw4m", "exp", "no word alternates so"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Family(tc.name); got != tc.want {
				t.Errorf("Family(%q) = %q, want %q: %s", tc.name, got, tc.want, tc.why)
			}
		})
	}
}

// changingEnds draws what is appended to a name for one run.
func changingEnds() *rapid.Generator[string] {
	hex := rapid.StringMatching(`[0-9]{2}[0-9a-f]{5,6}`)
	return rapid.OneOf(
		rapid.StringMatching(`20(1[89]|2[0-9])-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9])-([01][0-9]|2[0-3])-[0-5][0-9]-[0-5][0-9]-[0-9]{3}`),
		rapid.StringMatching(`2[0-9](0[1-9]|1[0-2])(0[1-9]|[12][0-9])-([01][0-9]|2[0-3])[0-5][0-9]`),
		rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`),
		rapid.StringMatching(`0[0-9]{2}-[0-9a-f]{8}`),
		rapid.StringMatching(`1[0-9]{9}`),
		hex,
	)
}

func TestFamilyIsTheSameForEveryRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.StringMatching(`[a-z]{3,9}(-[g-z]{3,9}){0,3}(-v[1-9])?`).Draw(t, "base")
		first, second := changingEnds().Draw(t, "first"), changingEnds().Draw(t, "second")
		if counted[base[strings.LastIndexByte(base, '-')+1:]] {
			t.Skip("a counting word")
		}
		if a, b := Family(base+"-"+first), Family(base+"-"+second); a != b || a != base {
			t.Fatalf("Family(%s-%s) = %q and Family(%s-%s) = %q; want %q", base, first, a, base, second, b, base)
		}
	})
}

func TestFamilyOfAFamilyIsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9]{0,12}`), changingEnds()), 1, 6).Draw(t, "parts")
		checkFamily(t, strings.Join(parts, rapid.SampledFrom([]string{"-", "_", "."}).Draw(t, "separator")))
	})
}

func checkFamily(t interface{ Fatalf(string, ...any) }, name string) {
	family := Family(name)
	if name != "" && family == "" {
		t.Fatalf("Family(%q) is empty", name)
	}
	if again := Family(family); again != family {
		t.Fatalf("Family(%q) = %q, whose family is %q", name, family, again)
	}
}

func FuzzFamily(f *testing.F) {
	for _, name := range []string{"", "-", "churn-train-2026-10-01-12-00-00-123", "pipelines-x0xe3u0axl5w-T-v8xQYp5GJK", "a-001-1a2b3c4d", "\xff-2026-11"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) { checkFamily(t, name) })
}

func BenchmarkFamily(b *testing.B) {
	for b.Loop() {
		Family("pytorch-training-2026-11-20-06-33-09-481")
	}
}
