package workload

import (
	"strings"

	"landfall.dev/landfall/internal/inventory"
	"landfall.dev/landfall/internal/workload/reference"
)

// pathRule sees in a program how its model is trained.
type pathRule func(a *account, p program) (inventory.TrainingPath, bool)

// trainedRules judge what trains, servedRules what serves a model, in this
// order.
var (
	trainedRules = []pathRule{marketplaceAlgorithm, closedImage, scriptMode, openAlgorithm, ownContainer}
	servedRules  = []pathRule{marketplacePackage, hubModel, closedImage, noneTrains, unmatched}
)

// trainingPath says how the model of a workload is trained; nil for work that
// has to do with no model.
func (a *account) trainingPath(g *group) *inventory.TrainingPath {
	switch g.key.Kind {
	case inventory.WorkloadAutoML:
		return &inventory.TrainingPath{Kind: inventory.TrainingAutoML, Basis: "it is an AutoML job", By: g.key.String()}
	case inventory.WorkloadTraining, inventory.WorkloadTuning, inventory.WorkloadPipeline:
		return a.trainedPath(g)
	case inventory.WorkloadEndpoint, inventory.WorkloadModel, inventory.WorkloadRegistry, inventory.WorkloadTransform:
		return a.servedPath(g)
	default:
		return nil
	}
}

func (a *account) trainedPath(g *group) *inventory.TrainingPath {
	trains := g.ofKind(inventory.KindTrainingJob, inventory.KindHyperParameterTuningJob)
	for _, step := range g.steps() {
		if training(step) == 1 {
			trains = append(trains, step)
		}
	}
	for i := range trains {
		for _, p := range programsOf(&trains[i]) {
			if path, ok := firstPath(a, p, trainedRules); ok {
				return &path
			}
		}
	}
	if len(trains) == 0 {
		return nil
	}
	return &inventory.TrainingPath{Kind: inventory.TrainingUnknown, Basis: "no run's description was read"}
}

// servedPath follows the files of the models to the job that wrote them; what
// nothing in the account wrote is judged by the containers.
func (a *account) servedPath(g *group) *inventory.TrainingPath {
	list := a.withPackages(programs(g))
	for _, p := range list {
		made, ok := a.producerOf(g.key.Place, p.artifact)
		if !ok {
			continue
		}
		path := pathOfProducer(a, made)
		path.By = made.key.String()
		return &path
	}
	for _, rule := range servedRules {
		for _, p := range list {
			if path, ok := rule(a, p); ok {
				return &path
			}
		}
	}
	if len(list) == 0 && g.key.Kind == inventory.WorkloadTransform {
		return nil
	}
	if len(list) == 0 {
		return &inventory.TrainingPath{Kind: inventory.TrainingUnknown, Basis: "no description of a model was read"}
	}
	return &inventory.TrainingPath{Kind: inventory.TrainingUnknown, Basis: a.unseen(g, list)}
}

// unseen says why nothing shows which model it is.
func (a *account) unseen(g *group, list []program) string {
	for _, p := range list {
		if p.modelPackage == "" {
			continue
		}
		if arn, ok := reference.ParseARN(p.modelPackage); ok && arn.AccountID != g.key.AccountID {
			return "model package " + p.modelPackage + " is account " + arn.AccountID +
				"'s: that of a seller on the AWS Marketplace, or of somebody who shares it"
		}
		return "model package " + p.modelPackage + " was not read"
	}
	return "nothing shows which model it is"
}

func pathOfProducer(a *account, made producer) inventory.TrainingPath {
	wrote := word(made.Kind) + " " + made.Name + " wrote the model's files"
	if made.Kind == inventory.KindAutoMLJob || made.key.Kind == inventory.WorkloadAutoML {
		return inventory.TrainingPath{Kind: inventory.TrainingAutoML, Basis: wrote}
	}
	for _, p := range programsOf(&made.part) {
		if path, ok := firstPath(a, p, trainedRules); ok {
			path.Basis = wrote + "; " + path.Basis
			return path
		}
	}
	// The newest runs of the same work were described, and tell for this one.
	if path := a.trainedPath(a.byKey[made.key]); path != nil && path.Kind != inventory.TrainingUnknown {
		path.Basis = wrote + "; by newer runs of the same work, " + path.Basis
		return *path
	}
	return inventory.TrainingPath{Kind: inventory.TrainingUnknown, Basis: wrote + ", but its description was not read"}
}

func firstPath(a *account, p program, rules []pathRule) (inventory.TrainingPath, bool) {
	for _, rule := range rules {
		if path, ok := rule(a, p); ok {
			return path, true
		}
	}
	return inventory.TrainingPath{}, false
}

// producerOf finds the job that wrote a model's files: by the longest prefix
// that a job writes below, or by the job's name in the path, as SageMaker lays
// it out: <output path>/<job>/output/model.tar.gz.
func (a *account) producerOf(place inventory.Place, uri string) (producer, bool) {
	uri = strings.TrimRight(uri, "/")
	for at := uri; strings.Count(at, "/") > 2; at = at[:strings.LastIndexByte(at, '/')] {
		if made, ok := a.producers[at]; ok {
			return made, true
		}
	}
	before, _, found := strings.Cut(uri, "/output/")
	if !found {
		return producer{}, false
	}
	made, ok := a.jobs[place.String()+"/"+before[strings.LastIndexByte(before, '/')+1:]]
	return made, ok
}

