package sagemaker

import (
	"cmp"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sagemaker"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker/types"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/membership"
)

// registry are the kinds that hold finished models.
var registry = []kind{
	{
		ResourceKind: inventory.KindModelPackageGroup,
		list:         list((*calls).ListModelPackageGroups),
		describe:     describe((*calls).DescribeModelPackageGroup),
	}, {
		// Without the type AWS lists packages outside of groups only.
		ResourceKind: inventory.KindModelPackage,
		list: list((*calls).ListModelPackages, func(in *sagemaker.ListModelPackagesInput, _ question) {
			in.ModelPackageType = types.ModelPackageTypeBoth
		}),
		describe: describe((*calls).DescribeModelPackage),
		inputs:   map[string]string{"ModelPackageName": "ModelPackageArn"},
		policy:   newestOfFamily,
		family:   func(l line) string { return cmp.Or(l.Parent, membership.Family(l.Name)) },
		belongs:  []string{"ModelPackageGroupName"},
		title: func(f fields) string {
			if group := f.text("ModelPackageGroupName"); group != "" {
				return fmt.Sprintf("%s/%s", group, lastWord(f.text("ModelPackageArn")))
			}
			return f.text("ModelPackageName")
		},
	}, {
		ResourceKind: inventory.KindModelCard,
		list:         list((*calls).ListModelCards),
		describe:     describe((*calls).DescribeModelCard),
	}, {
		ResourceKind: inventory.KindAlgorithm,
		list:         list((*calls).ListAlgorithms),
		describe:     describe((*calls).DescribeAlgorithm),
	},
}
