package inventory

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"landfall.dev/landfall/internal/document"
)

func TestParseImage(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	const host = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
	cases := map[string]struct {
		want    Image
		wantErr string
	}{
		host + "/team/churn:1.0": {want: Image{
			Registry: host, AccountID: "123456789012", Region: "us-east-1", Repository: "team/churn", Tag: "1.0",
		}},
		host + "/churn@" + digest: {want: Image{
			Registry: host, AccountID: "123456789012", Region: "us-east-1", Repository: "churn", Digest: digest,
		}},
		"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1": {want: Image{
			Registry: "683313688378.dkr.ecr.us-east-1.amazonaws.com", AccountID: "683313688378", Region: "us-east-1",
			Repository: "sagemaker-xgboost", Tag: "1.7-1", BuiltIn: &BuiltIn{Framework: "xgboost", Access: AccessOpen},
		}},
		"382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1": {want: Image{
			Registry: "382416733822.dkr.ecr.us-east-1.amazonaws.com", AccountID: "382416733822", Region: "us-east-1",
			Repository: "linear-learner", Tag: "1",
			BuiltIn: &BuiltIn{Framework: "linear-learner", Access: AccessClosed, Replacement: waysOut["extract"]},
		}},
		"785573368785.dkr.ecr.us-east-1.amazonaws.com/sagemaker-neo-pytorch:1": {want: Image{
			Registry: "785573368785.dkr.ecr.us-east-1.amazonaws.com", AccountID: "785573368785", Region: "us-east-1",
			Repository: "sagemaker-neo-pytorch", Tag: "1",
			BuiltIn: &BuiltIn{Framework: "inferentia", Access: AccessHardware, Replacement: waysOut["neo"]},
		}},
		host + "/linear-learner:1": {want: Image{ // a namesake in the user's own registry
			Registry: host, AccountID: "123456789012", Region: "us-east-1", Repository: "linear-learner", Tag: "1",
		}},
		"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/x": {want: Image{
			Registry: "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", AccountID: "123456789012", Region: "cn-north-1",
			Repository: "x",
		}},
		"registry.example.com:5000/a/b:t": {want: Image{Registry: "registry.example.com:5000", Repository: "a/b", Tag: "t"}},
		"localhost/a":                     {want: Image{Registry: "localhost", Repository: "a"}},
		"python:3.13":                     {want: Image{Repository: "python", Tag: "3.13"}},
		"library/python":                  {want: Image{Repository: "library/python"}},
		"":                                {wantErr: "repository"},
		"Upper/case":                      {wantErr: "repository"},
		"a b":                             {wantErr: "repository"},
		"a:":                              {wantErr: "tag"},
		"a@sha256:12":                     {wantErr: "digest"},
		"https://example.com/a":           {wantErr: "registry"},
		strings.Repeat("a", 513):          {wantErr: "at most 512"},
	}
	for reference, tc := range cases {
		t.Run(reference, func(t *testing.T) {
			got, err := ParseImage(reference)
			if tc.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
					t.Fatalf("got %v, want an error with %q", err, tc.wantErr)
				}
				return
			}
			tc.want.Reference = reference
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func FuzzParseImage(f *testing.F) {
	for _, seed := range []string{"a", "a:b", "h:1/a/b@sha256:" + strings.Repeat("0", 64), "h.x/a:b:c", "@", ":"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, reference string) {
		image, err := ParseImage(reference)
		if err != nil {
			return
		}
		again := image.Repository
		if image.Registry != "" {
			again = image.Registry + "/" + again
		}
		if image.Tag != "" {
			again += ":" + image.Tag
		}
		if image.Digest != "" {
			again += "@" + image.Digest
		}
		if again != reference {
			t.Errorf("%q was taken apart into %q", reference, again)
		}
	})
}

func TestTables(t *testing.T) {
	if got := len(instanceTable()); got < 200 {
		t.Errorf("%d instance types", got)
	}
	if got := len(offeringAccounts()); got < 300 {
		t.Errorf("%d accounts", got)
	}
	for repository, offered := range offeredTable() {
		if offered.Access == "" || offered.Framework == "" {
			t.Errorf("repository %s: %+v", repository, offered)
		}
		if (offered.Access == AccessOpen) != (offered.Replacement == "") {
			t.Errorf("repository %s is %s with the replacement %q", repository, offered.Access, offered.Replacement)
		}
	}
	g5 := InstanceOf("ml.g5.12xlarge")
	want := &Instance{VCPU: 48, MemoryGiB: 192, Architecture: "x86_64", Accelerator: &Accelerator{
		Vendor: "NVIDIA", Model: "A10G", Count: 4, MemoryMiBEach: 22888,
	}}
	if diff := cmp.Diff(want, g5); diff != "" {
		t.Errorf("ml.g5.12xlarge (-want +got):\n%s", diff)
	}
	if InstanceOf("ml.unheard-of.large") != nil {
		t.Error("an unknown type has figures")
	}
}

func TestBrokenTables(t *testing.T) {
	head := "type,vcpu,memoryGiB,architecture,acceleratorVendor,acceleratorModel,acceleratorCount,acceleratorMemoryMiB\n"
	for _, text := range []string{
		"", head + "t,x,1,,,,,\n", head + "t,1,x,,,,,\n", head + "t,1,1,,V,M,x,\n", head + "t,1,1,,V,M,1,x\n", head + "t,1\n",
	} {
		if _, err := parseInstances(text); err == nil {
			t.Errorf("accepted %q", text)
		}
	}
}

func TestMaskEnv(t *testing.T) {
	secret := map[string]string{
		"HF_TOKEN": "anything", "DB_PASSWORD": "123456", "apiKey": "x", "AWS_SECRET_ACCESS_KEY": "x", "GITHUB-PAT": "x",
		"AZURE_STORAGE_CONNECTION_STRING": "x", "SLACK_WEBHOOK": "https://example.com/1", "MY_AUTH": "x",
		"PLAIN_A": "AKIAIOSFODNN7EXAMPLE", "PLAIN_B": "hf_abcdefghijklmnopqrst", "PLAIN_C": "ghp_abcdefghijklmnop",
		"PLAIN_D": "postgres://user:pass@db/x", "PLAIN_E": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig",
		"PLAIN_F": "-----BEGIN PRIVATE KEY-----\nMIIE", "PLAIN_G": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"PLAIN_H": "https://x.blob.core.windows.net/a?sv=1&sig=abc", "PLAIN_I": "Server=db;Password=x;",
		"NEWRELIC_KEY": "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "PAYMENT_KEYS": "0123456789abcdef",
	}
	open := map[string]string{
		"SAGEMAKER_PROGRAM": "inference.py", "MAX_TOKENS": "2048", "TOKENIZERS_PARALLELISM": "false",
		"OPTION_MODEL_ID": "TheOrg/Llama-3.1-8B-Instruct", "SAGEMAKER_SUBMIT_DIRECTORY": "s3://bucket/prefix/Code-2026/source.tar.gz",
		"KMS_KEY_ID": "alias/sagemaker", "S3_KEY": "models/a", "FEATURE_KEY": "churn-model-2026-10", "SORT_KEY": "customerIdentifier",
		"KEY_ID": "1234abcd12ab34cd56ef1234567890ab", "COMMIT": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
		"RUN_ID": "7f9c24e8-3b2a-4f6e-9d1c-0a1b2c3d4e5f", "EMPTY_TOKEN": "", "PATH": "/opt/conda/bin:/usr/local/bin:/usr/bin",
	}
	env := maps.Clone(open)
	maps.Copy(env, secret)
	masked, names := MaskEnv(env)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(secret)), names); diff != "" {
		t.Errorf("masked names (-want +got):\n%s", diff)
	}
	for name, value := range masked {
		if want := env[name]; secret[name] != "" && value != Masked || secret[name] == "" && value != want {
			t.Errorf("%s reads %q", name, value)
		}
	}
	if masked, names := MaskEnv(nil); masked != nil || names != nil {
		t.Errorf("no environment gives %v and %v", masked, names)
	}
}

