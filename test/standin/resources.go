package standin

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

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
			if !resources[i].complete {
				if err := a.completeResource(at, k, &resources[i]); err != nil {
					return err
				}
			}
			id := sameness(k, &resources[i])
			if id != "" && seen[id] {
				return fmt.Errorf("%s.describe.%s: %q appears twice", at, k.name, resources[i].Describe[k.name])
			}
			seen[id] = true
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
	if err := a.completeNames(at, k, r); err != nil {
		return err
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

// completeNames requires what tells resources of the kind apart, and derives
// the ARN where the file leaves it out.
func (a *Account) completeNames(at string, k *kind, r *Resource) error {
	made := r.record(k)
	for _, param := range k.within {
		if made.text(param) == "" {
			return fmt.Errorf("%s: %s must be set, in describe or, where AWS does not describe it, in of", at, param)
		}
	}
	for _, l := range k.lists {
		for _, param := range l.parents {
			if _, derived := l.accept[param]; !derived && l.equals[param] == "" && made.text(param) == "" {
				return fmt.Errorf("%s: %s must be set, in describe or, where AWS does not describe it, in of", at, param)
			}
		}
	}
	if k.arn != "" && r.Describe[k.arn] == nil {
		r.Describe[k.arn] = a.arn(k, made.text(k.name), made.text)
	}
	if k.input != nil && k.key != "modelPackages" && made.text(k.name) == "" {
		return fmt.Errorf("%s.describe.%s: must be set", at, k.name)
	}
	return nil
}

// sameness tells resources of a kind apart; empty where nothing does.
func sameness(k *kind, r *Resource) string {
	if k.input == nil {
		return ""
	}
	made := r.record(k)
	if k.arn != "" {
		return made.text(k.arn)
	}
	id := []string{made.text(k.name)}
	for _, param := range k.within {
		id = append(id, made.text(param))
	}
	return strings.Join(id, "\x00")
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
