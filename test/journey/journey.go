package journey

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Names of the endpoint that moves.
const (
	endpointName   = "Churn-Prod"
	endpointObject = "churn-prod"
	region         = "us-east-1"
	managedVariant = "managed"
	clusterVariant = "cluster"
)

// Journey is one run of the main job.
type Journey struct {
	config Config
	report *Report
	client client.WithWatch
	// environment is added to that of every program.
	environment []string
	// rows are CSV request bodies that the training held out.
	rows []string
	// caller is the AWS SDK's client of an ordinary caller, behind the router.
	caller *sagemakerruntime.Client
	// ownFiles says that this run made the folder of its files.
	ownFiles bool
	// before lists what the cluster held before the run.
	before []string
}

// New prepares a run. It talks to the cluster only to check that it can.
func New(config Config, report *Report) (*Journey, error) {
	c, err := newClient(config.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("cannot open the cluster with %s: %w", config.Kubeconfig, err)
	}
	ownFiles := false
	if config.WorkDir == "" {
		if config.WorkDir, err = os.MkdirTemp("", "landfall-journey-"); err != nil {
			return nil, err
		}
		ownFiles = true
	}
	return &Journey{
		ownFiles: ownFiles,
		config:   config, report: report, client: c,
		environment: []string{
			"KUBECONFIG=" + config.Kubeconfig,
			"AWS_REGION=" + region,
			"AWS_ACCESS_KEY_ID=" + migrationKey.ID,
			"AWS_SECRET_ACCESS_KEY=" + migrationKey.Secret,
			"AWS_ENDPOINT_URL=" + standInURL(config),
			"AWS_EC2_METADATA_DISABLED=true",
		},
	}, nil
}

// Run plays every stage. A stage that fails ends the run, except that cleaning
// up is always tried unless keep is set.
func (j *Journey) Run(ctx context.Context, keep bool) error {
	stages := []struct {
		name string
		run  func(context.Context) error
	}{
		{"the whole account", j.wholeAccount},
		{"install Landfall", j.installLandfall},
		{"start the stand-in account", j.startStandIn},
		{"scan, plan, export, deploy", j.moveToCluster},
		{"verify outside SageMaker", j.verifyOutside},
		{"shadow, shift, promote", j.promote},
		{"models that go wrong", j.trouble},
		{"roll back by hand", j.rollBackByHand},
		{"bad input", j.badInput},
	}
	failure := j.report.Stage("look at the cluster", func() error { return j.startClean(ctx) })
	if failure != nil {
		return failure
	}
	for _, s := range stages {
		if failure = j.report.Stage(s.name, func() error { return s.run(ctx) }); failure != nil {
			break
		}
	}
	if keep {
		return failure
	}
	return errors.Join(failure, j.report.Stage("delete everything", func() error { return j.deleteEverything(ctx) }))
}

// RemoveFiles removes what the commands wrote, where New chose the folder.
func (j *Journey) RemoveFiles() error {
	if !j.ownFiles {
		return nil
	}
	return os.RemoveAll(j.config.WorkDir)
}
