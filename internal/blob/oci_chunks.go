package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote/auth"
)

// ociChunks is a chunked blob upload (OCI distribution specification 1.1,
// "Pushing a blob in chunks"), which oras-go does not offer. A registry that
// cannot tell how much it has is begun anew; one that refuses chunks gets the
// blob in one go.
type ociChunks struct {
	bucket *ociBucket
	key    string
	// address of the next request of the upload.
	address *url.URL
	// minBytes is the shortest chunk but the last.
	minBytes  int64
	sizeBytes int64
	// accepted says that the registry took a chunk.
	accepted bool
	// digest is that of the complete blob.
	digest string
}

func (b *ociBucket) stage(key string, object Object) (staging, bool) {
	return &ociChunks{bucket: b, key: key, sizeBytes: object.SizeBytes}, b.tag(key) == nil
}

// adopt adds a layer of content that the registry has already.
func (b *ociBucket) adopt(ctx context.Context, key string, object Object) (bool, error) {
	if err := b.tag(key); err != nil {
		return false, err
	}
	layer := ociLayer(key, object.Digest, object.SizeBytes)
	there, err := b.repo.Blobs().Exists(ctx, layer)
	if err != nil || !there {
		return false, nil //nolint:nilerr // then it is pushed, and the reason shows there
	}
	return true, b.addLayer(ctx, key, layer)
}

func ociLayer(key, sum string, sizeBytes int64) ocispec.Descriptor {
	return ocispec.Descriptor{
		MediaType: ociFileType, Digest: digest.Digest(sum), Size: sizeBytes,
		Annotations: map[string]string{ociFilePath: key, ocispec.AnnotationTitle: key},
	}
}

func (u *ociChunks) rules() rules {
	return rules{way: "oci", ordered: true, minPartBytes: u.minBytes}
}

func (u *ociChunks) state() string {
	if u.address == nil {
		return ""
	}
	return u.address.String()
}

func (u *ociChunks) begin(ctx context.Context) error {
	reference := u.bucket.repo.Reference
	address := fmt.Sprintf("%s://%s/v2/%s/blobs/uploads/", u.bucket.scheme, reference.Host(), reference.Repository)
	u.address, u.accepted = nil, false
	answer, err := u.do(ctx, http.MethodPost, address, nil, nil)
	if err != nil {
		return err
	}
	if err := closed(answer, http.StatusAccepted); err != nil {
		return err
	}
	// The specification's OCI-Chunk-Min-Length.
	if text := answer.Header.Get("Oci-Chunk-Min-Length"); text != "" {
		if u.minBytes, err = strconv.ParseInt(text, 10, 62); err != nil || u.minBytes > maxHeldBytes {
			return fmt.Errorf("%w: its chunks are to have at least %s bytes", errNoParts, text)
		}
	}
	return u.follow(answer)
}

// follow takes the address of the next request.
func (u *ociChunks) follow(answer *http.Response) error {
	next, err := answer.Location()
	if err != nil {
		return fmt.Errorf("the registry does not say where the upload goes on: %w", err)
	}
	if u.bucket.scheme == "https" && next.Scheme != "https" {
		return fmt.Errorf("the registry wants the upload sent to %s without encryption", next.Host)
	}
	u.address = next
	return nil
}

