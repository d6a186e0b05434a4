package blob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/api/googleapi"
)

// googleAPI is Google Cloud Storage's JSON API, for what its library has no
// words for: an upload session that another process goes on with.
type googleAPI struct {
	client  *http.Client
	address string
}

// googleSession is a resumable upload (Cloud Storage documentation, "Resumable
// uploads"). One session is preferred to part objects that are composed: nothing
// of it is visible or has to be deleted, no permission beyond creating objects is
// needed, and a session that is forgotten ends after a week. In exchange its
// bytes go one after the other.
type googleSession struct {
	api    *googleAPI
	bucket string
	key    string
	// address of the session, which nobody else may know: it needs no other
	// credentials.
	address string
	// sizeBytes of the whole, since the last byte is what completes it.
	sizeBytes int64
	// object is what came of it.
	object *googleObject
}

// googleObject is what is looked at of an object's description.
type googleObject struct {
	Size       string `json:"size"`
	CRC32C     string `json:"crc32c"`
	Generation string `json:"generation"`
}

// googleChunkBytes is what the length of every request but the last has to be a
// multiple of.
const googleChunkBytes = 256 << 10

func (u *googleSession) rules() rules {
	return rules{way: "gs", ordered: true, multipleBytes: googleChunkBytes}
}

func (u *googleSession) state() string { return u.address }

func (u *googleSession) begin(ctx context.Context) error {
	address := fmt.Sprintf("%s/upload/storage/v1/b/%s/o?uploadType=resumable&name=%s", u.api.address, url.PathEscape(u.bucket), url.QueryEscape(u.key))
	description, err := json.Marshal(map[string]string{"name": u.key, "contentType": "application/octet-stream"})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(string(description)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := u.api.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if err := googleapi.CheckResponse(answer); err != nil {
		return err
	}
	session, err := answer.Location()
	if err != nil {
		return fmt.Errorf("the store began an upload without an address: %w", err)
	}
	if strings.HasPrefix(u.api.address, "https:") && session.Scheme != "https" {
		return fmt.Errorf("the store wants the upload sent to %s without encryption", session.Host)
	}
	u.address, u.object = session.String(), nil
	return nil
}

func (u *googleSession) resume(ctx context.Context, state string, l layout) (held, error) {
	u.address, u.sizeBytes = state, l.sizeBytes
	hasBytes, err := u.put(ctx, fmt.Sprintf("bytes */%d", u.sizeBytes), nil)
	return held{bytes: hasBytes}, err
}

func (u *googleSession) send(ctx context.Context, p piece, content *payload) (string, error) {
	hasBytes, err := u.put(ctx, fmt.Sprintf("bytes %d-%d/%d", p.fromBytes, p.endBytes-1, u.sizeBytes), content)
	if err == nil && hasBytes < p.endBytes {
		err = fmt.Errorf("%w: the store has %d bytes of the first %d", errDamaged, hasBytes, p.endBytes)
	}
	return "", err
}

// put sends bytes, or none to ask how many arrived, and returns how many the
// store has. The last bytes are sent with the checksum of the whole, which the
// store demands of the object before it appears.
func (u *googleSession) put(ctx context.Context, contentRange string, content *payload) (int64, error) {
	var body io.Reader = http.NoBody
	if content != nil {
		body = content.body()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, u.address, body)
	if err != nil {
		return 0, errors.New("the session's address is not one")
	}
	request.Header.Set("Content-Range", contentRange)
	if content != nil {
		request.ContentLength = int64(len(content.data))
		if content.last {
			request.Header.Set("X-Goog-Hash", "crc32c="+content.total.crc32c())
		}
	}
	answer, err := u.api.client.Do(request)
	if err != nil {
		return 0, withoutAddress(err)
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusPermanentRedirect: // by which this API means that it wants more
		return rangeEnd(answer.Header.Get("Range"))
	case http.StatusOK, http.StatusCreated:
		u.object = &googleObject{}
		if err := json.NewDecoder(io.LimitReader(answer.Body, maxOCIManifestBytes)).Decode(u.object); err != nil {
			return 0, fmt.Errorf("cannot read what the store says of the object: %w", err)
		}
		return u.sizeBytes, nil
	case http.StatusNotFound, http.StatusGone:
		return 0, fmt.Errorf("%w: the store answered %d", errUploadGone, answer.StatusCode)
	case http.StatusBadRequest:
		if content != nil && content.last {
			// The checksum of the whole is not that of what arrived.
			return 0, fmt.Errorf("%w: %w", errUnfit, googleapi.CheckResponse(answer))
		}
	}
	return 0, googleapi.CheckResponse(answer)
}

// withoutAddress keeps a session's address, which is as good as a password, out
// of the words of an error.
func withoutAddress(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}

// rangeEnd is how many bytes "bytes=0-41" or "0-41" means; none where it is
// missing.
func rangeEnd(header string) (int64, error) {
	if header == "" {
		return 0, nil
	}
	first, last, found := strings.Cut(strings.TrimPrefix(header, "bytes="), "-")
	end, err := strconv.ParseInt(last, 10, 62)
	if !found || first != "0" || err != nil || end < 0 {
		return 0, fmt.Errorf("the store has the range %q; want one from 0 on", header)
	}
	return end + 1, nil
}

func (u *googleSession) finish(ctx context.Context, _ []sentPart, total *sums) (Check, error) {
	if u.object == nil {
		if _, err := u.put(ctx, fmt.Sprintf("bytes */%d", u.sizeBytes), nil); err != nil {
			return "", err
		}
	}
	if u.object == nil {
		return "", fmt.Errorf("%w: the store has all bytes and does not complete the object", errUploadGone)
	}
	if want := total.crc32c(); u.object.CRC32C != want {
		err := fmt.Errorf("the store has the CRC-32C %q of it; want %s", u.object.CRC32C, want)
		return "", errors.Join(err, u.remove(ctx))
	}
	return CheckWhole, nil
}

// remove deletes the object that came of the session and is not what was sent:
// by its length the next export would take it for the copy.
func (u *googleSession) remove(ctx context.Context) error {
	address := fmt.Sprintf("%s/storage/v1/b/%s/o/%s?generation=%s",
		u.api.address, url.PathEscape(u.bucket), url.PathEscape(u.key), url.QueryEscape(u.object.Generation))
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, address, nil)
	if err != nil {
		return err
	}
	answer, err := u.api.client.Do(request)
	if err == nil {
		err = errors.Join(googleapi.CheckResponse(answer), answer.Body.Close())
	}
	if err != nil {
		return fmt.Errorf("the damaged copy could not be deleted; delete gs://%s/%s before exporting again: %w", u.bucket, u.key, err)
	}
	return nil
}

// abort ends the session. The API answers that with 499.
func (u *googleSession) abort(ctx context.Context) error {
	if u.address == "" {
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, u.address, nil)
	if err != nil {
		return errors.New("the session's address is not one")
	}
	answer, err := u.api.client.Do(request)
	if err != nil {
		return withoutAddress(err)
	}
	defer answer.Body.Close()
	u.address = ""
	if answer.StatusCode == statusClosedByClient || answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusGone {
		return nil
	}
	return googleapi.CheckResponse(answer)
}

const statusClosedByClient = 499

func (u *googleSession) left() string { return "Its upload session ends by itself after a week" }
