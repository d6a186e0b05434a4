package standin

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// record is one resource as the APIs serve it. Records are never changed:
// an update replaces the record, so that readers need no lock.
type record struct {
	kind *kind
	// fields is the Describe answer in wire form.
	fields  map[string]any
	summary map[string]any
	tags    map[string]string
	// backends are the URLs of model servers by variant; "" is a component's.
	backends map[string]string
	// pending, when set, is what fields become at due.
	pending map[string]any
	due     time.Time
}

func (r *record) text(field string) string {
	text, _ := r.fields[field].(string)
	return text
}

// store holds the account's resources.
type store struct {
	mu     sync.RWMutex
	byKind map[*kind][]*record
}

func newStore(a *Account) *store {
	s := &store{byKind: map[*kind][]*record{}}
	for _, k := range kinds {
		for _, resource := range a.Resources[k.key] {
			backends := map[string]string{}
			for variant, to := range resource.Backends {
				backends[variant] = to
			}
			if resource.BackendURL != "" {
				backends[""] = resource.BackendURL
			}
			s.byKind[k] = append(s.byKind[k], &record{
				kind: k, fields: resource.Describe, summary: resource.Summary, tags: resource.Tags, backends: backends,
			})
		}
	}
	return s
}

// all gives the records of a kind in the file's order, with updates that are
// due by now carried out.
func (s *store) all(k *kind, now time.Time) []*record {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.byKind[k] {
		if r.pending != nil && !now.Before(r.due) {
			done := *r
			done.fields, done.pending = r.pending, nil
			s.byKind[k][i] = &done
		}
	}
	return slices.Clone(s.byKind[k])
}

// find looks a resource up by name or ARN.
func (s *store) find(k *kind, id string, now time.Time) *record {
	for _, r := range s.all(k, now) {
		if id != "" && (r.text(k.name) == id || r.text(k.arn) == id) {
			return r
		}
	}
	return nil
}

// findARN looks through all kinds.
func (s *store) findARN(arn string, now time.Time) *record {
	for _, k := range kinds {
		for _, r := range s.all(k, now) {
			if r.text(k.arn) == arn {
				return r
			}
		}
	}
	return nil
}

// replace puts next in the place of old; false when old has been replaced
// meanwhile.
func (s *store) replace(old, next *record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.byKind[old.kind], old)
	if i >= 0 {
		s.byKind[old.kind][i] = next
	}
	return i >= 0
}

// completeResources checks every resource against the SDK's types, derives
// ARNs and refuses doubles.
func (a *Account) completeResources() error {
	for key, resources := range a.Resources {
		k := kindByKey(key)
		if k == nil {
			return fmt.Errorf("resources.%s: unknown kind; one of %s", key, strings.Join(kindKeys(), ", "))
		}
		seen := map[string]bool{}
		for i := range resources {
			at := fmt.Sprintf("resources.%s[%d]", key, i)
			if err := a.completeResource(at, k, &resources[i]); err != nil {
				return err
			}
			name, _ := resources[i].Describe[k.name].(string)
			if seen[name] {
				return fmt.Errorf("%s.describe.%s: %q appears twice", at, k.name, name)
			}
			seen[name] = true
		}
	}
	return a.refuseMultiModelBackends()
}

// refuseMultiModelBackends: a multi-model container is loaded through its
// /models paths, which the stand-in does not do.
func (a *Account) refuseMultiModelBackends() error {
	multi := map[string]bool{}
	for _, model := range a.Resources["models"] {
		container, _ := model.Describe["PrimaryContainer"].(map[string]any)
		name, _ := model.Describe["ModelName"].(string)
		multi[name] = container["Mode"] == "MultiModel"
	}
	modelOf := map[string]string{} // by configuration and variant
	for _, config := range a.Resources["endpointConfigs"] {
		for _, variant := range variantsOf(config.Describe) {
			model, _ := variant["ModelName"].(string)
			modelOf[fmt.Sprint(config.Describe["EndpointConfigName"], "/", variant["VariantName"])] = model
		}
	}
	for i, endpoint := range a.Resources["endpoints"] {
		for variant, to := range endpoint.Backends {
			model := modelOf[fmt.Sprint(endpoint.Describe["EndpointConfigName"], "/", variant)]
			if to != "" && multi[model] {
				return fmt.Errorf("resources.endpoints[%d].backends.%s: model %q is multi-model, which the stand-in cannot serve", i, variant, model)
			}
		}
	}
	return nil
}

func (a *Account) completeResource(at string, k *kind, r *Resource) error {
	if r.Describe == nil {
		return fmt.Errorf("%s.describe: must be set", at)
	}
	fields, shape := conformFields(at+".describe", r.Describe, reflect.TypeOf(k.describe))
	if shape != nil {
		return shape
	}
	r.Describe = fields
	name, _ := r.Describe[k.name].(string)
	if name == "" {
		return fmt.Errorf("%s.describe.%s: must be set", at, k.name)
	}
	if _, set := r.Describe[k.arn]; !set {
		r.Describe[k.arn] = a.arn(k, name)
	}
	if r.Summary != nil {
		_, element := k.lists[0].member()
		summary, shape := conformFields(at+".summary", r.Summary, element)
		if shape != nil {
			return shape
		}
		r.Summary = summary
	}
	return checkBackends(at, k, r)
}

// arn derives a resource's ARN. The partition follows the region.
func (a *Account) arn(k *kind, name string) string {
	partition := "aws"
	switch {
	case strings.HasPrefix(a.Region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(a.Region, "us-gov-"):
		partition = "aws-us-gov"
	}
	return fmt.Sprintf("arn:%s:sagemaker:%s:%s:%s/%s", partition, a.Region, a.AccountID, k.arnType, strings.ToLower(name))
}

func checkBackends(at string, k *kind, r *Resource) error {
	if len(r.Backends) > 0 && k.key != "endpoints" {
		return fmt.Errorf("%s.backends: only endpoints have backends", at)
	}
	if r.BackendURL != "" && k.key != "inferenceComponents" {
		return fmt.Errorf("%s.backendURL: only inference components have one; endpoints use backends", at)
	}
	variants := variantNames(r.Describe)
	for variant, to := range r.Backends {
		if !slices.Contains(variants, variant) {
			return fmt.Errorf("%s.backends.%s: no such variant in ProductionVariants %v", at, variant, variants)
		}
		if err := checkBackendURL(to); err != nil {
			return fmt.Errorf("%s.backends.%s: %w", at, variant, err)
		}
	}
	if err := checkBackendURL(r.BackendURL); err != nil {
		return fmt.Errorf("%s.backendURL: %w", at, err)
	}
	return nil
}

func checkBackendURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || (u.Path != "" && u.Path != "/") {
		return fmt.Errorf("%q is not a base URL such as http://127.0.0.1:8080", text)
	}
	return nil
}

func variantNames(describe map[string]any) []string {
	var names []string
	for _, v := range variantsOf(describe) {
		if name, ok := v["VariantName"].(string); ok {
			names = append(names, name)
		}
	}
	return names
}

// variantsOf gives the production variants of an endpoint or its config.
func variantsOf(fields map[string]any) []map[string]any {
	list, _ := fields["ProductionVariants"].([]any)
	var out []map[string]any
	for _, item := range list {
		if v, ok := item.(map[string]any); ok {
			out = append(out, v)
		}
	}
	return out
}
