package endpoint

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCredentialsOfEachStore(t *testing.T) {
	cases := map[string][]string{
		"s3://models/m.tar.gz":            {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN?"},
		"gs://models/m.tar.gz":            {"GOOGLE_APPLICATION_CREDENTIALS_JSON"},
		"azblob://models/m.tar.gz":        {"AZURE_STORAGE_ACCOUNT?", "AZURE_STORAGE_KEY?", "AZURE_STORAGE_SAS_TOKEN?", "AZURE_STORAGE_CONNECTION_STRING?"},
		"oci://r.example.com/churn:1/m.t": {"OCI_USERNAME", "OCI_PASSWORD"},
	}
	for uri, want := range cases {
		var got []string
		for _, variable := range credentials(uri, "store") {
			key := variable.ValueFrom.SecretKeyRef
			name := *key.Key
			if *key.Name != "store" || name != *variable.Name {
				t.Errorf("%s: %s comes from %s of %s", uri, *variable.Name, name, *key.Name)
			}
			if key.Optional != nil && *key.Optional {
				name += "?"
			}
			got = append(got, name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", uri, diff)
		}
	}
	if len(storeKeys) != len(cases) {
		t.Errorf("%d stores have keys, %d are tested", len(storeKeys), len(cases))
	}
}
