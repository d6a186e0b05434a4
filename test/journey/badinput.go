package journey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime/types"
	"github.com/aws/smithy-go"
)

// badInput sends what callers and users get wrong, and checks that each answer
// says what to change, and that the endpoint serves on.
func (j *Journey) badInput(ctx context.Context) error {
	j.wrongManifest(ctx)
	j.wrongRequests(ctx)
	if err := j.wrongModels(ctx); err != nil {
		return err
	}
	answer, err := invokeOnce(ctx, j.caller, j.rows[0])
	j.report.Checkf("the endpoint serves on after all of it", err == nil, "%s", describe(answer, err))
	return nil
}

// wrongManifest gives kubectl an Endpoint that contradicts itself.
func (j *Journey) wrongManifest(ctx context.Context) {
	err := j.apply(ctx, `{"apiVersion":"landfall.dev/v1alpha1","kind":"Endpoint","metadata":{"name":"wrong","namespace":"`+modelsNamespace+`"},
		"spec":{"live":"nowhere","variants":[{"name":"managed","sageMaker":{"endpointName":"Churn-Prod","region":"us-east-1"}}]}}`)
	j.report.Checkf("a wrong manifest is refused", err != nil && strings.Contains(err.Error(), "live must be the name of one of the variants"), "%s", reasonOf(err))
}

// wrongRequests invokes as callers do when something is wrong with them.
func (j *Journey) wrongRequests(ctx context.Context) {
	invoke := func(edit func(*sagemakerruntime.InvokeEndpointInput)) error {
		input := &sagemakerruntime.InvokeEndpointInput{EndpointName: aws.String(endpointName), ContentType: aws.String("text/csv"), Body: []byte(j.rows[0])}
		edit(input)
		_, err := j.caller.InvokeEndpoint(ctx, input)
		return err
	}
	err := invoke(func(in *sagemakerruntime.InvokeEndpointInput) { in.EndpointName = aws.String("No-Such-Endpoint") })
	var validation *types.ValidationError
	j.report.Checkf("an unknown endpoint is a ValidationError", errors.As(err, &validation), "%s", reasonOf(err))

	err = invoke(func(in *sagemakerruntime.InvokeEndpointInput) { in.ContentType = aws.String("image/x-unknown") })
	var model *types.ModelError
	j.report.Checkf("a wrong content type is a ModelError", errors.As(err, &model) && aws.ToInt32(model.OriginalStatusCode) == http.StatusUnsupportedMediaType, "%s", reasonOf(err))

	err = invoke(func(in *sagemakerruntime.InvokeEndpointInput) { in.Body = make([]byte, 30<<20) })
	j.report.Checkf("a body of 30 MiB is refused", err != nil && !errors.As(err, &model), "%s", reasonOf(err))

	err = j.expiredRequest(ctx)
	j.report.Checkf("an expired signature is refused", err != nil && strings.Contains(err.Error(), "403"), "%s", reasonOf(err))

	stranger := NewRuntimeClient(Caller{URL: j.routerURL(), Region: region, AccessKeyID: "AKIASTRANGER00000000", SecretAccessKey: "unknown"})
	_, err = invokeOnce(ctx, stranger, j.rows[0])
	var api smithy.APIError
	j.report.Checkf("an unknown access key is refused", errors.As(err, &api) && api.ErrorCode() == "UnrecognizedClientException", "%s", reasonOf(err))
}

// expiredRequest sends a request signed an hour ago and returns its refusal.
func (j *Journey) expiredRequest(ctx context.Context) error {
	body := j.rows[0]
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, j.routerURL()+"/endpoints/"+endpointName+"/invocations", strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "text/csv")
	sum := sha256.Sum256([]byte(body))
	key := aws.Credentials{AccessKeyID: callerKey.ID, SecretAccessKey: callerKey.Secret}
	if err := v4.NewSigner().SignHTTP(ctx, key, request, hex.EncodeToString(sum[:]), "sagemaker", region, time.Now().Add(-time.Hour)); err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	return fmt.Errorf("%s %s", response.Status, response.Header.Get("X-Amzn-Errortype"))
}

func (j *Journey) routerURL() string {
	return nodeURL(j.config, routerNodePort)
}

// reasonOf puts a refusal into one line: what the service said, without the
// client's preamble.
func reasonOf(err error) string {
	var api smithy.APIError
	var response *awshttp.ResponseError
	switch {
	case err == nil:
		return "accepted"
	case errors.As(err, &api) && errors.As(err, &response):
		return oneLine(fmt.Sprintf("%d %s: %s", response.HTTPStatusCode(), api.ErrorCode(), api.ErrorMessage()))
	case errors.As(err, &response):
		return oneLine(fmt.Sprintf("%d, %v", response.HTTPStatusCode(), response.Err))
	}
	_, said, found := strings.Cut(err.Error(), "exit status 1: ")
	if !found {
		said = err.Error()
	}
	return oneLine(said)
}
