package sagemaker

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"golang.org/x/sync/errgroup"

	"landfall.dev/landfall/internal/inventory"
)

// foundScaling is what Application Auto Scaling holds for the account.
type foundScaling struct {
	targets   []types.ScalableTarget
	policies  []types.ScalingPolicy
	scheduled []types.ScheduledAction
}

// readScaling reads targets, policies and scheduled actions. Each may be
// denied on its own.
func (s *scan) readScaling(ctx context.Context) (foundScaling, error) {
	var found foundScaling
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		found.targets, err = rememberScaling(ctx, s, "DescribeScalableTargets", s.readTargets)
		return err
	})
	group.Go(func() (err error) {
		found.policies, err = rememberScaling(ctx, s, "DescribeScalingPolicies", s.readPolicies)
		return err
	})
	group.Go(func() (err error) {
		found.scheduled, err = rememberScaling(ctx, s, "DescribeScheduledActions", s.readScheduled)
		return err
	})
	return found, group.Wait()
}

// rememberScaling notes what an operation of Application Auto Scaling gave, and
// a failure where it may not be called. What it gives holds nothing secret.
func rememberScaling[T any](ctx context.Context, s *scan, operation string, read func(context.Context) ([]T, error)) ([]T, error) {
	all, err := remember(s, operation, func() ([]T, error) {
		return fromTheStart(func() ([]T, error) { return read(ctx) })
	})
	if err != nil {
		return nil, s.failures.record(ctx, "application-autoscaling:"+operation, "", err)
	}
	return all, nil
}

func (s *scan) readTargets(ctx context.Context) ([]types.ScalableTarget, error) {
	var all []types.ScalableTarget
	pages := applicationautoscaling.NewDescribeScalableTargetsPaginator(s.Scalings,
		&applicationautoscaling.DescribeScalableTargetsInput{ServiceNamespace: types.ServiceNamespaceSagemaker})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.ScalableTargets...)
	}
	return all, nil
}

func (s *scan) readPolicies(ctx context.Context) ([]types.ScalingPolicy, error) {
	var all []types.ScalingPolicy
	pages := applicationautoscaling.NewDescribeScalingPoliciesPaginator(s.Scalings,
		&applicationautoscaling.DescribeScalingPoliciesInput{ServiceNamespace: types.ServiceNamespaceSagemaker})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.ScalingPolicies...)
	}
	return all, nil
}

func (s *scan) readScheduled(ctx context.Context) ([]types.ScheduledAction, error) {
	var all []types.ScheduledAction
	pages := applicationautoscaling.NewDescribeScheduledActionsPaginator(s.Scalings,
		&applicationautoscaling.DescribeScheduledActionsInput{ServiceNamespace: types.ServiceNamespaceSagemaker})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.ScheduledActions...)
	}
	return all, nil
}

// of returns the scaling of an endpoint, and the names of ignored fields.
func (f foundScaling) of(e inventory.Endpoint) (scaling []inventory.Scaling, ignored []string) {
	resources := map[string]bool{}
	for _, c := range e.Components {
		resources["inference-component/"+c.Name] = true
	}
	belongs := func(resource *string) bool {
		return resource != nil && (resources[*resource] || strings.HasPrefix(*resource, "endpoint/"+e.Name+"/variant/"))
	}
	for _, target := range f.targets {
		if !belongs(target.ResourceId) {
			continue
		}
		scaling = append(scaling, convertTarget(target))
		ignored = append(ignored, ignoredLeaves("scalableTarget "+*target.ResourceId, &target)...)
	}
	for _, policy := range f.policies {
		if belongs(policy.ResourceId) {
			at := &scaling[scalingIndex(&scaling, *policy.ResourceId, string(policy.ScalableDimension))]
			at.Policies = append(at.Policies, convertPolicy(policy))
			ignored = append(ignored, ignoredLeaves("scalingPolicy "+*policy.PolicyName, &policy)...)
		}
	}
	for _, action := range f.scheduled {
		if belongs(action.ResourceId) {
			at := &scaling[scalingIndex(&scaling, *action.ResourceId, string(action.ScalableDimension))]
			at.ScheduledActions = append(at.ScheduledActions, convertScheduled(action))
			ignored = append(ignored, ignoredLeaves("scheduledAction "+*action.ScheduledActionName, &action)...)
		}
	}
	return scaling, ignored
}

// scalingIndex finds the target of a policy, or adds one without bounds: the
// targets may not be readable while the policies are.
func scalingIndex(scaling *[]inventory.Scaling, resource, dimension string) int {
	for i, s := range *scaling {
		if s.Resource == resource && s.Dimension == dimension {
			return i
		}
	}
	*scaling = append(*scaling, inventory.Scaling{Resource: resource, Dimension: dimension})
	return len(*scaling) - 1
}
