package sagemaker

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/smithy-go/logging"
)

func TestTheSDKSpeaksAtDebugLevelOnly(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	loaded, err := loadConfig(t.Context(), Options{Region: "us-east-1"}, newPace(2))
	if err != nil {
		t.Fatal(err)
	}
	loaded.Logger.Logf(logging.Warn, "falling back to %s", "IMDSv1")
	if line := log.String(); !strings.Contains(line, "level=DEBUG") || !strings.Contains(line, "falling back to IMDSv1") {
		t.Errorf("the SDK's remark became %q", line)
	}
}
