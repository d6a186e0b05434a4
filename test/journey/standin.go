package journey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// NodePorts of a run, on every node of the cluster.
const (
	standInNodePort      = 30080
	standInAdminNodePort = 30081
	routerNodePort       = 30090
)

// key is an AWS key pair of the stand-in account; none of them opens anything
// outside this run.
type key struct{ ID, Secret string }

var (
	// migrationKey is the account's: it scans, exports, and signs what the
	// router sends to SageMaker.
	migrationKey = key{"AKIALANDFALLDEMO0001", "demo-secret-of-the-stand-in-account"}
	// callerKey is an application's, known to the router alone.
	callerKey = key{"AKIALANDFALLCALLER01", "demo-secret-of-the-caller"}
)

const modelKey, modelBucket = "churn/2026-10/model.tar.gz", "acme-models"

// nodeURL is where a NodePort answers.
func nodeURL(c Config, port int) string {
	return "http://" + net.JoinHostPort(c.NodeAddress, strconv.Itoa(port))
}

func standInURL(c Config) string { return nodeURL(c, standInNodePort) }

// startStandIn puts the account into the cluster, trains the model with the very
// image that serves it, and starts the fleet that answers for SageMaker.
func (j *Journey) startStandIn(ctx context.Context) error {
	account, err := os.ReadFile(j.config.Account)
	if err != nil {
		return err
	}
	if err := j.apply(ctx, standInManifests(j.config, string(account))); err != nil {
		return err
	}
	if err := j.deploymentsReady(ctx, standInNamespace, "account", "trainer"); err != nil {
		return err
	}
	archive, err := j.trainedModel(ctx)
	if err != nil {
		return err
	}
	if err := j.uploadModel(ctx, archive); err != nil {
		return err
	}
	if err := j.apply(ctx, fleetManifest(j.config)); err != nil {
		return err
	}
	if err := j.deploymentsReady(ctx, standInNamespace, "fleet"); err != nil {
		return err
	}
	return j.servesOnSageMaker(ctx)
}

// servesOnSageMaker waits until the endpoint answers in the account itself: a
// Service takes a moment to lead to its pods.
func (j *Journey) servesOnSageMaker(ctx context.Context) error {
	managed := NewRuntimeClient(Caller{URL: standInURL(j.config), Region: region, AccessKeyID: migrationKey.ID, SecretAccessKey: migrationKey.Secret})
	var answer string
	var failure error
	err := waitFor(ctx, endpointName+" to answer on SageMaker", func(ctx context.Context) (bool, error) {
		answer, failure = invokeOnce(ctx, managed, j.rows[0])
		return failure == nil, nil
	})
	j.report.Checkf("the endpoint serves on SageMaker", err == nil, "%s answers %s", endpointName, describe(answer, failure))
	return err
}

// trainedModel takes what the image's own `train` wrote, as SageMaker would
// pack it, and the rows it held out.
func (j *Journey) trainedModel(ctx context.Context) (string, error) {
	const pack = "import sys,tarfile,pathlib\n" +
		"t=tarfile.open(fileobj=sys.stdout.buffer,mode='w|gz')\n" +
		"[t.add(p,arcname=p.name) for p in sorted(pathlib.Path('/opt/ml/model').iterdir())]\n" +
		"t.close()\n"
	archive, err := j.kubectl(ctx, "-n", standInNamespace, "exec", "deploy/trainer", "-c", "shell", "--", "/usr/bin/python3", "-c", pack)
	if err != nil {
		return "", err
	}
	rows, err := j.kubectl(ctx, "-n", standInNamespace, "exec", "deploy/trainer", "-c", "shell", "--", "/usr/bin/python3", "-c", "print(open('/opt/ml/output/data/requests.csv').read())")
	if err != nil {
		return "", err
	}
	j.rows = strings.Fields(rows)
	j.report.Notef("trained: model.tar.gz of %d bytes, %d rows held out", len(archive), len(j.rows))
	if len(j.rows) == 0 {
		return "", errors.New("training held out no rows")
	}
	return archive, nil
}

func (j *Journey) uploadModel(ctx context.Context, archive string) error {
	return j.putObject(ctx, modelKey, []byte(archive))
}

// putObject puts a file into the account's bucket of models.
func (j *Journey) putObject(ctx context.Context, objectKey string, content []byte) error {
	store := s3.New(s3.Options{
		Region: region, BaseEndpoint: aws.String(standInURL(j.config)), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(migrationKey.ID, migrationKey.Secret, ""),
	})
	_, err := store.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(modelBucket), Key: aws.String(objectKey), Body: bytes.NewReader(content)})
	if err != nil {
		return fmt.Errorf("cannot put %s into the stand-in's S3: %w", objectKey, err)
	}
	return nil
}

// deploymentsReady waits until every replica of each deployment is available.
func (j *Journey) deploymentsReady(ctx context.Context, namespace string, names ...string) error {
	for _, name := range names {
		err := waitFor(ctx, "deployment "+namespace+"/"+name, func(ctx context.Context) (bool, error) {
			var d appsv1.Deployment
			if err := j.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &d); err != nil {
				return false, client.IgnoreNotFound(err)
			}
			return d.Spec.Replicas != nil && d.Status.AvailableReplicas == *d.Spec.Replicas &&
				d.Status.UpdatedReplicas == *d.Spec.Replicas && d.Status.ObservedGeneration == d.Generation, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
