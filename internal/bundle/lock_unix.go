//go:build unix

package bundle

import (
	"os"
	"syscall"
)

// locks says that folders can be locked.
const locks = true

// claim locks a folder for this process, until the file is closed or the process
// ends, however it does. False means that another process has it.
func claim(dir string) (*os.File, bool) {
	folder, err := os.Open(dir)
	if err != nil {
		return nil, false
	}
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = folder.Close()
		return nil, false
	}
	return folder, true
}
