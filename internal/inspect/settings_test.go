package inspect

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSetting(t *testing.T) {
	cases := map[string]struct {
		value string
		want  []string
	}{
		"SAGEMAKER_MODEL_SERVER_WORKERS":    {"4", []string{"WorkerAssumption"}},
		"SAGEMAKER_TS_MAX_WORKERS":          {"2", []string{"WorkerAssumption"}},
		"SAGEMAKER_TFS_INSTANCE_COUNT":      {"2", []string{"WorkerAssumption"}},
		"SAGEMAKER_GUNICORN_THREADS":        {"8", []string{"WorkerAssumption"}},
		"MMS_DEFAULT_WORKERS_PER_MODEL":     {"1", []string{"WorkerAssumption"}},
		"SERVING_MAX_WORKERS":               {"1", []string{"WorkerAssumption"}},
		"WEB_CONCURRENCY":                   {"3", []string{"WorkerAssumption"}},
		"SAGEMAKER_TS_BATCH_SIZE":           {"16", []string{"BatchAssumption"}},
		"SAGEMAKER_TS_MAX_BATCH_DELAY":      {"100", []string{"BatchAssumption"}},
		"SAGEMAKER_TFS_ENABLE_BATCHING":     {"true", []string{"BatchAssumption"}},
		"SAGEMAKER_TFS_NUM_BATCH_THREADS":   {"4", []string{"BatchAssumption"}},
		"SAGEMAKER_MODEL_JOB_QUEUE_SIZE":    {"100", []string{"BatchAssumption"}},
		"OPTION_MAX_ROLLING_BATCH_SIZE":     {"64", []string{"BatchAssumption"}},
		"SM_VLLM_MAX_NUM_SEQS":              {"256", []string{"BatchAssumption"}},
		"OMP_NUM_THREADS":                   {"1", []string{"ThreadSetting"}},
		"OPTION_TENSOR_PARALLEL_DEGREE":     {"max", []string{"GPUOnly"}},
		"SM_NUM_GPUS":                       {"1", []string{"GPUOnly"}},
		"NUM_SHARD":                         {"1", nil},
		"HF_MODEL_ID":                       {"google/flan-t5-xl", []string{"DownloadAtStart"}},
		"OPTION_MODEL_ID":                   {"s3://acme-llm/mistral/", []string{"AWSCall", "HardcodedBucket"}},
		"SM_VLLM_MODEL":                     {"/opt/ml/model", nil},
		"SAGEMAKER_SUBMIT_DIRECTORY":        {"s3://sagemaker-us-east-1-123456789012/job/sourcedir.tar.gz", []string{"AWSCall", "HardcodedBucket", "HardcodedRegion"}},
		"sagemaker_submit_directory":        {"/opt/ml/model/code", nil},
		"OPTION_ROLLING_BATCH":              {"neuronx", []string{"NeuronCode"}},
		"SAGEMAKER_MULTI_MODEL":             {"true", []string{"MultiModelCode"}},
		"SAGEMAKER_MULTI_MODEL_UNUSED":      {"true", nil},
		"HF_TRUST_REMOTE_CODE":              {"true", []string{"RemoteCode"}},
		"OPTION_TRUST_REMOTE_CODE":          {"false", nil},
		"AWS_REGION":                        {"eu-west-1", []string{"HardcodedRegion"}},
		"OWNER_ACCOUNT":                     {"123456789012", []string{"HardcodedAccount"}},
		"BUILD":                             {"123456789012", nil},
		"ROLE":                              {"arn:aws:iam::123456789012:role/x", []string{"HardcodedAccount"}},
		"FEATURE_BUCKET":                    {"acme-features", []string{"HardcodedBucket"}},
		"FEATURES_URL":                      {"https://features.acme.io/v1", []string{"HostNamed"}},
		"SAGEMAKER_CONTAINER_LOG_LEVEL":     {"20", nil},
		"SAGEMAKER_PROGRAM":                 {"inference.py", nil},
		"SAGEMAKER_MODEL_SERVER_WORKERS_NO": {"", nil},
		"BATCH":                             {"x", nil},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range Setting(name, test.value) {
				got = append(got, f.ID)
				if f.Line != 0 || f.File != "" || f.Do == "" || !strings.Contains(f.Quote, test.value) {
					t.Errorf("%+v", f)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
