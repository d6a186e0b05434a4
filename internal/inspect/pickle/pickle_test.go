package pickle

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestRead(t *testing.T) {
	logistic := []string{"sklearn.linear_model._logistic.LogisticRegression"}
	tree := []string{
		"joblib.numpy_pickle.NumpyArrayWrapper", "numpy.dtype", "numpy.ndarray", "sklearn.tree._classes.DecisionTree", "xgboost.sklearn.XGBClassifier",
	}
	cases := map[string]struct {
		reason string
		want   Summary
	}{
		"sklearn0": {"protocol 0 is text", Summary{Globals: append([]string{"__builtin__.object", "_codecs.encode", "copy_reg._reconstructor"}, logistic...), Called: []string{"_codecs.encode", "copy_reg._reconstructor"}, Versions: map[string]string{"_sklearn_version": "1.2.2"}, Complete: true}},
		"sklearn2": {"bytes are made by a call before protocol 3", Summary{Protocol: 2, Globals: append([]string{"_codecs.encode"}, logistic...), Called: append([]string{"_codecs.encode"}, logistic...), Versions: map[string]string{"_sklearn_version": "1.2.2"}, Complete: true}},
		"sklearn4": {"names come from the stack", Summary{Protocol: 4, Globals: logistic, Called: logistic, Versions: map[string]string{"_sklearn_version": "1.2.2"}, Complete: true}},
		"sklearn5": {"", Summary{Protocol: 5, Globals: logistic, Called: logistic, Versions: map[string]string{"_sklearn_version": "1.2.2"}, Complete: true}},
		"joblib3":  {"the bytes of an array follow its wrapper", Summary{Protocol: 3, Globals: tree, Versions: map[string]string{"_sklearn_version": "1.3.0"}, Complete: true}},
		"joblib4":  {"", Summary{Protocol: 4, Globals: tree, Versions: map[string]string{"_sklearn_version": "1.3.0"}, Complete: true}},
		"evil2":    {"", Summary{Protocol: 2, Globals: []string{"posix.system"}, Called: []string{"posix.system"}, Versions: map[string]string{}, Complete: true}},
		"computed": {"a module that is no string of the pickle", Summary{Protocol: 4, Globals: []string{"?.?"}, Versions: map[string]string{}, Complete: true}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			got := Read(strings.NewReader(pickles[name]), Limits{})
			ignore := cmpopts.IgnoreFields(Summary{}, "Bytes")
			if test.want.Called == nil {
				ignore = cmpopts.IgnoreFields(Summary{}, "Bytes", "Called")
			}
			if diff := cmp.Diff(test.want, got, ignore); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
			if got.Bytes != int64(len(pickles[name])) {
				t.Errorf("read %d bytes of %d", got.Bytes, len(pickles[name]))
			}
		})
	}
}

func TestDangerous(t *testing.T) {
	for name, want := range map[string][]string{
		"evil0": {"posix.system"}, "evil2": {"posix.system"}, "evil4": {"posix.system"}, "eval": {"builtins.eval"},
		"sklearn0": nil, "sklearn4": nil, "joblib4": nil, "torch": nil,
	} {
		got := Read(strings.NewReader(pickles[name]), Limits{})
		if diff := cmp.Diff(want, got.Dangerous()); diff != "" || !got.Complete {
			t.Errorf("%s: dangerous (-want +got):\n%s%s", name, diff, got.Why)
		}
	}
}

func TestModules(t *testing.T) {
	for name, want := range map[string][]string{
		"sklearn0": {"sklearn"}, "joblib3": {"joblib", "numpy", "sklearn", "xgboost"}, "torch": {"torch"}, "eval": nil,
	} {
		if diff := cmp.Diff(want, Read(strings.NewReader(pickles[name]), Limits{}).Modules()); diff != "" {
			t.Errorf("%s: modules (-want +got):\n%s", name, diff)
		}
	}
}

// What stands before damage is told, and the damage too.
func TestReadStopsAtDamage(t *testing.T) {
	whole := pickles["evil2"]
	for name, test := range map[string]struct{ data, why string }{
		"cut off":             {whole[:len(whole)-3], "cut off"},
		"no pickle":           {"\x01hello", "no pickle"},
		"empty stack":         {"\x80\x02R.", "does not add up"},
		"a claim of exabytes": {"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f", "larger than"},
		"no mark":             {"\x80\x02t.", "does not add up"},
	} {
		got := Read(strings.NewReader(test.data), Limits{})
		if got.Complete || !strings.Contains(got.Why, test.why) {
			t.Errorf("%s: complete %t, %q; want %q", name, got.Complete, got.Why, test.why)
		}
	}
	if got := Read(strings.NewReader(whole[:len(whole)-3]), Limits{}); !slices.Contains(got.Dangerous(), "posix.system") {
		t.Errorf("a pickle that is cut off behind a call hides it: %+v", got)
	}
}

func TestReadIsBounded(t *testing.T) {
	endless := strings.Repeat("(", maxStack+2)
	if got := Read(strings.NewReader(endless), Limits{}); got.Complete || !strings.Contains(got.Why, "larger") {
		t.Errorf("an endless stack: %+v", got)
	}
	names := bytes.Repeat([]byte("N0"), 1000)
	if got := Read(bytes.NewReader(names), Limits{MaxOpcodes: 100}); got.Complete || !strings.Contains(got.Why, "larger") {
		t.Errorf("more opcodes than allowed: %+v", got)
	}
}

func FuzzRead(f *testing.F) {
	for _, data := range pickles {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := Read(bytes.NewReader(data), Limits{MaxOpcodes: 100_000})
		if got.Bytes > int64(len(data)) && got.Complete {
			t.Errorf("%d bytes read of %d", got.Bytes, len(data))
		}
		if got.Complete != (got.Why == "") || len(got.Called) > len(got.Globals) {
			t.Errorf("a summary contradicts itself: %+v", got)
		}
	})
}
