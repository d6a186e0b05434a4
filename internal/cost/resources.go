package cost

import "fmt"

// OpenCost's default prices in USD an hour, which it uses where a provider
// tells none.
const (
	coreUSD = 0.031611
	gibUSD  = 0.004237
	gpuUSD  = 0.95
)

// ByResources estimates the price of a node of any provider by what it has:
// cores, memory and GPUs, at OpenCost's default prices.
func ByResources(vCPU, memoryGiB, gpus float64) Price {
	return Price{
		USDPerHour: vCPU*coreUSD + memoryGiB*gibUSD + gpus*gpuUSD,
		Estimate:   true,
		Basis: fmt.Sprintf("%s vCPU at %s, %s GiB at %s and %s GPU at %s USD an hour: OpenCost's default prices",
			usd(vCPU), usd(coreUSD), usd(memoryGiB), usd(gibUSD), usd(gpus), usd(gpuUSD)),
	}
}

// storageUSD is the price of a GB and month of storage of SageMaker's
// instances in storageRegion.
const (
	storageUSD    = 0.154
	storageRegion = "eu-west-1"
)

// StoragePerMonth returns the price in USD a month of so many GB on the
// volumes of SageMaker's instances. It is quoted for eu-west-1 only, and an
// estimate elsewhere.
func (t *Table) StoragePerMonth(gb float64) (usdPerMonth float64, estimate bool, basis string) {
	basis = fmt.Sprintf("%s GB at %s USD a month", usd(gb), usd(storageUSD))
	if t.region != storageRegion {
		basis += ", the price of " + storageRegion
	}
	return gb * storageUSD, t.region != storageRegion, basis
}
