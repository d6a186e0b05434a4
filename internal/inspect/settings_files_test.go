package inspect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSettingsFiles(t *testing.T) {
	cases := map[string]struct {
		name, text string
		want       []string
	}{
		"JSON": {
			"code/settings.json",
			"{\n \"s3_bucket\": \"acme-cfg\",\n \"account_id\": \"123456789012\",\n \"table\": \"arn:aws:dynamodb:us-east-1:123456789012:table/x\",\n \"num_workers\": 4, \"batch_size\": 8\n}\n",
			[]string{"BatchAssumption:5", "HardcodedAccount:3", "HardcodedAccount:4", "HardcodedBucket:2", "HardcodedRegion:4", "WorkerAssumption:5"},
		},
		"JSON of other things": {"labels.json", `{"id": "202401011234", "buckets": 12, "bucket": 3, "workers": "none"}`, nil},
		"vocabulary":           {"vocab.json", `{"us-east-1": 3}`, nil},
		"YAML": {
			"code/settings.yaml", "aws:\n  region: eu-west-1\n  bucket: acme-yaml # ours\n  account: \"123456789012\"\nworkers: 4\n# workers: 5\n",
			[]string{"HardcodedAccount:4", "HardcodedBucket:3", "HardcodedRegion:2", "WorkerAssumption:5"},
		},
		"YAML of other things": {"code/x.yaml", "bucket: {{ name }}\nbuckets:\n  - a\norder: 202401011234\n", nil},
		"batching of TensorFlow Serving": {
			"batching-config.cfg", "max_batch_size { value: 128 }\nbatch_timeout_micros { value: 0 }\nnum_batch_threads { value: 4 }\n# max_batch_size { value: 1 }\n",
			[]string{"BatchAssumption:1", "BatchAssumption:2", "ServerConfig:1", "WorkerAssumption:3"},
		},
		"models of TensorFlow Serving": {
			"model-config.cfg", "model_config_list: {\n  config: {\n    name: \"a\",\n    base_path: \"/opt/ml/model/a\",\n  },\n  config {\n    base_path: \"s3://acme-tfs/b\"\n  }\n}\n",
			[]string{"AWSCall:7", "HardcodedBucket:7", "MultiModelCode:6", "ServerConfig:1"},
		},
		"one model of TensorFlow Serving": {
			"models.config", "model_config_list { config { name: 'a' base_path: \"/models/a\" } }\n", []string{"ServerConfig:1"},
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, ids(code(t, test.name, []byte(test.text)))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
