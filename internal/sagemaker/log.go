package sagemaker

import (
	"fmt"
	"log/slog"

	"github.com/aws/smithy-go/logging"
)

// sdkLog keeps the SDK's own remarks, such as how it looked for credentials,
// out of what people read: by default the SDK writes them to standard error.
var sdkLog = logging.LoggerFunc(func(class logging.Classification, format string, values ...any) {
	slog.Debug(fmt.Sprintf(format, values...), "source", "aws-sdk", "class", string(class))
})