func path(kind inventory.TrainingPathKind, basis string) (inventory.TrainingPath, bool) {
	return inventory.TrainingPath{Kind: kind, Basis: basis}, true
}

// marketplaceAlgorithm recognises an algorithm that is named in place of an
// image: one that the Marketplace sells, a hub's, or the account's own.
func marketplaceAlgorithm(a *account, p program) (inventory.TrainingPath, bool) {
	if p.algorithm == "" {
		return inventory.TrainingPath{}, false
	}
	if strings.Contains(p.algorithm, "hub-content") {
		return path(inventory.TrainingHub, "algorithm "+p.algorithm+" of a hub")
	}
	if own, found := a.algorithms[strings.ToLower(p.algorithm)]; found && own.spec.ProductId == "" {
		return path(inventory.TrainingOwnContainer, "algorithm "+p.algorithm+" of the account")
	}
	return path(inventory.TrainingMarketplace, "algorithm "+p.algorithm+" in place of an image")
}

// closedImage recognises SageMaker's own algorithms, whose images run nowhere
// else.
func closedImage(_ *account, p program) (inventory.TrainingPath, bool) {
	if p.image == nil || p.image.BuiltIn == nil || p.image.BuiltIn.Access != inventory.AccessClosed {
		return inventory.TrainingPath{}, false
	}
	return path(inventory.TrainingBuiltIn, "image "+p.image.Repository+" of "+p.of+" runs on SageMaker only")
}

// scriptMode recognises people's scripts within an image of SageMaker's, by
// what the SDK passes to them.
func scriptMode(_ *account, p program) (inventory.TrainingPath, bool) {
	for _, name := range []string{"sagemaker_program", "sagemaker_submit_directory"} {
		if value := strings.Trim(p.hyper[name], `"`); value != "" {
			return path(inventory.TrainingScript, "hyperparameter "+name+" is "+value)
		}
	}
	for _, name := range []string{"SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY"} {
		if value := p.env[name]; value != "" {
			return path(inventory.TrainingScript, "environment variable "+name+" is "+value)
		}
	}
	return inventory.TrainingPath{}, false
}

// openAlgorithm recognises an open image of SageMaker's that trains without a
// script, as xgboost does.
func openAlgorithm(_ *account, p program) (inventory.TrainingPath, bool) {
	if p.image == nil || p.image.BuiltIn == nil {
		return inventory.TrainingPath{}, false
	}
	return path(inventory.TrainingBuiltIn, "image "+p.image.Repository+" of "+p.of+" without a script")
}

func ownContainer(_ *account, p program) (inventory.TrainingPath, bool) {
	if p.reference == "" {
		return inventory.TrainingPath{}, false
	}
	return path(inventory.TrainingOwnContainer, "image "+p.reference+" of "+p.of)
}

// marketplacePackage recognises what the AWS Marketplace sells by its product.
func marketplacePackage(a *account, p program) (inventory.TrainingPath, bool) {
	if p.productID != "" {
		return path(inventory.TrainingMarketplace, p.of+" is product "+p.productID)
	}
	if pack, ok := a.packageOf(p); ok {
		for _, c := range pack.spec.InferenceSpecification.Containers {
			if c.ProductId != "" {
				return path(inventory.TrainingMarketplace, "model package "+p.modelPackage+" is product "+c.ProductId)
			}
		}
	}
	return inventory.TrainingPath{}, false
}

// hubModel recognises models of a hub: JumpStart's, a private one, or Hugging
// Face's.
func hubModel(_ *account, p program) (inventory.TrainingPath, bool) {
	switch {
	case p.hub != "":
		return path(inventory.TrainingHub, p.of+" is content "+p.hub)
	case strings.Contains(p.artifact, "jumpstart-cache-") || strings.Contains(p.artifact, "jumpstart-private-cache-"):
		return path(inventory.TrainingHub, "artifact "+p.artifact+" is JumpStart's")
	case p.env["HF_MODEL_ID"] != "" && !strings.HasPrefix(p.env["HF_MODEL_ID"], "/"):
		return path(inventory.TrainingHub, "HF_MODEL_ID of "+p.of+" is "+p.env["HF_MODEL_ID"])
	}
	return inventory.TrainingPath{}, false
}

// noneTrains concludes that models come from elsewhere where the scan read the
// lists of training and AutoML jobs and both are empty.
func noneTrains(a *account, p program) (inventory.TrainingPath, bool) {
	if p.artifact == "" || len(a.jobs) > 0 || len(a.document.Resources) == 0 || a.document.EndpointName != "" {
		return inventory.TrainingPath{}, false
	}
	for _, u := range a.document.Unread {
		if strings.HasPrefix(u.Operation, "sagemaker:List") {
			return inventory.TrainingPath{}, false
		}
	}
	return path(inventory.TrainingElsewhere, "the account holds no training job")
}

func unmatched(_ *account, p program) (inventory.TrainingPath, bool) {
	if p.artifact == "" {
		return inventory.TrainingPath{}, false
	}
	return path(inventory.TrainingUnknown, "no training job in the inventory wrote "+p.artifact)
}
