package api

// The manifests hold every field there is, so that a test over the schema can
// break each one in turn, and so that each is known to be accepted.

const fullEndpoint = `
apiVersion: landfall.dev/v1alpha1
kind: Endpoint
metadata: {name: churn, namespace: default}
spec:
  endpointName: Churn-Prod
  live: managed
  replicas: 3
  variants:
  - name: managed
    sageMaker:
      endpointName: Churn-Prod
      region: us-east-1
      variantName: AllTraffic
      inferenceComponentName: churn-component
  - name: cluster
    pods:
      modelRef: {name: churn-7}
      workloadClassName: online
      replicas: {min: 2, max: 10, targetCPUUtilizationPercent: 60}
      resources:
        requests: {cpu: "1", memory: 2Gi}
        limits: {memory: 3Gi}
      startupTimeoutSeconds: 600
      invocationTimeoutSeconds: 30
      serviceAccountAnnotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/churn"}
  rollout:
    state: Running
    attempt: 1
    shadow: {percent: 100, minRequests: 2000}
    steps:
    - {percent: "0.5", holdSeconds: 30, minRequests: 10}
    - {percent: 10, holdSeconds: 600, minRequests: 100}
    - {percent: 100, holdSeconds: 600, minRequests: 100}
    gates:
      errors: {maxIncreasePercent: "0.1"}
      latency: {percentile: 95, maxRatioPercent: 120, toleranceMilliseconds: 10}
      agreement: {minPercent: "99.9", relativeTolerance: "0.001", absoluteTolerance: "0.0001"}
    onFailure: Pause
`

const minimalEndpoint = `
apiVersion: landfall.dev/v1alpha1
kind: Endpoint
metadata: {name: churn, namespace: default}
spec:
  live: managed
  variants:
  - name: managed
    sageMaker: {endpointName: Churn-Prod, region: us-east-1}
  - name: cluster
    pods:
      modelRef: {name: churn-7}
      resources: {requests: {cpu: "1", memory: 2Gi}}
`

const fullModel = `
apiVersion: landfall.dev/v1alpha1
kind: Model
metadata: {name: churn-7, namespace: default}
spec:
  artifact:
    uri: s3://models/churn/7/model.tar.gz
    compression: Gzip
    digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    sizeBytes: 1048576
    maxUnpacked: 2Gi
    region: us-east-1
    endpointURL: https://s3.example.com
    credentialsSecretRef: {name: store}
  container:
    image: registry.example.com/team/churn@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    imagePullSecrets: [{name: registry}]
    env:
    - {name: WORKERS, value: "2"}
    - {name: TOKEN, valueFrom: {secretKeyRef: {name: churn, key: token}}}
    - {name: LEVEL, valueFrom: {configMapKeyRef: {name: churn, key: level}}}
    needs: [WritableRootFilesystem]
  contract: SageMaker
  framework: {name: sklearn, version: 1.2.1}
  approval: Approved
  evaluationMetrics: [{name: "validation:auc", value: "0.91"}]
  origin:
    sageMaker:
      modelARN: arn:aws:sagemaker:us-east-1:111122223333:model/churn-7
      image: 111122223333.dkr.ecr.us-east-1.amazonaws.com/churn:7
      modelDataURL: s3://sagemaker-models/churn/7/model.tar.gz
`

const minimalModel = `
apiVersion: landfall.dev/v1alpha1
kind: Model
metadata: {name: churn-7, namespace: default}
spec:
  container: {image: "registry.example.com/team/churn:7"}
`

const fullClass = `
apiVersion: landfall.dev/v1alpha1
kind: WorkloadClass
metadata: {name: online}
spec:
  purpose: Online
  nodeSelector: {pool: online}
  tolerations: [{key: gpu, operator: Exists, effect: NoSchedule, tolerationSeconds: 60, value: ""}]
  priorityClassName: online
`

// manifestsByResource are the full manifests, by plural resource name.
var manifestsByResource = map[string]string{
	"endpoints":       fullEndpoint,
	"models":          fullModel,
	"workloadclasses": fullClass,
}
