package blob

import (
	"strconv"

	"cloud.google.com/go/storage"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azblob "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// versionOf returns what names an object's content in the words of the store,
// from a listing or a look-up: the entity tag, and on Google Cloud Storage the
// generation, since that is what a read can be made to demand there.
func versionOf(as func(any) bool) (string, bool) {
	var listed types.Object
	if as(&listed) && listed.ETag != nil {
		return *listed.ETag, true
	}
	var google storage.ObjectAttrs
	if as(&google) {
		return strconv.FormatInt(google.Generation, 10), true
	}
	var azure container.BlobItem
	if as(&azure) && azure.Properties != nil && azure.Properties.ETag != nil {
		return string(*azure.Properties.ETag), true
	}
	return "", false
}

// demandVersion makes a read fail when the object is not the one looked up.
func demandVersion(as func(any) bool, tag string) error {
	if tag == "" {
		return nil
	}
	var in *s3.GetObjectInput
	if as(&in) {
		in.IfMatch = aws.String(tag)
		return nil
	}
	var google **storage.ObjectHandle
	if as(&google) {
		generation, err := strconv.ParseInt(tag, 10, 64)
		if err != nil {
			return err
		}
		*google = (*google).If(storage.Conditions{GenerationMatch: generation})
		return nil
	}
	var azure *azblob.DownloadStreamOptions
	if as(&azure) {
		match := azcore.ETag(tag)
		azure.AccessConditions = &azblob.AccessConditions{
			ModifiedAccessConditions: &azblob.ModifiedAccessConditions{IfMatch: &match},
		}
	}
	return nil
}

// readVersion returns the version that a read was answered with.
func readVersion(as func(any) bool) (string, bool) {
	var answer s3.GetObjectOutput
	if as(&answer) {
		return aws.ToString(answer.ETag), true
	}
	var google *storage.Reader
	if as(&google) && google.Attrs.Generation != 0 {
		return strconv.FormatInt(google.Attrs.Generation, 10), true
	}
	var azure azblob.DownloadStreamResponse
	if as(&azure) && azure.ETag != nil {
		return string(*azure.ETag), true
	}
	return "", false
}
