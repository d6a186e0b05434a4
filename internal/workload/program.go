package workload

import (
	"strings"

	"landfall.dev/landfall/internal/inventory"
)

// program is something that runs: an image with what it is given.
type program struct {
	image     *inventory.Image
	reference string
	// algorithm is a name or ARN in place of an image.
	algorithm string
	env       map[string]string
	// hyper are the hyperparameters of training.
	hyper map[string]string
	// artifact is the URI of a model's files.
	artifact string
	// modelPackage is the registered package it comes from, productID what
	// the AWS Marketplace sells, hub the content of a hub.
	modelPackage, productID, hub string
	// of names the resource, for reasons.
	of string
}

// programs are what a workload runs, the newest first: what serves, then what
// trains, then what processes.
func programs(g *group) []program {
	list := served(g.endpoint)
	for i := range g.parts {
		list = append(list, programsOf(&g.parts[i])...)
	}
	for _, s := range g.steps() {
		list = append(list, programsOf(&s)...)
	}
	return list
}

// served are the containers of an endpoint.
func served(e *inventory.Endpoint) []program {
	if e == nil {
		return nil
	}
	var list []program
	for _, m := range answeringFirst(e) {
		for c := range m.Containers {
			list = append(list, served1(&m.Containers[c], "model "+m.Name))
		}
	}
	for i := range e.Components {
		if c := e.Components[i].Container; c != nil {
			list = append(list, served1(c, "inference component "+e.Components[i].Name))
		}
	}
	return list
}

// answeringFirst are the models of an endpoint, those of production variants
// before those that only shadow variants run: callers get the former's answers.
func answeringFirst(e *inventory.Endpoint) []*inventory.Model {
	shadows := map[string]bool{}
	for i := range e.ShadowVariants {
		shadows[e.ShadowVariants[i].ModelName] = true
	}
	for i := range e.Variants {
		delete(shadows, e.Variants[i].ModelName)
	}
	var first, last []*inventory.Model
	for i := range e.Models {
		if m := &e.Models[i]; shadows[m.Name] {
			last = append(last, m)
		} else {
			first = append(first, m)
		}
	}
	return append(first, last...)
}

func served1(c *inventory.Container, of string) program {
	p := program{image: c.Image, env: c.Env, modelPackage: c.ModelPackage, of: of}
	if c.Image != nil {
		p.reference = c.Image.Reference
	}
	if c.Artifact != nil {
		p.artifact, p.hub = c.Artifact.URI, c.Artifact.HubContentARN
	}
	return p
}

// programsOf are the programs in a resource's description.
func programsOf(p *part) []program {
	d, of := p.spec, word(p.Kind)+" "+p.Name
	var list []program
	add := func(found program) {
		if found.reference != "" || found.algorithm != "" || found.modelPackage != "" || found.artifact != "" {
			found.of = of
			if image, err := inventory.ParseImage(found.reference); err == nil {
				found.image = &image
			}
			list = append(list, found)
		}
	}
	add(program{
		reference: d.AlgorithmSpecification.TrainingImage, algorithm: d.AlgorithmSpecification.AlgorithmName,
		env: d.Environment, hyper: d.HyperParameters,
	})
	add(program{reference: d.AppSpecification.ImageUri, env: d.Environment})
	for _, reference := range d.monitoringImages() {
		add(program{reference: reference})
	}
	for _, t := range d.definitions() {
		add(program{
			reference: t.AlgorithmSpecification.TrainingImage, algorithm: t.AlgorithmSpecification.AlgorithmName,
			env: t.Environment, hyper: t.StaticHyperParameters,
		})
	}
	containers := append(append([]container(nil), d.Containers...), d.InferenceSpecification.Containers...)
	if d.PrimaryContainer != nil {
		containers = append(containers, *d.PrimaryContainer)
	}
	for _, c := range containers {
		artifact := c.ModelDataUrl
		if artifact == "" {
			artifact = c.ModelDataSource.S3DataSource.S3Uri
		}
		add(program{reference: c.Image, env: c.Environment, artifact: artifact, modelPackage: c.ModelPackageName, productID: c.ProductId})
	}
	return list
}

// withPackages puts the containers of a registered package after those that
// come from it: a model that names a package names nothing else.
func (a *account) withPackages(list []program) []program {
	var all []program
	for _, p := range list {
		all = append(all, p)
		if pack, ok := a.packageOf(p); ok {
			all = append(all, programsOf(&pack)...)
		}
	}
	return all
}

func (a *account) packageOf(p program) (part, bool) {
	if p.modelPackage == "" {
		return part{}, false
	}
	pack, ok := a.packages[strings.ToLower(p.modelPackage)]
	return pack, ok
}
