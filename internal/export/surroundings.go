package export

import (
	"cmp"
	"fmt"
	"strings"
)

// role reports the identity that the container had.
func role(s source) []Finding {
	arn := cmp.Or(s.model.ExecutionRoleARN, s.Endpoint.Config.ExecutionRoleARN)
	if arn == "" {
		return nil
	}
	return one(SeverityWarning, "ExecutionRole", "model "+s.model.Name+": executionRoleARN",
		"the container runs with the role "+arn+"; in the cluster it has no AWS identity",
		"if its code calls AWS, give the variant's ServiceAccount an identity with serviceAccountAnnotations")
}

func network(s source) []Finding {
	var found []Finding
	if s.model.NetworkIsolation || s.Endpoint.Config.NetworkIsolation {
		found = append(found, one(SeverityWarning, "NetworkIsolation", "model "+s.model.Name+": networkIsolation",
			"the container has no network on SageMaker",
			"deny its egress with a NetworkPolicy if that is a requirement")...)
	}
	for where, vpc := range map[string]bool{
		"model " + s.model.Name + ": vpc": s.model.VPC != nil, "endpointConfig: vpc": s.Endpoint.Config.VPC != nil,
	} {
		if vpc {
			found = append(found, one(SeverityWarning, "VPC", where, "the container is attached to subnets of a VPC",
				"check that the cluster reaches what the container calls there")...)
		}
	}
	if s.container.RepositoryAccess != "" && s.container.RepositoryAccess != "Platform" || s.container.RegistryCredentialsARN != "" {
		found = append(found, one(SeverityWarning, "PrivateRegistry", s.at("repositoryAccess"),
			"the image comes from a private registry", "name the Secrets that open it in spec.container.imagePullSecrets of the Model")...)
	}
	return found
}

// scaling reports everything but the bounds, which the plan takes over.
func scaling(s source) []Finding {
	var found []Finding
	for _, target := range s.Endpoint.Scaling {
		where := "scaling " + target.Resource
		if len(target.Suspended) > 0 {
			found = append(found, one(SeverityInfo, "ScalingSuspended", where,
				"scaling is suspended: "+strings.Join(target.Suspended, ", "), "set replicas in the plan if it should stay so")...)
		}
		for _, policy := range target.Policies {
			found = append(found, one(SeverityWarning, "ScalingPolicy", where,
				fmt.Sprintf("the policy %s (%s) drives the number of instances; in the cluster CPU use does", policy.Name, policy.Type),
				"check replicas in the plan, and targetCPUUtilizationPercent of the Endpoint")...)
		}
		for _, action := range target.ScheduledActions {
			found = append(found, one(SeverityWarning, "ScheduledScaling", where,
				fmt.Sprintf("the scheduled action %s (%s) changes the bounds; nothing in the cluster does", action.Name, action.Schedule),
				"choose replicas in the plan that serve at all hours")...)
		}
	}
	return found
}

// rollbackAlarms reports the alarms that undo a deployment on SageMaker.
func rollbackAlarms(s source) []Finding {
	if len(s.Endpoint.RollbackAlarms) == 0 {
		return nil
	}
	return one(SeverityInfo, "RollbackAlarms", "endpoint: rollbackAlarms",
		"SageMaker undoes a deployment when one of these alarms goes off: "+strings.Join(s.Endpoint.RollbackAlarms, ", "),
		"see that the thresholds of the Endpoint's rollout hold what they watch: nothing in the cluster reads the alarms")
}

func capture(s source) []Finding {
	c := s.Endpoint.DataCapture
	if c == nil || !c.Enabled {
		return nil
	}
	return one(SeverityWarning, "DataCapture", "endpoint: dataCapture",
		fmt.Sprintf("SageMaker records %d %% of the requests at %s; what the cluster answers is not recorded",
			c.SamplingPercent, c.DestinationURI),
		"see who reads the records before traffic moves")
}

func encryption(s source) []Finding {
	if s.Endpoint.Config.KMSKeyID == "" {
		return nil
	}
	return one(SeverityInfo, "Encryption", "endpointConfig: kmsKeyID",
		"the volumes of the instances are encrypted with "+s.Endpoint.Config.KMSKeyID,
		"see that the nodes' disks are encrypted as you need it")
}

// timeouts reports settings of the instances that pods do not have.
func timeouts(s source) []Finding {
	v := s.variant
	set := []string{}
	add := func(is bool, format string, args ...any) {
		if is {
			set = append(set, fmt.Sprintf(format, args...))
		}
	}
	add(v.ModelDownloadTimeoutSeconds != 0, "modelDownloadTimeoutSeconds %d", v.ModelDownloadTimeoutSeconds)
	add(v.VolumeGB != 0, "volumeGB %d", v.VolumeGB)
	add(v.AMIVersion != "", "amiVersion %s", v.AMIVersion)
	add(v.RoutingStrategy != "", "routingStrategy %s", v.RoutingStrategy)
	add(v.ElasticInference != "", "elasticInference %s", v.ElasticInference)
	if m := v.ManagedScaler; m != nil {
		add(true, "managedScaler %s from %d to %d", m.Status, m.MinInstanceCount, m.MaxInstanceCount)
	}
	if len(set) == 0 {
		return nil
	}
	return one(SeverityInfo, "InstanceSettings", "variant "+v.Name,
		"settings of the instances that pods do not have: "+strings.Join(set, ", "), "nothing, unless one of them was there for a reason")
}

// unplaced names what the inventory itself had no place for.
func unplaced(s source) []Finding {
	if len(s.Endpoint.Ignored) == 0 {
		return nil
	}
	return one(SeverityInfo, "Ignored", "endpoint: ignored",
		"AWS gave fields that are not carried over: "+strings.Join(s.Endpoint.Ignored, "; "), "look whether one of them matters")
}
