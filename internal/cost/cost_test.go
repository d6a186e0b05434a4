package cost

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// near compares amounts of money to a millionth of a dollar.
func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

func TestSageMakerPrices(t *testing.T) {
	cases := map[string]struct {
		region, instanceType string
		use                  Use
		want                 float64
		estimate             bool
		basis                []string
	}{
		"Quoted":          {"", "ml.m5.xlarge", Hosting, 0.23, false, []string{"hosting of ml.m5.xlarge", "Price List"}},
		"QuotedTraining":  {"", "ml.p5.48xlarge", Training, 63.296, false, []string{"training"}},
		"OtherUse":        {"", "ml.m5.xlarge", Training, 0.23, true, []string{"hosting", "stands in for training"}},
		"OtherUseHosting": {"", "ml.r5.4xlarge", Hosting, 1.21, true, []string{"training", "stands in for hosting"}},
		// 0.252 USD of r5.xlarge x 1.20 = 0.3024.
		"RatioCPU": {"", "ml.r5.xlarge", Hosting, 0.3024, true, []string{"EC2's price of r5.xlarge at 0.252", "times 1.20"}},
		// 1.861 USD of g6e.xlarge x 1.40 = 2.6054.
		"RatioSmallGPU": {"", "ml.g6e.xlarge", Hosting, 2.6054, true, []string{"times 1.40"}},
		// 3.00424 USD of g6e.4xlarge x 1.25 = 3.7553.
		"RatioGPU": {"", "ml.g6e.4xlarge", Hosting, 3.7553, true, []string{"times 1.25"}},
		// 12.24 USD of p3.8xlarge x 1.25 = 15.30.
		"RatioP3": {"", "ml.p3.8xlarge", Training, 15.30, true, []string{"times 1.25", "p3"}},
		// 63.296 USD of p5en.48xlarge x 1.15 = 72.7904.
		"RatioP5en":       {"", "ml.p5en.48xlarge", Training, 72.7904, true, []string{"times 1.15"}},
		"Large":           {"", "ml.m5.large", Notebook, 0.115, true, []string{"stands in for notebook"}},
		"OtherRegion":     {"eu-west-1", "ml.m5.xlarge", Hosting, 0.23, true, []string{"a price of us-east-1, since none of eu-west-1 is known"}},
		"QuotedThere":     {"us-west-2", "ml.g5.16xlarge", Training, 5.12, false, []string{"training"}},
		"OtherUseThere":   {"us-west-2", "ml.t3.medium", Notebook, 0.05, true, []string{"studio of ml.t3.medium"}},
		"HomeStandsIn":    {"us-west-2", "ml.c5.4xlarge", Hosting, 0.816, true, []string{"a price of us-east-1"}},
		"TrainiumRatio":   {"", "ml.trn1.32xlarge", Hosting, 28.497, false, nil},
		"InferentiaRatio": {"", "ml.inf2.xlarge", Hosting, 0.99, false, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			price, ok := Prices().In(tc.region).SageMaker(tc.instanceType, tc.use)
			if !ok || !near(price.USDPerHour, tc.want) || price.Estimate != tc.estimate {
				t.Errorf("SageMaker(%s, %s) = %+v, %v; want %v, estimate %v", tc.instanceType, tc.use, price, ok, tc.want, tc.estimate)
			}
			for _, part := range tc.basis {
				if !strings.Contains(price.Basis, part) {
					t.Errorf("basis %q says nothing of %q", price.Basis, part)
				}
			}
		})
	}
}

func TestUnknownPricesStayUnknown(t *testing.T) {
	for _, instanceType := range []string{"", "m5.xlarge", "ml.", "ml.m99.xlarge", "ml.p5e.48xlarge", "ml.inf1.xlarge", "ml.trn1.2xlarge", "ml.trn2.48xlarge"} {
		if price, ok := Prices().In("eu-central-1").SageMaker(instanceType, Hosting); ok {
			t.Errorf("SageMaker(%q) = %+v; want none: no source and no ratio gives it", instanceType, price)
		}
	}
	if price, ok := Prices().Node("n2-standard-4", false); ok {
		t.Errorf("Node(n2-standard-4) = %+v; want none", price)
	}
}

