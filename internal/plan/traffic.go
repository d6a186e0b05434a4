package plan

import (
	"fmt"
	"time"

	"landfall.dev/landfall/internal/inventory"
)

// leastIdleDays is how long nobody must have called an endpoint before it seems
// unused: every day of the week once.
const leastIdleDays = 7

const hoursPerDay = 24

// window is the time that an inventory's figures on traffic cover.
type window struct {
	days int
	// begin is zero when the inventory does not say when it was made.
	begin time.Time
}

func windowOf(inv inventory.Document) window {
	w := window{days: inv.LookbackDays}
	if scanned, err := time.Parse(time.RFC3339, inv.ScannedAt); err == nil {
		w.begin = scanned.Add(-time.Duration(inv.LookbackDays) * hoursPerDay * time.Hour)
	}
	return w
}

// untoldOf says why a variant's figures tell nothing about its traffic, empty
// when they do. CloudWatch has no figures at all for what was never called, so
// that no request recorded means none made only where requests would have been
// recorded: the endpoint was there all the time, as it is now, and what it runs
// on reported its use.
func (e subject) untoldOf(v inventory.Variant) string {
	unchanged, err := time.Parse(time.RFC3339, firstOf(e.ModifiedAt, e.CreatedAt))
	switch {
	case v.Traffic == nil:
		return "CloudWatch could not be read; " + scanAgain
	case v.Traffic.Requests > 0:
		return ""
	case e.seen.days < leastIdleDays:
		return fmt.Sprintf("no request was recorded, but the inventory covers only %d of the %d days that would tell; scan again with a longer --lookback", e.seen.days, leastIdleDays)
	case err != nil || e.seen.begin.IsZero():
		return "no request was recorded, but the inventory does not say since when the endpoint is as it is; scan again"
	case unchanged.After(e.seen.begin):
		return fmt.Sprintf("no request was recorded, but the endpoint was created or changed on %s, within the %d days that the inventory covers; scan again later",
			unchanged.Format(time.DateOnly), e.seen.days)
	case v.Serverless == nil && v.Usage == nil:
		return fmt.Sprintf("CloudWatch has recorded neither requests nor the use of its instances in %d days, which instances report as long as they run; "+
			"ask its owners, and see whether its figures go elsewhere", e.seen.days)
	}
	return ""
}

// unused retires what nobody asked for.
func unused(e subject) *verdict {
	if !e.Mode.CountsRequests() || len(e.Variants) == 0 {
		return nil
	}
	for _, v := range e.Variants {
		if v.Traffic == nil || v.Traffic.Requests > 0 || e.untoldOf(v) != "" {
			return nil
		}
	}
	return decided(Retire, "nobody called it: CloudWatch recorded no request in the %d days since %s, and it was there all that time",
		e.seen.days, e.seen.begin.Format(time.DateOnly))
}

// untold puts off what is not known to be used, nor to be unused.
func untold(e subject) *verdict {
	for _, v := range e.Variants {
		if why := e.untoldOf(v); why != "" {
			return decided(MoveLater, "%s", noData+why)
		}
	}
	return nil
}

const noData = "no traffic data: "

// trafficReasons tells what is known of the requests.
func trafficReasons(e subject) []string {
	if !e.Mode.CountsRequests() {
		return nil
	}
	var reasons []string
	for _, v := range e.Variants {
		if why := e.untoldOf(v); why != "" {
			reasons = append(reasons, "variant "+v.Name+": "+noData+why)
			continue
		}
		text := fmt.Sprintf("variant %s: %.0f requests a day, at most %d a minute",
			v.Name, v.Traffic.RequestsPerDay, v.Traffic.PeakRequestsPerMinute)
		if l := v.Traffic.LatencyMilliseconds; l != nil {
			text += fmt.Sprintf(", p99 %g ms", l.P99)
		}
		reasons = append(reasons, text)
	}
	return reasons
}
