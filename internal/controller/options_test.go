package controller

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestOptions(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   []string
		want   string
		secure bool
	}{
		"Defaults":       {"Metrics stay in the pod unless asked for.", []string{"--agent-image=i"}, "", false},
		"NoAgentImage":   {"There is no sensible default image.", nil, "--agent-image is empty", false},
		"BadService":     {"A Service has a namespace.", []string{"--agent-image=i", "--router-service=routers"}, `--router-service is "routers"`, false},
		"TwoSlashes":     {"And one name.", []string{"--agent-image=i", "--router-service=a/b/c"}, `--router-service is "a/b/c"`, false},
		"BadMetrics":     {"An address has a port.", []string{"--agent-image=i", "--metrics-bind-address=8080"}, `--metrics-bind-address is "8080"`, false},
		"MetricsOff":     {"0 turns them off.", []string{"--agent-image=i", "--metrics-bind-address=0"}, "", false},
		"MetricsOutside": {"Beyond the pod they are protected.", []string{"--agent-image=i", "--metrics-bind-address=:8443"}, "", true},
		"MetricsV6":      {"The loopback has two addresses.", []string{"--agent-image=i", "--metrics-bind-address=[::1]:8080"}, "", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			options, flags := &Options{}, pflag.NewFlagSet("test", pflag.ContinueOnError)
			options.AddFlags(flags)
			if err := flags.Parse(tc.args); err != nil {
				t.Fatal(err)
			}
			err := options.Validate()
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("%s\nValidate = %v, want %q", tc.reason, err, tc.want)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s\nValidate: %v", tc.reason, err)
			}
			server, err := options.metricsServer()
			if err != nil {
				t.Fatal(err)
			}
			if server.SecureServing != tc.secure || (server.FilterProvider != nil) != tc.secure {
				t.Errorf("%s\nsecure %v, filtered %v; want %v", tc.reason, server.SecureServing, server.FilterProvider != nil, tc.secure)
			}
		})
	}
}
