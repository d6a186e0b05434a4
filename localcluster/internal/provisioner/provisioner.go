// Package provisioner gives PersistentVolumeClaims a directory on this machine.
//
// It serves the StorageClasses that name class.Provisioner: every claim becomes a
// hostPath volume under one root directory. All nodes of the cluster share the
// machine's file system, so every access mode, ReadWriteMany included, works
// from every node. It does not enforce the requested size.
package provisioner

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"

	"landfall.dev/landfall/localcluster/internal/provisioner/class"
)

// volumeMode lets pods of any user write to their volume.
const volumeMode = 0o777

// directory provisions volumes as subdirectories of root.
type directory struct{ root string }

// Provision creates the directory of a claim and describes it as a volume.
// Pods run under any user, so the directory is writable by all of them.
func (d directory) Provision(_ context.Context, o controller.ProvisionOptions) (*corev1.PersistentVolume, controller.ProvisioningState, error) {
	path := filepath.Join(d.root, o.PVName)
	if err := os.MkdirAll(path, volumeMode); err != nil {
		return nil, controller.ProvisioningFinished, fmt.Errorf("create the volume's directory: %w", err)
	}
	// MkdirAll's mode is cut by the umask.
	if err := os.Chmod(path, volumeMode); err != nil {
		return nil, controller.ProvisioningFinished, fmt.Errorf("open the volume's directory to every user: %w", err)
	}
	reclaim := corev1.PersistentVolumeReclaimDelete
	if o.StorageClass.ReclaimPolicy != nil {
		reclaim = *o.StorageClass.ReclaimPolicy
	}
	kind := corev1.HostPathDirectory
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: o.PVName},
		Spec: corev1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: reclaim,
			AccessModes:                   o.PVC.Spec.AccessModes,
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: o.PVC.Spec.Resources.Requests[corev1.ResourceStorage]},
			PersistentVolumeSource:        corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path, Type: &kind}},
		},
	}, controller.ProvisioningFinished, nil
}

// Delete removes a released volume's directory and everything in it.
func (d directory) Delete(_ context.Context, pv *corev1.PersistentVolume) error {
	path := filepath.Join(d.root, pv.Name)
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("remove the directory of volume %s: %w", pv.Name, err)
	}
	return nil
}

// NewCommand is the provisioner as a command that runs until ctx ends.
func NewCommand(ctx context.Context) *cobra.Command {
	var kubeconfig, root string
	cmd := &cobra.Command{
		Use:           "volume-provisioner",
		Short:         "Serve PersistentVolumeClaims with directories of this machine",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(*cobra.Command, []string) error { return run(ctx, kubeconfig, root) },
	}
	cmd.Flags().StringVar(&kubeconfig, "kubeconfig", "", "credentials for the API server (required)")
	cmd.Flags().StringVar(&root, "root", "", "directory that holds the volumes (required, absolute)")
	return cmd
}

func run(ctx context.Context, kubeconfig, root string) error {
	if !filepath.IsAbs(root) {
		return fmt.Errorf("--root %q: an absolute path is needed, it goes into hostPath volumes", root)
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("load --kubeconfig %q: %w", kubeconfig, err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client from --kubeconfig %q: %w", kubeconfig, err)
	}
	controller.NewProvisionController(ctx, client, class.Provisioner, directory{root: root},
		// One process serves the cluster, so there is nobody to elect.
		controller.LeaderElection(false)).Run(ctx)
	return nil
}
