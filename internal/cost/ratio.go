package cost

import (
	"slices"
	"strings"
)

// familyRatio is what SageMaker asks for a family, as a multiple of EC2's
// price.
type familyRatio struct {
	ratio float64
	// of names the types whose quotes show the ratio.
	of string
}

// ratioRule gives the ratio of the families it names.
type ratioRule struct {
	families []string
	// size restricts the rule to types of that size; empty means all.
	size string
	familyRatio
}

// ratioRules are asked in this order. The ratios are those of every type that
// is quoted for both EC2 and SageMaker (us-east-1, but g7e of us-west-2).
var ratioRules = []ratioRule{
	{families: []string{"g4dn", "g5", "g6", "g6e"}, size: "xlarge", familyRatio: familyRatio{1.40, "g4dn.xlarge, g5.xlarge and g6.xlarge"}},
	{families: []string{"g4dn", "g5", "g6", "g6e", "g7e"}, familyRatio: familyRatio{1.25, "larger types of g4dn, g5, g6, g6e and g7e"}},
	{families: []string{"p3", "p3dn"}, familyRatio: familyRatio{1.25, "p3"}},
	{families: []string{"p4d", "p4de", "p5", "p5e", "p5en"}, familyRatio: familyRatio{1.15, "p4d.24xlarge and p5.48xlarge"}},
	{families: []string{"inf2"}, size: "xlarge", familyRatio: familyRatio{1.31, "inf2.xlarge"}},
	{families: []string{"inf2"}, familyRatio: familyRatio{1.20, "larger types of inf2"}},
	{families: []string{"trn1"}, size: "32xlarge", familyRatio: familyRatio{1.33, "trn1.32xlarge"}},
}

// cpuRatio is that of every quoted type without accelerators.
var cpuRatio = familyRatio{1.20, "types without accelerators (c5, c7i, m5, r5, t3)"}

// ratioOf returns the ratio of an EC2 type; false for families of which no
// type is quoted.
func ratioOf(ec2Type string) (familyRatio, bool) {
	family, size, _ := strings.Cut(ec2Type, ".")
	for _, rule := range ratioRules {
		if slices.Contains(rule.families, family) && (rule.size == "" || rule.size == size) {
			return rule.familyRatio, true
		}
	}
	return cpuRatio, cpuFamily(family)
}

// cpuFamily says that a family is one of EC2's general, compute, memory or
// burstable ones: a letter, then its generation.
func cpuFamily(family string) bool {
	return len(family) >= 2 && strings.ContainsRune("cmrt", rune(family[0])) && family[1] >= '0' && family[1] <= '9'
}
