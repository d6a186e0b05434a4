package journey

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"k8s.io/apimachinery/pkg/labels"
)

func parseSelector(text string) (labels.Selector, error) { return labels.Parse(text) }

// invokeOnce sends one row as an ordinary caller does.
func invokeOnce(ctx context.Context, c *sagemakerruntime.Client, row string) (string, error) {
	output, err := c.InvokeEndpoint(ctx, &sagemakerruntime.InvokeEndpointInput{
		EndpointName: aws.String(endpointName), ContentType: aws.String("text/csv"),
		Accept: aws.String("application/json"), Body: []byte(row),
	})
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(output.Body)), nil
}

// describe puts an answer or its error into one line.
func describe(answer string, err error) string {
	if err != nil {
		return oneLine(err.Error())
	}
	return oneLine(answer)
}

// oneLine shortens a text for a table.
func oneLine(text string) string {
	const maxRunes = 160
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxRunes {
		return string(runes[:maxRunes]) + "…"
	}
	return text
}

// firstError shows the first of the failures.
func firstError(failed []Sample) string {
	if len(failed) == 0 {
		return ""
	}
	return fmt.Sprintf(" (first: %s)", oneLine(failed[0].Err.Error()))
}
