package graph

import (
	"landfall.dev/landfall/internal/inventory"
)

// presences are the statuses of what an endpoint refers to.
var presences = map[inventory.Presence]string{
	inventory.Present: "", inventory.Deleted: StatusMissing, inventory.NotRead: StatusNotRead,
}

// endpoint adds what an endpoint rests on.
func (b *builder) endpoint(i int) {
	e, id := &b.document.Endpoints[i], b.endpoints[i]
	workload := b.members.Endpoints[i].Full()
	config := b.part(e.Place, inventory.KindEndpointConfig, e.Config.Name, workload, presences[e.Config.Presence])
	from := id
	if config != "" {
		b.edge(id, config, relationOf(inventory.KindEndpointConfig))
		from = config
	}
	b.edge(from, b.outside(KindRole, e.Config.ExecutionRoleARN), "role")
	b.edge(from, b.outside(KindKMSKey, e.Config.KMSKeyID), "kmsKey")
	b.vpc(from, e.Config.VPC)
	for m := range e.Models {
		b.model(e, &e.Models[m], workload)
	}
	b.variants(e, from, workload)
	b.components(e, id, workload)
	b.destinations(e, from)
	for _, s := range e.Scaling {
		b.edge(id, b.outside(KindRole, s.RoleARN), "role")
	}
}

// part adds a resource that belongs to the endpoint's workload unless it is
// known to belong elsewhere.
func (b *builder) part(place inventory.Place, kind Kind, name, workload, status string) string {
	if name == "" {
		return ""
	}
	if id, found := b.aliases[aliasOf(place, kind, "", name)]; found {
		return id
	}
	id := b.add(Node{ID: ID(place, kind, name), Kind: kind, Name: name, Place: place, Workload: workload, Status: status})
	b.alias(place, kind, name, "", id)
	return id
}

func (b *builder) variants(e *inventory.Endpoint, from, workload string) {
	for _, variants := range [][]inventory.Variant{e.Variants, e.ShadowVariants} {
		for _, v := range variants {
			b.edge(from, b.part(e.Place, inventory.KindModel, v.ModelName, workload, ""), "model")
		}
	}
}

func (b *builder) model(e *inventory.Endpoint, m *inventory.Model, workload string) {
	id := b.part(e.Place, inventory.KindModel, m.Name, workload, presences[m.Presence])
	b.edge(id, b.outside(KindRole, m.ExecutionRoleARN), "role")
	b.vpc(id, m.VPC)
	for i := range m.Containers {
		b.container(e.Place, id, &m.Containers[i])
	}
}

func (b *builder) container(place inventory.Place, id string, c *inventory.Container) {
	if c.Image != nil {
		b.edge(id, b.outside(KindContainerImage, c.Image.Reference), relationOf(KindContainerImage))
	}
	artifacts := c.AdditionalArtifacts
	if c.Artifact != nil {
		artifacts = append(artifacts[:len(artifacts):len(artifacts)], *c.Artifact)
	}
	for _, a := range artifacts {
		b.edge(id, b.artifact(a.URI, b.inputs), "artifact")
		b.arn(id, a.HubContentARN)
	}
	if b.arn(id, c.ModelPackage) == "" && c.ModelPackage != "" {
		b.edge(id, b.named(place, inventory.KindModelPackage, "", c.ModelPackage), relationOf(inventory.KindModelPackage))
	}
	b.edge(id, b.outside(KindFunction, c.RegistryCredentialsARN), "function")
}

func (b *builder) components(e *inventory.Endpoint, endpoint, workload string) {
	for i := range e.Components {
		c := &e.Components[i]
		id := b.part(e.Place, inventory.KindInferenceComponent, c.Name, workload, c.Status)
		b.edge(endpoint, id, relationOf(inventory.KindInferenceComponent))
		b.edge(id, b.part(e.Place, inventory.KindModel, c.ModelName, workload, ""), "model")
		if c.BaseName != "" {
			b.edge(id, b.part(e.Place, inventory.KindInferenceComponent, c.BaseName, workload, ""), "baseComponent")
		}
		if c.Container != nil {
			b.container(e.Place, id, c.Container)
		}
	}
}

// destinations adds where an endpoint writes, and whom it tells.
func (b *builder) destinations(e *inventory.Endpoint, from string) {
	endpoint := ID(e.Place, inventory.KindEndpoint, e.Name)
	if c := e.DataCapture; c != nil {
		b.edge(b.artifact(c.DestinationURI, b.outputs), endpoint, "writtenBy")
		b.edge(from, b.outside(KindKMSKey, c.KMSKeyID), "kmsKey")
	}
	if a := e.Async; a != nil {
		b.edge(b.artifact(a.OutputURI, b.outputs), endpoint, "writtenBy")
		b.edge(b.artifact(a.FailureURI, b.outputs), endpoint, "writtenBy")
		b.edge(from, b.outside(KindKMSKey, a.KMSKeyID), "kmsKey")
		b.edge(from, b.outside(KindTopic, a.SuccessTopicARN), "topic")
		b.edge(from, b.outside(KindTopic, a.ErrorTopicARN), "topic")
	}
}

func (b *builder) vpc(from string, v *inventory.VPC) {
	if v == nil {
		return
	}
	for _, subnet := range v.SubnetIDs {
		b.edge(from, b.outside(KindSubnet, subnet), "subnet")
	}
	for _, group := range v.SecurityGroupIDs {
		b.edge(from, b.outside(KindSecurityGroup, group), "securityGroup")
	}
}
