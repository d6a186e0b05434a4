package sagemaker

import (
	"slices"
	"time"

	"landfall.dev/landfall/internal/inventory"
)

// Namespaces of SageMaker's metrics, as of its guide, "Amazon SageMaker AI
// metrics in Amazon CloudWatch".
const (
	namespaceRequests   = "AWS/SageMaker"
	namespaceInstances  = "/aws/sagemaker/Endpoints"
	namespaceComponents = "/aws/sagemaker/InferenceComponents"
	namespaceTraining   = "/aws/sagemaker/TrainingJobs"
	namespaceProcessing = "/aws/sagemaker/ProcessingJobs"
	namespaceTransform  = "/aws/sagemaker/TransformJobs"
)

// series is a metric with one statistic.
type series struct {
	namespace, metric, statistic string
	period                       time.Duration
}

// hourly is the period of all series but the one that finds the peak: hours
// line up with any lookback, and CloudWatch keeps them for 455 days.
const hourly = time.Hour

// dimensionEndpoint is the dimension of an endpoint's metrics that names it.
const dimensionEndpoint = "EndpointName"

func requests(metric, statistic string) series {
	return series{namespaceRequests, metric, statistic, hourly}
}

func instances(metric, statistic string) series {
	return series{namespaceInstances, metric, statistic, hourly}
}

var (
	invocations  = requests("Invocations", "Sum")
	perMinute    = series{namespaceRequests, "Invocations", "Sum", time.Minute}
	clientErrors = requests("Invocation4XXErrors", "Sum")
	serverErrors = requests("Invocation5XXErrors", "Sum")
	modelErrors  = requests("InvocationModelErrors", "Sum")
	latency      = percentiles("ModelLatency")
	// setups count the starts of a serverless variant's capacity.
	setups    = requests("ModelSetupTime", "SampleCount")
	setupTime = percentiles("ModelSetupTime")

	trafficSeries = append([]series{invocations, clientErrors, serverErrors, modelErrors}, latency[:]...)
	setupSeries   = append([]series{setups}, setupTime[:]...)
)

// Series of an asynchronous endpoint. The guide spells InvocationsProcesssed
// with three s; both spellings are asked for.
var (
	backlogMean    = requests("ApproximateBacklogSize", "Average")
	backlogMax     = requests("ApproximateBacklogSize", "Maximum")
	oldestMean     = requests("ApproximateAgeOfOldestRequest", "Average")
	oldestMax      = requests("ApproximateAgeOfOldestRequest", "Maximum")
	noCapacity     = requests("HasBacklogWithoutCapacity", "Maximum")
	processed      = requests("InvocationsProcessed", "Sum")
	processedAsIs  = requests("InvocationsProcesssed", "Sum")
	asyncFailures  = requests("InvocationFailures", "Sum")
	backlogSeries  = []series{backlogMean, backlogMax, oldestMean, oldestMax, noCapacity}
	asyncPerSeries = []series{processed, processedAsIs, asyncFailures}
)

// Series of a variant that hosts many models.
var (
	loadedMean  = instances("LoadedModelCount", "Average")
	loadedMax   = instances("LoadedModelCount", "Maximum")
	cacheHits   = requests("ModelCacheHit", "Sum")
	cacheAsked  = requests("ModelCacheHit", "SampleCount")
	loadTime    = percentiles("ModelLoadingTime")
	cacheSeries = append([]series{loadedMean, loadedMax, cacheHits, cacheAsked}, loadTime[:]...)
)

// percentiles are the 50th, 95th and 99th of a metric.
func percentiles(metric string) [3]series {
	return [3]series{requests(metric, "p50"), requests(metric, "p95"), requests(metric, "p99")}
}

// uses are the series of a kind of instance, by what is used.
type uses struct {
	namespace, suffix string
}

// The kinds of instances. Those of components are in percent of what a
// component reserves.
var (
	variantUses    = uses{namespaceInstances, ""}
	componentUses  = uses{namespaceComponents, "Normalized"}
	trainingUses   = uses{namespaceTraining, ""}
	processingUses = uses{namespaceProcessing, ""}
	transformUses  = uses{namespaceTransform, ""}
)

func (u uses) of(metric, statistic string) series {
	return series{u.namespace, metric + u.suffix, statistic, hourly}
}

// all lists the series, those of GPUs where there may be some.
func (u uses) all(gpu bool) []series {
	metrics := []string{"CPUUtilization", "MemoryUtilization"}
	if gpu {
		metrics = append(metrics, "GPUUtilization", "GPUMemoryUtilization")
	}
	var list []series
	for _, metric := range metrics {
		list = append(list, u.of(metric, "Average"), u.of(metric, "Maximum"))
	}
	return list
}

// mayHaveGPU is true for unknown types too.
func mayHaveGPU(instanceType string) bool {
	instance := inventory.InstanceOf(instanceType)
	return instance == nil || instance.Accelerator != nil
}

// seriesOf lists what CloudWatch has on a variant.
func seriesOf(e *inventory.Endpoint, v *inventory.Variant) []series {
	list := variantUses.all(v.Serverless == nil && mayHaveGPU(v.InstanceType))
	if e.Mode.CountsRequests() {
		list = append(list, trafficSeries...)
	}
	if e.Async != nil {
		list = append(list, asyncPerSeries...)
	}
	if v.Serverless != nil {
		list = append(list, setupSeries...)
	}
	if hostsManyModels(e, v) {
		list = append(list, cacheSeries...)
	}
	return list
}

func hostsManyModels(e *inventory.Endpoint, v *inventory.Variant) bool {
	model := e.FindModel(v.ModelName)
	return model != nil && slices.ContainsFunc(model.Containers, func(c inventory.Container) bool { return c.Mode == "MultiModel" })
}
