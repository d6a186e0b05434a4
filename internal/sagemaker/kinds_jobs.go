package sagemaker

import "landfall.dev/landfall/internal/inventory"

// startedBy are the fields in which a job names what started it.
var startedBy = []string{"TuningJobArn", "AutoMLJobArn", "LabelingJobArn", "MonitoringScheduleArn"}

// jobs are the kinds of work that runs and ends.
var jobs = []kind{
	{
		ResourceKind: inventory.KindTrainingJob,
		list:         list((*calls).ListTrainingJobs),
		describe:     describe((*calls).DescribeTrainingJob),
		policy:       newestOfFamily, belongs: startedBy,
	}, {
		ResourceKind: inventory.KindHyperParameterTuningJob,
		list:         list((*calls).ListHyperParameterTuningJobs),
		describe:     describe((*calls).DescribeHyperParameterTuningJob),
		details:      []lister{list((*calls).ListTrainingJobsForHyperParameterTuningJob)},
		policy:       newestOfFamily, belongs: startedBy,
	}, {
		ResourceKind: inventory.KindProcessingJob,
		list:         list((*calls).ListProcessingJobs),
		describe:     describe((*calls).DescribeProcessingJob),
		policy:       newestOfFamily, belongs: startedBy,
	}, {
		ResourceKind: inventory.KindTransformJob,
		list:         list((*calls).ListTransformJobs),
		describe:     describe((*calls).DescribeTransformJob),
		policy:       newestOfFamily, belongs: startedBy,
		refers: func(spec inventory.Spec) []reference {
			return []reference{{inventory.KindModel, spec.Text("ModelName")}}
		},
	}, {
		ResourceKind: inventory.KindAutoMLJob,
		list:         list((*calls).ListAutoMLJobs),
		describe:     describe((*calls).DescribeAutoMLJobV2),
		policy:       newestOfFamily,
	}, {
		ResourceKind: inventory.KindCompilationJob,
		list:         list((*calls).ListCompilationJobs),
		describe:     describe((*calls).DescribeCompilationJob),
		policy:       newestOfFamily,
	}, {
		ResourceKind: inventory.KindOptimizationJob,
		list:         list((*calls).ListOptimizationJobs),
		describe:     describe((*calls).DescribeOptimizationJob),
		policy:       newestOfFamily,
	}, {
		ResourceKind: inventory.KindEdgePackagingJob,
		list:         list((*calls).ListEdgePackagingJobs),
		describe:     describe((*calls).DescribeEdgePackagingJob),
		policy:       newestOfFamily,
	}, {
		ResourceKind: inventory.KindLabelingJob,
		list:         list((*calls).ListLabelingJobs),
		describe:     describe((*calls).DescribeLabelingJob),
		policy:       newestOfFamily,
	}, {
		ResourceKind: inventory.KindPipeline,
		list:         list((*calls).ListPipelines),
		describe:     describe((*calls).DescribePipeline),
	}, {
		ResourceKind: inventory.KindPipelineExecution,
		list:         list((*calls).ListPipelineExecutions),
		describe:     describe((*calls).DescribePipelineExecution),
		details:      []lister{list((*calls).ListPipelineExecutionSteps), list((*calls).ListPipelineParametersForExecution)},
		parent:       inventory.KindPipeline,
		policy:       newestOfFamily, family: byParent,
		title: func(f fields) string { return lastWord(f.text("PipelineExecutionArn")) },
	},
}

// byParent takes all resources of one parent for runs of the same work.
func byParent(l line) string { return l.Parent }
