package scan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/sagemaker/journal"
)

// diary is the journal of this scan, if it has one.
type diary struct {
	options *options
	// journal is nil where the inventory goes to no file.
	journal   *journal.Journal
	startedAt time.Time
	path      string
}

// openDiary goes on with the journal of an interrupted scan, or begins one.
func (o *options) openDiary() (*diary, error) {
	d := &diary{options: o, startedAt: o.session.Now()}
	if o.output == "" || o.output == "-" || isStream(o.output) {
		return d, nil
	}
	d.path = filepath.Join(filepath.Dir(o.output), "."+filepath.Base(o.output)+".scan")
	identity := o.identity()
	if !o.noResume {
		switch earlier, err := journal.Open(d.path, identity, o.session.Now()); {
		case err == nil:
			d.journal, d.startedAt = earlier, earlier.StartedAt()
			o.session.Notef("Going on with the scan that began at %s: %s done already (--no-resume begins anew).",
				d.startedAt.UTC().Format(time.RFC3339), output.Plural(earlier.Len(), "call"))
			return d, nil
		case errors.Is(err, os.ErrNotExist):
		case errors.Is(err, journal.ErrOtherScan):
			return nil, &output.Failure{
				What: "cannot go on with the scan in " + d.path, Why: journal.ErrOtherScan.Error(),
				Next: "repeat the command with the options it had, or begin anew with --no-resume", Cause: err, Code: output.ExitUsage,
			}
		default:
			o.session.Notef("The journal of an earlier scan is not used: %v.", err)
		}
	}
	begun, err := journal.Create(d.path, journal.Header{Options: identity, StartedAt: d.startedAt})
	if err != nil {
		return nil, &output.Failure{What: "cannot write " + d.path, Why: err.Error(), Cause: err}
	}
	d.journal = begun
	return d, nil
}

func isStream(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular()
}

// identity tells a scan from one that reads something else, or elsewhere. The
// account is not part of it: each recorded call names its own.
func (o *options) identity() string {
	text, err := json.Marshal([]any{
		o.regions, o.roleARNs, o.profile, o.endpointName, o.lookback.String(), o.runs, o.lineage, o.cloudTrail, o.session.Version,
		o.session.Getenv("AWS_ENDPOINT_URL"), o.session.Getenv("AWS_REGION"), o.session.Getenv("AWS_PROFILE"),
	})
	if err != nil {
		return "" // texts and numbers cannot fail
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// end takes the journal away after a scan that is done, or one that never
// began, and keeps it otherwise.
func (d *diary) end(err error) error {
	if err == nil || d.journal.Len() == 0 {
		if removeErr := d.journal.Remove(); removeErr != nil {
			d.options.session.Warnf("cannot take away the scan's journal: %v", removeErr)
		}
		return err
	}
	if closeErr := d.journal.Close(); closeErr != nil {
		return errors.Join(err, fmt.Errorf("cannot close the scan's journal: %w", closeErr))
	}
	if interrupted(err) {
		d.options.session.Notef("%s are kept in %s; the same command goes on from there.",
			output.Plural(d.journal.Len(), "call"), d.path)
	}
	return err
}