func (u *ociChunks) do(ctx context.Context, method, address string, header http.Header, content *payload) (*http.Response, error) {
	ctx = auth.AppendRepositoryScope(ctx, u.bucket.repo.Reference, auth.ActionPull, auth.ActionPush)
	var body io.Reader
	if content != nil {
		body = content.body()
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("the registry's address for the upload is not one: %w", err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	if content != nil {
		request.ContentLength = int64(len(content.data))
		request.GetBody = func() (io.ReadCloser, error) { return content.body(), nil }
		request.Header.Set("Content-Type", "application/octet-stream")
	}
	answer, err := u.bucket.repo.Client.Do(request)
	if err != nil {
		return nil, withoutAddress(err)
	}
	return answer, nil
}

// closed ends an answer, whose body is of no interest.
func closed(answer *http.Response, want int) error {
	err := answer.Body.Close()
	if answer.StatusCode == want {
		return err
	}
	return &statusError{code: answer.StatusCode}
}

// resume asks how much has arrived. Registries differ in whether they know:
// whatever is no answer to that means beginning anew.
func (u *ociChunks) resume(ctx context.Context, state string, _ layout) (held, error) {
	address, err := url.Parse(state)
	if err != nil {
		return held{}, fmt.Errorf("%w: its address is not one", errUploadGone)
	}
	u.address = address
	answer, err := u.do(ctx, http.MethodGet, state, nil, nil)
	if err != nil {
		return held{}, err
	}
	if err := closed(answer, http.StatusNoContent); err != nil {
		if kindOfStatus(answer.StatusCode) == KindUnavailable {
			return held{}, err
		}
		return held{}, fmt.Errorf("%w: %w", errUploadGone, err)
	}
	hasBytes, err := rangeEnd(answer.Header.Get("Range"))
	if err != nil {
		return held{}, fmt.Errorf("%w: %w", errUploadGone, err)
	}
	if hasBytes == 1 {
		hasBytes = 0 // "0-0" is how registries write that they have nothing
	}
	u.accepted = u.accepted || hasBytes > 0
	if answer.Header.Get("Location") == "" {
		return held{bytes: hasBytes}, nil
	}
	return held{bytes: hasBytes}, u.follow(answer)
}

func (u *ociChunks) send(ctx context.Context, p piece, content *payload) (string, error) {
	header := http.Header{"Content-Range": {fmt.Sprintf("%d-%d", p.fromBytes, p.endBytes-1)}}
	answer, err := u.do(ctx, http.MethodPatch, u.address.String(), header, content)
	if err != nil {
		return "", err
	}
	err = closed(answer, http.StatusAccepted)
	switch status := answer.StatusCode; {
	case err == nil:
	case status == http.StatusNotFound:
		return "", fmt.Errorf("%w: %w", errUploadGone, err)
	case status == http.StatusRequestedRangeNotSatisfiable:
		return "", fmt.Errorf("%w: the registry has other bytes of it: %w", errDamaged, err)
	case !u.accepted && kindOfStatus(status) == KindOther:
		return "", fmt.Errorf("%w: %w", errNoParts, err)
	default:
		return "", err
	}
	hasBytes, err := rangeEnd(answer.Header.Get("Range"))
	if err == nil && hasBytes != p.endBytes {
		err = fmt.Errorf("%w: the registry has %d bytes of the first %d", errDamaged, hasBytes, p.endBytes)
	}
	if err != nil {
		return "", err
	}
	u.accepted = true
	return "", u.follow(answer)
}

// finish names the blob by its digest, which the registry verifies, and then
// names it in the manifest.
func (u *ociChunks) finish(ctx context.Context, _ []sentPart, total *sums) (Check, error) {
	layer := ociLayer(u.key, total.digest(), u.sizeBytes)
	if u.digest == "" {
		address := *u.address
		query := address.Query()
		query.Set("digest", total.digest())
		address.RawQuery = query.Encode()
		answer, err := u.do(ctx, http.MethodPut, address.String(), nil, &payload{moved: func() {}})
		if err != nil {
			return "", err
		}
		if err := closed(answer, http.StatusCreated); err != nil {
			if answer.StatusCode == http.StatusNotFound {
				err = errors.Join(errUploadGone, err)
			}
			return "", err
		}
		u.digest = total.digest()
	}
	return CheckWhole, u.bucket.addLayer(ctx, u.key, layer)
}

func (u *ociChunks) abort(ctx context.Context) error {
	if u.address == nil {
		return nil
	}
	answer, err := u.do(ctx, http.MethodDelete, u.address.String(), nil, nil)
	if err != nil {
		return err
	}
	err = answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusNoContent, http.StatusNotFound:
		u.address = nil
		return err
	}
	return errors.Join(errKeptByStore, &statusError{code: answer.StatusCode})
}

func (u *ociChunks) left() string {
	return "The registry drops unfinished uploads by itself after a time"
}
