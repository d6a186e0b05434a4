package journey

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

// startClean removes what an earlier run left running. It touches only what a
// run made: in a cluster where Landfall is installed already, it stops. Then it
// notes what the cluster holds.
func (j *Journey) startClean(ctx context.Context) error {
	existing, err := j.kubectl(ctx, "get", "namespace", modelsNamespace, standInNamespace, systemNamespace, "--ignore-not-found",
		"-o", `jsonpath={range .items[*]}{.metadata.name}={.metadata.labels.landfall\.dev/journey}{"\n"}{end}`)
	if err != nil {
		return err
	}
	for _, found := range strings.Fields(existing) {
		if name, made, _ := strings.Cut(found, "="); made != "true" {
			return fmt.Errorf("namespace %s exists and was not made by a run of this: use a cluster without Landfall", name)
		}
	}
	if strings.TrimSpace(existing) != "" {
		j.report.Notef("removing what an earlier run left")
		if err := j.deleteAll(ctx); err != nil {
			return err
		}
	}
	j.before, err = j.objects(ctx)
	return err
}

// deleteEverything deletes what the run made, in the order a user would, and
// checks that the cluster holds nothing that it did not hold before.
func (j *Journey) deleteEverything(ctx context.Context) error {
	if err := j.deleteObjects(ctx); err != nil {
		return err
	}
	err := waitFor(ctx, "the children of the endpoint to go", func(ctx context.Context) (bool, error) {
		left, err := j.kubectl(ctx, "-n", modelsNamespace, "get", "all,sa,hpa,pdb,netpol,endpointslices", "-l", "app.kubernetes.io/managed-by=landfall-operator", "-o", "name")
		return strings.TrimSpace(left) == "", err
	})
	j.report.Checkf("deleting the endpoint deletes its children", err == nil, "%s", reasonOrNothing(err))
	if err := j.deleteAll(ctx); err != nil {
		return err
	}
	return j.checkLeftovers(ctx)
}

// deleteObjects deletes every object of Landfall's kinds.
func (j *Journey) deleteObjects(ctx context.Context) error {
	if _, err := j.kubectl(ctx, "-n", modelsNamespace, "delete", "lfep,lfmodel", "--all", "--wait"); err != nil {
		return err
	}
	_, err := j.kubectl(ctx, "delete", "lfclass", "--all", "--wait")
	return err
}

// deleteAll takes away the installation, the stand-in and the definitions.
func (j *Journey) deleteAll(ctx context.Context) error {
	if _, err := j.program(ctx, "", j.config.Helm, "uninstall", "landfall", "--namespace", systemNamespace, "--ignore-not-found", "--wait"); err != nil {
		return err
	}
	if _, err := j.kubectl(ctx, "delete", "namespace", modelsNamespace, standInNamespace, systemNamespace, "--ignore-not-found", "--wait", "--timeout=2m"); err != nil {
		return err
	}
	_, err := j.kubectl(ctx, "delete", "crd", "endpoints.landfall.dev", "models.landfall.dev", "workloadclasses.landfall.dev", "--ignore-not-found", "--wait")
	return err
}

// checkLeftovers compares the cluster's objects with those before the run.
func (j *Journey) checkLeftovers(ctx context.Context) error {
	var left []string
	err := waitFor(ctx, "leftovers to go", func(ctx context.Context) (bool, error) {
		now, err := j.objects(ctx)
		if err != nil {
			return false, err
		}
		left = slices.DeleteFunc(now, func(object string) bool { return slices.Contains(j.before, object) })
		return len(left) == 0, nil
	})
	j.report.Checkf("nothing is left in the cluster", err == nil, "%d objects more than before %s", len(left), oneLine(strings.Join(left, ", ")))
	return nil
}

// passing are kinds that come and go by themselves.
var passing = []string{"events", "events.events.k8s.io", "pods.metrics.k8s.io", "nodes.metrics.k8s.io", "leases.coordination.k8s.io"}

// objects lists every object of the cluster as kind/namespace/name.
func (j *Journey) objects(ctx context.Context) ([]string, error) {
	kinds, err := j.kubectl(ctx, "api-resources", "--verbs=list,delete", "-o", "name")
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(strings.Fields(kinds), func(kind string) bool { return slices.Contains(passing, kind) })
	list, err := j.kubectl(ctx, "get", strings.Join(names, ","), "-A", "--ignore-not-found", "-o",
		`jsonpath={range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name}{"\n"}{end}`)
	return strings.Fields(list), err
}

func reasonOrNothing(err error) string {
	if err == nil {
		return "nothing with landfall's label is left in " + modelsNamespace
	}
	return reasonOf(err)
}

// TellHowToLookAround prints the commands that show what was left running.
func (j *Journey) TellHowToLookAround(out io.Writer) {
	fmt.Fprintf(out, `
Everything is still running. To look around:

  export KUBECONFIG=%[1]s
  %[2]s get lfep,lfmodel,lfclass -A
  %[3]s get endpoint %[4]s -n %[5]s -w
  %[3]s rollout start %[4]s -n %[5]s --to %[6]s

Addresses:
  router              http://%[7]s:%[8]d   (access key %[9]s)
  stand-in account    http://%[7]s:%[10]d
  its knobs           http://%[7]s:%[11]d/_standin/knobs

What scan, plan and export wrote: %[12]s
The whole account, for people:
  inventory           %[13]s/inventory.yaml
  plan                %[13]s/plan.yaml
  report              %[13]s/report.html   (open it in a browser)
make down ends all of it.
`, j.config.Kubeconfig, j.config.Kubectl, j.config.Landfall, endpointObject, modelsNamespace, clusterVariant,
		j.config.NodeAddress, routerNodePort, callerKey.ID, standInNodePort, standInAdminNodePort, j.config.WorkDir, j.wholeFolder())
}
