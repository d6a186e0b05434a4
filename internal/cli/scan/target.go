package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"landfall.dev/landfall/internal/awsfailure"
	"landfall.dev/landfall/internal/cli/output"
	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/sagemaker"
)

// target is one account in one region.
type target struct {
	client *sagemaker.Client
}

// targets makes a client for every role in every region. It fails before
// anything is asked of AWS.
func (o *options) targets(ctx context.Context) ([]target, error) {
	regions, roles := unique(o.regions), unique(o.roleARNs)
	if len(regions) == 0 {
		regions = []string{""}
	}
	for _, role := range roles {
		if parsed, err := arn.Parse(role); err != nil || parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "role/") {
			return nil, output.Usage("give a role such as arn:aws:iam::111122223333:role/landfall-scan", "--role-arn %q is not the ARN of a role", role)
		}
	}
	if len(roles) == 0 {
		roles = []string{""}
	}
	var targets []target
	for _, role := range roles {
		for _, region := range regions {
			client, err := sagemaker.New(ctx, sagemaker.Options{
				Region: region, Profile: o.profile, RoleARN: role, ExternalID: o.externalID, RequestsPerSecond: o.rate,
			})
			if err != nil {
				return nil, o.session.ExplainAWS("cannot scan", err)
			}
			targets = append(targets, target{client: client})
		}
	}
	return targets, nil
}

// unique leaves out repetitions and empty texts.
func unique(list []string) []string {
	var kept []string
	for _, text := range list {
		if text = strings.TrimSpace(text); text != "" && !slices.Contains(kept, text) {
			kept = append(kept, text)
		}
	}
	return kept
}

// label is how people read which of several places is meant.
func (t target) label() string {
	if role, err := arn.Parse(t.client.RoleARN()); err == nil {
		return role.AccountID + "/" + t.client.Region()
	}
	return t.client.Region()
}

// attempted is the act that fails where the place cannot be read.
func (t target) attempted() string {
	what := "cannot scan region " + t.client.Region()
	if role := t.client.RoleARN(); role != "" {
		what += " as " + role
	}
	return what
}

// unreachable is what the inventory says of a place that could not be read.
func (t target) unreachable(err error) inventory.Unread {
	code, message := awsfailure.Code(err)
	message, _ = inventory.MaskText(message)
	unread := inventory.Unread{
		Operation: inventory.OperationListEndpoints, Code: code, Reason: message,
		Place: inventory.Place{Region: t.client.Region()},
	}
	if role, parseErr := arn.Parse(t.client.RoleARN()); parseErr == nil {
		unread.AccountID = role.AccountID
		if errors.Is(err, errSignIn) {
			unread.Operation = "sts:AssumeRole"
		}
	}
	if awsfailure.Denied(err) {
		unread.Action = unread.Operation
	}
	return unread
}

// errSignIn marks that there are no credentials for a place.
var errSignIn = errors.New("cannot sign in")

func (t target) signIn(ctx context.Context) error {
	err := t.client.SignIn(ctx)
	if err == nil || t.client.RoleARN() == "" {
		return nil // the first call says it better
	}
	return fmt.Errorf("%w: %w", errSignIn, err)
}
