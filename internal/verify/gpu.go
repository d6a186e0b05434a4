package verify

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// GPU is one reading of one GPU.
type GPU struct {
	Index int
	Name  string
	// UsedMiB and TotalMiB are of the whole GPU, whoever uses it.
	UsedMiB, TotalMiB int64
}

// GPUQuery are the columns that ParseGPUs needs, as nvidia-smi --query-gpu takes
// them.
const GPUQuery = "index,memory.used,memory.total,name"

// ParseGPUs reads what nvidia-smi --query-gpu=… --format=csv writes: a line of
// columns, and a line for each GPU. Amounts are in MiB.
func ParseGPUs(text string) ([]GPU, error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.TrimLeadingSpace = true
	rows, err := reader.ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("nvidia-smi wrote no table but %.100q", text)
	}
	column := func(name string) int {
		return slices.IndexFunc(rows[0], func(head string) bool { return head == name || strings.HasPrefix(head, name+" [") })
	}
	index, used, total, name := column("index"), column("memory.used"), column("memory.total"), column("name")
	if min(index, used, total, name) < 0 {
		return nil, fmt.Errorf("nvidia-smi wrote the columns %.100q; want index, memory.used, memory.total and name", rows[0])
	}
	var gpus []GPU
	for _, row := range rows[1:] {
		g := GPU{Name: row[name]}
		var errs [3]error
		g.Index, errs[0] = strconv.Atoi(row[index])
		g.UsedMiB, errs[1] = mebibytesOf(row[used])
		g.TotalMiB, errs[2] = mebibytesOf(row[total])
		if err := errors.Join(errs[:]...); err != nil || g.Index < 0 {
			return nil, fmt.Errorf("nvidia-smi gives no figures of the GPU %.10q: used %.30q, total %.30q", row[index], row[used], row[total])
		}
		gpus = append(gpus, g)
	}
	if len(gpus) == 0 {
		return nil, errors.New("nvidia-smi names no GPU")
	}
	return gpus, nil
}

// mebibytesOf reads an amount such as "1234 MiB". "[N/A]", "[Not Supported]" and
// "[Insufficient Permissions]" are none.
func mebibytesOf(text string) (int64, error) {
	digits, isMiB := strings.CutSuffix(text, " MiB")
	if !isMiB {
		return 0, fmt.Errorf("%.30q is no amount in MiB", text)
	}
	value, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || value < 0 || value > mostAmount {
		return 0, fmt.Errorf("%.30q is no amount in MiB", text)
	}
	return value, nil
}

// GPUFigures are memory of the GPUs that the container sees.
type GPUFigures struct {
	Devices []GPUMemory `json:"devices"`
	// Samples is how many readings were taken.
	Samples int `json:"samples"`
}

// GPUMemory is one GPU's. It counts all that use the GPU, also other pods where
// GPUs are shared.
type GPUMemory struct {
	Index    int    `json:"index"`
	Name     string `json:"name"`
	TotalMiB int64  `json:"totalMiB"`
	// WarmMiB is after the first answers and before any load; 0 means that none
	// was read then.
	WarmMiB int64 `json:"warmMiB,omitempty"`
	// HighestMiB is the most that was seen in the whole run.
	HighestMiB int64 `json:"highestMiB"`
}

// Add takes a reading into the figures. Warm says that it is from before any
// load.
func (f *GPUFigures) Add(reading []GPU, warm bool) {
	f.Samples++
	for _, g := range reading {
		at := slices.IndexFunc(f.Devices, func(d GPUMemory) bool { return d.Index == g.Index })
		if at < 0 {
			at = len(f.Devices)
			f.Devices = append(f.Devices, GPUMemory{Index: g.Index, Name: g.Name, TotalMiB: g.TotalMiB})
		}
		d := &f.Devices[at]
		d.HighestMiB = max(d.HighestMiB, g.UsedMiB)
		if warm {
			d.WarmMiB = max(d.WarmMiB, g.UsedMiB)
		}
	}
}

// HighestMiB is the most that one GPU held.
func (f *GPUFigures) HighestMiB() int64 {
	highest := int64(0)
	for _, d := range f.Devices {
		highest = max(highest, d.HighestMiB)
	}
	return highest
}

func judgeGPU(r Run) (Step, bool) {
	f := r.Figures.GPU
	if f == nil || len(f.Devices) == 0 {
		return Step{}, false
	}
	step := Step{Verdict: Passed}
	var parts []string
	for _, d := range f.Devices {
		part := fmt.Sprintf("GPU %d (%s): at most %d of %d MiB", d.Index, d.Name, d.HighestMiB, d.TotalMiB)
		if d.WarmMiB > 0 {
			part = fmt.Sprintf("GPU %d (%s): %d MiB once warm, at most %d of %d MiB", d.Index, d.Name, d.WarmMiB, d.HighestMiB, d.TotalMiB)
		}
		parts = append(parts, part)
		if float64(d.HighestMiB) > float64(d.TotalMiB)*tightPercent/percent {
			step.Verdict = Warned
			step.Do = fmt.Sprintf("choose a GPU with more memory, or smaller batches: more than %d %% of it is used", tightPercent)
		}
	}
	step.Detail = fmt.Sprintf("%s (%s)", strings.Join(parts, "; "), count(f.Samples, "reading"))
	return step, true
}
