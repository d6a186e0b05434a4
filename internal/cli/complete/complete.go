// Package complete offers the shell the names of objects that really exist.
//
// It owns asking the cluster quickly and quietly. It refuses to report errors:
// a completion that cannot be had is no completion.
package complete

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"landfall.dev/landfall/api/v1alpha1"
	"landfall.dev/landfall/internal/cli/session"
)

// patience is how long a person waits for the Tab key.
const patience = 3 * time.Second

// Func is the type of cobra's completions.
type Func = func(command *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective)

// Endpoints completes the names of Endpoints, as the only argument.
func Endpoints(s *session.Session) Func {
	return func(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return Names(command.Context(), s, &v1alpha1.EndpointList{}, true, nil), cobra.ShellCompDirectiveNoFileComp
	}
}

// Variants completes the names of an Endpoint's variants; the Endpoint is the
// first argument.
func Variants(s *session.Session) Func {
	return func(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(command.Context(), patience)
		defer cancel()
		cluster, namespace, err := reach(s)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var endpoint v1alpha1.Endpoint
		if err := cluster.Get(ctx, client.ObjectKey{Namespace: namespace, Name: args[0]}, &endpoint); err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for _, variant := range endpoint.Spec.Variants {
			if variant.Name != endpoint.Spec.Live {
				names = append(names, variant.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// Namespaces completes the names of namespaces.
func Namespaces(s *session.Session) Func {
	return func(command *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return Names(command.Context(), s, &corev1.NamespaceList{}, false, nil), cobra.ShellCompDirectiveNoFileComp
	}
}

// Contexts completes the contexts of the kubeconfig.
func Contexts(s *session.Session) Func {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		config, err := s.Kube.ToRawKubeConfigLoader().RawConfig()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for name := range config.Contexts {
			names = append(names, name)
		}
		slices.Sort(names)
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// Names returns the names in a list of objects, less those given already.
func Names(ctx context.Context, s *session.Session, list client.ObjectList, namespaced bool, given []string) []string {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cluster, namespace, err := reach(s)
	if err != nil {
		return nil
	}
	var options []client.ListOption
	if namespaced {
		options = append(options, client.InNamespace(namespace))
	}
	if err := cluster.List(ctx, list, options...); err != nil {
		return nil
	}
	var names []string
	err = meta.EachListItem(list, func(item runtime.Object) error {
		if object, ok := item.(client.Object); ok && !slices.Contains(given, object.GetName()) {
			names = append(names, object.GetName())
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return names
}

func reach(s *session.Session) (client.WithWatch, string, error) {
	cluster, err := s.Client()
	if err != nil {
		return nil, "", err
	}
	namespace, err := s.Namespace()
	return cluster, namespace, err
}

// Flag gives a flag its completion. The flag exists: anything else is a fault of
// the program, which the tests of the commands meet.
func Flag(command *cobra.Command, name string, complete Func) {
	if err := command.RegisterFlagCompletionFunc(name, complete); err != nil {
		panic(err)
	}
}
