package sagemaker

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemaker"

	"landfall.dev/landfall/internal/inventory"
)

// hosting are the kinds that serve.
var hosting = []kind{
	{
		ResourceKind: inventory.KindEndpoint,
		list: list((*calls).ListEndpoints, func(in *sagemaker.ListEndpointsInput, q question) {
			if part := literal(q.scan.EndpointName); part != "" {
				in.NameContains = aws.String(part)
			}
		}),
		describe: describe((*calls).DescribeEndpoint),
		refers: func(spec inventory.Spec) []reference {
			return []reference{{inventory.KindEndpointConfig, spec.Text("EndpointConfigName")}}
		},
	}, {
		ResourceKind: inventory.KindEndpointConfig,
		list:         list((*calls).ListEndpointConfigs),
		describe:     describe((*calls).DescribeEndpointConfig),
		policy:       whenReferred,
		refers: func(spec inventory.Spec) []reference {
			var config struct{ ProductionVariants, ShadowProductionVariants []struct{ ModelName string } }
			if spec.Into(&config) != nil {
				return nil
			}
			var found []reference
			for _, variant := range append(config.ProductionVariants, config.ShadowProductionVariants...) {
				found = append(found, reference{inventory.KindModel, variant.ModelName})
			}
			return found
		},
	}, {
		ResourceKind: inventory.KindModel,
		list:         list((*calls).ListModels),
		describe:     describe((*calls).DescribeModel),
		policy:       whenReferred,
	}, {
		ResourceKind: inventory.KindInferenceComponent,
		list:         list((*calls).ListInferenceComponents),
		describe:     describe((*calls).DescribeInferenceComponent),
		belongs:      []string{"EndpointName"},
		refers: func(spec inventory.Spec) []reference {
			return []reference{{inventory.KindModel, spec.Text("Specification.ModelName")}}
		},
	}, {
		ResourceKind: inventory.KindInferenceExperiment,
		list:         list((*calls).ListInferenceExperiments),
		describe:     describe((*calls).DescribeInferenceExperiment),
		name:         "Name", arn: "Arn", status: "Status",
		refers: func(spec inventory.Spec) []reference {
			var experiment struct{ ModelVariants []struct{ ModelName string } }
			if spec.Into(&experiment) != nil {
				return nil
			}
			var found []reference
			for _, variant := range experiment.ModelVariants {
				found = append(found, reference{inventory.KindModel, variant.ModelName})
			}
			return found
		},
	}, {
		ResourceKind: inventory.KindInferenceRecommendationsJob,
		list:         list((*calls).ListInferenceRecommendationsJobs),
		describe:     describe((*calls).DescribeInferenceRecommendationsJob),
		policy:       newestOfFamily,
		name:         "JobName", arn: "JobArn", status: "Status",
	}, {
		ResourceKind: inventory.KindAIWorkloadConfig,
		list:         list((*calls).ListAIWorkloadConfigs),
		describe:     describe((*calls).DescribeAIWorkloadConfig),
		status:       "-",
	}, {
		ResourceKind: inventory.KindAIBenchmarkJob,
		list:         list((*calls).ListAIBenchmarkJobs),
		describe:     describe((*calls).DescribeAIBenchmarkJob),
		policy:       newestOfFamily,
	}, {
		ResourceKind: inventory.KindAIRecommendationJob,
		list:         list((*calls).ListAIRecommendationJobs),
		describe:     describe((*calls).DescribeAIRecommendationJob),
		policy:       newestOfFamily,
	},
}
