package journey

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Config is what a run needs to know of its surroundings. hack/cluster.sh and
// the Makefile set it through the environment.
type Config struct {
	// Kubeconfig opens the cluster (KUBECONFIG).
	Kubeconfig string
	// Landfall, Kubectl and Helm are the programs to run (LANDFALL, KUBECTL, HELM).
	Landfall, Kubectl, Helm string
	// Chart is the folder of Landfall's Helm chart (LANDFALL_CHART).
	Chart string
	// NodeAddress is an address of a node that both this process and pods
	// reach; NodePorts are called there (NODE_ADDRESS).
	NodeAddress string
	// LandfallImage, StandInImage and ChurnImage are references that the
	// cluster can pull (LANDFALL_IMAGE, STANDIN_IMAGE, CHURN_IMAGE).
	LandfallImage, StandInImage, ChurnImage string
	// Account is the stand-in account's file (STANDIN_ACCOUNT).
	Account string
	// WorkDir keeps what the command line writes: inventory, plan, bundle.
	WorkDir string
}

// ConfigFromEnvironment reads the configuration and names every variable that
// is missing.
func ConfigFromEnvironment() (Config, error) {
	var c Config
	var missing []error
	for name, field := range map[string]*string{
		"KUBECONFIG": &c.Kubeconfig, "LANDFALL": &c.Landfall, "KUBECTL": &c.Kubectl, "HELM": &c.Helm,
		"LANDFALL_CHART": &c.Chart, "NODE_ADDRESS": &c.NodeAddress, "LANDFALL_IMAGE": &c.LandfallImage,
		"STANDIN_IMAGE": &c.StandInImage, "CHURN_IMAGE": &c.ChurnImage, "STANDIN_ACCOUNT": &c.Account,
	} {
		if *field = os.Getenv(name); *field == "" {
			missing = append(missing, fmt.Errorf("%s is not set", name))
		}
	}
	return c, errors.Join(missing...)
}

// repository and tag split an image reference as charts want it.
func splitImage(reference string) (repository, tag string) {
	slash := strings.LastIndex(reference, "/")
	if colon := strings.LastIndex(reference, ":"); colon > slash {
		return reference[:colon], reference[colon+1:]
	}
	return reference, "latest"
}
