// Package naming holds the names that several of Landfall's programs must agree
// on: labels, the names of child objects, ports, paths, the agent's arguments
// and the defaults of a system's installation.
//
// It owns names alone. It refuses behaviour, and imports nothing but the
// standard library's text handling, so that every layer above the API may use it.
package naming

// Group is the API group, and the prefix of every label and
// annotation of Landfall's own.
const Group = "landfall.dev"

// Names of Landfall's own installation.
const (
	// SystemNamespace is where the operator and the routers run by default.
	SystemNamespace = "landfall-system"
	// Operator is the operator's name: of its Deployment, of its leader
	// election Lease, of its metrics, and the source of its events.
	Operator = "landfall-operator"
	// Router is the name of the routers' Service and Deployment.
	Router = "landfall-router"
	// DefaultRouterService is the default of the operator's --router-service:
	// the Service, as namespace/name, whose endpoints are asked for evidence.
	DefaultRouterService = SystemNamespace + "/" + Router
	// FieldOwner owns the fields that the operator writes by server-side apply.
	FieldOwner = Operator
	// StatusFieldOwner owns the status the operator writes. It differs from
	// FieldOwner because one owner's apply drops the fields it leaves out.
	StatusFieldOwner = Operator + "-status"
)

// Labels of Kubernetes' recommended set, and the values Landfall gives them.
const (
	LabelName      = "app.kubernetes.io/name"
	LabelManagedBy = "app.kubernetes.io/managed-by"
	LabelPartOf    = "app.kubernetes.io/part-of"

	// NameEndpoint is the value of LabelName on the children of an Endpoint.
	NameEndpoint = "landfall-endpoint"
	// ManagedByOperator is the value of LabelManagedBy on what the operator makes.
	ManagedByOperator = Operator
	// PartOfLandfall is the value of LabelPartOf on Landfall's own installation.
	PartOfLandfall = "landfall"
)

// Labels and annotations of Landfall's own.
const (
	// LabelEndpoint holds the metadata.name of the Endpoint.
	LabelEndpoint = Group + "/endpoint"
	// LabelVariant holds the name of the variant.
	LabelVariant = Group + "/variant"
	// AnnotationContentHash holds the hash of what a child was made from.
	AnnotationContentHash = Group + "/content-hash"
	// AnnotationModel holds the name of the Model that a pod serves.
	AnnotationModel = Group + "/model"
	// LabelServiceName is the label by which EndpointSlices name their Service
	// (discovery.k8s.io/v1).
	LabelServiceName = "kubernetes.io/service-name"
)

// MaxChildNameLength is the longest name ChildName gives for an Endpoint that
// the API server accepted: 50 characters of names and a hyphen. It leaves room
// for the suffixes that Kubernetes puts behind a Deployment's name within the
// 63 characters of a label.
const MaxChildNameLength = 51

// ChildName names the children of an Endpoint's variant: its Deployment,
// Service, ServiceAccount and so on. The API server holds the two names
// together to 50 characters. Two Endpoints of a namespace may arrive at one
// name (a-b with c, a with b-c): who applies a child checks its owner first.
func ChildName(endpoint, variant string) string { return endpoint + "-" + variant }

// ChildLabels returns the labels of a child: who made it and what for.
func ChildLabels(endpoint, variant string) map[string]string {
	labels := SelectorLabels(endpoint, variant)
	labels[LabelManagedBy] = ManagedByOperator
	return labels
}

// SelectorLabels returns the labels that select a variant's pods. A
// Deployment's selector is immutable: the set must not change.
func SelectorLabels(endpoint, variant string) map[string]string {
	return map[string]string{
		LabelName:     NameEndpoint,
		LabelEndpoint: endpoint,
		LabelVariant:  variant,
	}
}