func TestMaskNeverShowsKeys(t *testing.T) {
	base64 := rapid.StringMatching(`[A-Z]{3}[a-z]{3}[0-9]{3}[A-Za-z0-9+]{23}[A-Z]{2}[a-z]{3}[0-9]{3}`)
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.OneOf(
			rapid.StringMatching(`AKIA[A-Z2-7]{16}`), rapid.StringMatching(`hf_[A-Za-z]{34}`),
			rapid.StringMatching(`sk-[A-Za-z0-9]{20,40}`), rapid.StringMatching(`xoxb-[0-9]{10}-[A-Za-z0-9]{12}`),
			rapid.StringMatching(`eyJ[A-Za-z0-9_-]{20}\.[A-Za-z0-9_-]{20}`),
			rapid.Map(base64, func(text string) string { return text }).Filter(func(text string) bool { return entropyBits(text) > minRandomBits }),
		).Draw(t, "key")
		masked, names := MaskEnv(map[string]string{"SETTING": key})
		if masked["SETTING"] != Masked || len(names) != 1 {
			t.Fatalf("%q is shown", key)
		}
		text, count := MaskText("it failed with '" + key + "' in the log")
		if count != 1 || strings.Contains(text, key) {
			t.Fatalf("%q is shown in %q", key, text)
		}
	})
}

