package inventory

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// largeDocument is an inventory of so many resources, one in five described.
func largeDocument(resources int) Document {
	d := Document{Accounts: []Account{{ID: "123456789012", Region: "us-east-1"}}, LookbackDays: 14}
	for i := range resources {
		r := Resource{
			Kind: KindTrainingJob, Name: fmt.Sprintf("churn-train-%06d", i), Place: Place{"123456789012", "us-east-1"},
			ARN:    fmt.Sprintf("arn:aws:sagemaker:us-east-1:123456789012:training-job/churn-train-%06d", i),
			Status: "Completed", CreatedAt: "2026-11-01T00:00:00Z", Detail: Listed,
		}
		if i%5 == 0 {
			r.Detail = Described
			r.Spec = Spec(`{"AlgorithmSpecification":{"TrainingImage":"763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.6.0",` +
				`"TrainingInputMode":"File"},"HyperParameters":{"batch":"32","epochs":"10","token":"***"},` +
				`"ResourceConfig":{"InstanceCount":1,"InstanceType":"ml.m5.xlarge","VolumeSizeInGB":30},"RoleArn":"arn:aws:iam::123456789012:role/x"}`)
		}
		d.Resources = append(d.Resources, r)
	}
	return d
}

// TestALargeInventoryComesBack: 20,000 resources, written part by part, come
// back as they were. How long that takes is shown, not judged: machines differ.
func TestALargeInventoryComesBack(t *testing.T) {
	var out bytes.Buffer
	if err := Write(&out, largeDocument(20_000)); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	d, err := Decode(out.Bytes())
	took := time.Since(begin)
	if err != nil || len(d.Resources) != 20_000 {
		t.Fatalf("%d resources, %v", len(d.Resources), err)
	}
	t.Logf("reading %d bytes took %s (aim 5 s)", out.Len(), took)
	again, err := Encode(d)
	if err != nil || !bytes.Equal(out.Bytes(), again) {
		t.Errorf("written again it differs (%v)", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	d := largeDocument(20_000)
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := Write(&out, d); err != nil {
			b.Fatal(err)
		}
	}
}
