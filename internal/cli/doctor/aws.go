package doctor

import (
	"context"
)

type awsAccess struct{}

func awsChecks() []check { return nil }

var _ = context.Background