func TestMaskTextKnowsNames(t *testing.T) {
	text, count := MaskText("container exited: HF_TOKEN=abc DB_PASSWORD='x' MAX_TOKENS=5 --model=llama")
	if want := "container exited: HF_TOKEN=*** DB_PASSWORD=*** MAX_TOKENS=5 --model=llama"; count != 2 || text != want {
		t.Errorf("masked %d: %q", count, text)
	}
}

func TestModeOf(t *testing.T) {
	config := Config{Presence: Present}
	plain := Model{Name: "m", Presence: Present, Containers: []Container{{Mode: "SingleModel"}}}
	variant := []Variant{{Name: "v", ModelName: "m"}}
	cases := map[string]struct {
		endpoint Endpoint
		want     Mode
	}{
		"real time":  {Endpoint{Config: config, Variants: variant, Models: []Model{plain}}, ModeRealTime},
		"unread":     {Endpoint{Unread: "denied", Async: &Async{}}, ModeUnknown},
		"async":      {Endpoint{Config: config, Variants: variant, Models: []Model{plain}, Async: &Async{}}, ModeAsync},
		"serverless": {Endpoint{Config: config, Variants: []Variant{{ModelName: "m", Serverless: &Serverless{}}}}, ModeServerless},
		"multi-model": {
			Endpoint{Config: config, Variants: variant, Models: []Model{{Containers: []Container{{Mode: "MultiModel"}}}}}, ModeMultiModel,
		},
		"pipeline":   {Endpoint{Config: config, Variants: variant, Models: []Model{{Containers: make([]Container, 2)}}}, ModeMultiContainer},
		"components": {Endpoint{Config: config, Variants: []Variant{{Name: "v"}}}, ModeInferenceComponents},
		"shadow": {
			Endpoint{Config: config, Variants: variant, ShadowVariants: variant, Models: []Model{plain}}, ModeShadow,
		},
		"configuration deleted": {Endpoint{Config: Config{Presence: Deleted}, Variants: []Variant{{Name: "v"}}}, ModeUnknown},
		"model deleted": {
			Endpoint{Config: config, Variants: variant, Models: []Model{{Name: "m", Presence: Deleted}}}, ModeUnknown,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := ModeOf(tc.endpoint); got != tc.want {
				t.Errorf("mode is %s, want %s", got, tc.want)
			}
		})
	}
}

// demo is the inventory of the demonstration account, as scanned.
func demo(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("../sagemaker/testdata/demo.inventory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEncodeIsStable(t *testing.T) {
	data := demo(t)
	d, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Encode(d)
	if err != nil || string(again) != string(data) {
		t.Errorf("an inventory does not survive reading and writing: %v\n%s", err, cmp.Diff(string(data), string(again)))
	}
	slices.Reverse(d.Endpoints)
	for i := range d.Endpoints {
		slices.Reverse(d.Endpoints[i].Variants)
		slices.Reverse(d.Endpoints[i].Tags)
	}
	again, err = Encode(d)
	if err != nil || string(again) != string(data) {
		t.Errorf("the order of AWS's answers shows in the inventory: %v", err)
	}
	if d.FindEndpoint(d.Accounts[0].Place(), "Churn-Prod") == nil || d.FindEndpoint(d.Accounts[0].Place(), "none") != nil {
		t.Error("endpoints are not found by name")
	}
	empty, err := Encode(Document{Accounts: []Account{{Region: "us-east-1"}}})
	if err != nil || !strings.Contains(string(empty), "endpoints: []") {
		t.Errorf("an empty account gives (%v):\n%s", err, empty)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(demo(f))
	f.Add([]byte("apiVersion: " + APIVersion + "\nkind: Inventory\nendpoints: [{name: a}]\n"))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Decode(data)
		if err != nil {
			return
		}
		once, err := Encode(d)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(once)
		if err != nil {
			t.Fatalf("%v:\n%s", err, once)
		}
		twice, err := Encode(again)
		if err != nil || string(once) != string(twice) {
			t.Fatalf("%v: %s", err, cmp.Diff(string(once), string(twice)))
		}
	})
}

func TestHeader(t *testing.T) {
	data, err := Encode(Document{Header: document.Header{APIVersion: "wrong"}})
	if err != nil || !strings.HasPrefix(string(data), "apiVersion: "+APIVersion+"\nkind: Inventory\n") {
		t.Errorf("%v:\n%s", err, data)
	}
}