func TestNodePrices(t *testing.T) {
	cases := map[string]struct {
		region, instanceType string
		spot                 bool
		want                 float64
		estimate             bool
	}{
		"OnDemand": {"", "m5.xlarge", false, 0.192, false},
		"MLPrefix": {"", "ml.m5.xlarge", false, 0.192, false},
		// 0.192 x 0.006655 / 0.031611 = 0.0404213...
		"Spot":        {"", "m5.xlarge", true, 0.192 * 0.006655 / 0.031611, true},
		"SpotGPU":     {"", "g5.xlarge", true, 1.006, true},
		"OtherRegion": {"ap-south-1", "m5.xlarge", false, 0.192, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			price, ok := Prices().In(tc.region).Node(tc.instanceType, tc.spot)
			if !ok || !near(price.USDPerHour, tc.want) || price.Estimate != tc.estimate {
				t.Errorf("Node(%s, %v) = %+v, %v; want %v, estimate %v", tc.instanceType, tc.spot, price, ok, tc.want, tc.estimate)
			}
		})
	}
}

func TestMonth(t *testing.T) {
	// Two ml.m5.xlarge for hosting: 2 x 0.23 x 730 = 335.80.
	price, _ := Prices().SageMaker("ml.m5.xlarge", Hosting)
	if got := price.USDPerMonth(2); !near(got, 335.80) {
		t.Errorf("two instances a month cost %v, want 335.80", got)
	}
}

func TestByResources(t *testing.T) {
	// 4 x 0.031611 + 16 x 0.004237 + 1 x 0.95 = 0.126444 + 0.067792 + 0.95 = 1.144236.
	if got := ByResources(4, 16, 1); !near(got.USDPerHour, 1.144236) || !got.Estimate {
		t.Errorf("ByResources = %+v, want 1.144236 as an estimate", got)
	}
}

func TestStorage(t *testing.T) {
	// 100 GB x 0.154 = 15.40.
	if amount, estimate, _ := Prices().StoragePerMonth(100); !near(amount, 15.40) || !estimate {
		t.Errorf("storage in us-east-1 = %v, estimate %v; want 15.40, an estimate", amount, estimate)
	}
	if _, estimate, _ := Prices().In("eu-west-1").StoragePerMonth(100); estimate {
		t.Error("storage in eu-west-1 is an estimate, though it is quoted")
	}
}

// TestQuotedPairsAgree holds the ratios against every type that is quoted for
// both EC2 and SageMaker.
func TestQuotedPairsAgree(t *testing.T) {
	pairs := 0
	for key, found := range Prices().quotes {
		ec2, isML := strings.CutPrefix(key.instanceType, "ml.")
		node, quoted := Prices().quotes[quoteKey{ec2, Node, homeRegion}]
		family, known := ratioOf(ec2)
		if !isML || !quoted {
			continue
		}
		pairs++
		if ratio := found.usdPerHour / node.usdPerHour; !known || math.Abs(ratio-family.ratio) > 0.006 {
			t.Errorf("%s for %s costs %.3f times EC2's; the rule says %.2f (known: %v)", key.instanceType, key.use, ratio, family.ratio, known)
		}
	}
	if pairs < 60 {
		t.Errorf("only %d pairs were compared", pairs)
	}
}

// TestEstimatesSayWhy checks that no price is without a basis, and that
// only quotes of the region asked for are not estimates.
func TestEstimatesSayWhy(t *testing.T) {
	types := make([]string, 0, len(Prices().quotes))
	for key := range Prices().quotes {
		types = append(types, strings.TrimPrefix(key.instanceType, "ml."))
	}
	slices.Sort(types)
	rapid.Check(t, func(t *rapid.T) {
		instanceType := rapid.SampledFrom(types).Draw(t, "type")
		use := rapid.SampledFrom(sageMakerUses).Draw(t, "use")
		region := rapid.SampledFrom([]string{"us-east-1", "us-west-2", "eu-west-1"}).Draw(t, "region")
		price, ok := Prices().In(region).SageMaker("ml."+instanceType, use)
		if !ok {
			return
		}
		_, quoted := Prices().quotes[quoteKey{"ml." + instanceType, use, region}]
		if price.Estimate == quoted || price.Basis == "" || price.USDPerHour <= 0 || price.Date == "" {
			t.Fatalf("price of %s for %s in %s is %+v; quoted: %v", instanceType, use, region, price, quoted)
		}
	})
}
