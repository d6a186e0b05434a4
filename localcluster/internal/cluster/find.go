package cluster

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"landfall.dev/landfall/localcluster/internal/state"
	"landfall.dev/landfall/localcluster/internal/supervise"
)

// supervisors lists the process numbers of the supervisors that work on dir. It
// reads command lines rather than a file with a number in it, because such a
// file outlives its process and numbers are used again.
func supervisors(proc string, dir state.Dir) ([]int, error) {
	entries, err := os.ReadDir(proc)
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	wanted := []byte(strings.Join(supervise.Arguments(dir), "\x00") + "\x00")
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		// A process can end between the listing and here.
		line, err := os.ReadFile(filepath.Join(proc, entry.Name(), "cmdline"))
		if err == nil && bytes.Equal(line, wanted) {
			found = append(found, pid)
		}
	}
	slices.Sort(found)
	return found, nil
}

// Running tells whether a supervisor works on dir.
func Running(dir state.Dir) (bool, error) {
	pids, err := supervisors("/proc", dir)
	return len(pids) > 0, err
}
